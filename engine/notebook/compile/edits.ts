/** A replacement of `[start, end)` of a text. Places inside the new text count as `anchor` of the old one. */
export type Edit = { readonly start: number; readonly end: number; readonly text: string; readonly anchor?: number };

export type EditedText = {
  readonly text: string;
  /** Offset in the edited text -> offset in the original. */
  readonly toOriginal: (offset: number) => number;
};

/**
 * Applies edits that do not overlap.
 *
 * @param source The original text.
 * @param edits In any order; those at one place keep their order.
 */
export function applyEdits(source: string, edits: readonly Edit[]): EditedText {
  const sorted = edits.map((edit, index) => ({ edit, index })).sort((a, b) => a.edit.start - b.edit.start || a.index - b.index);
  const pieces: { readonly start: number; readonly original: number; readonly isInserted: boolean }[] = [];
  let text = "";
  let position = 0;
  for (const { edit } of sorted) {
    if (edit.start < position) throw new Error(`Internal error: edits overlap at ${edit.start}`);
    pieces.push({ start: text.length, original: position, isInserted: false });
    text += source.slice(position, edit.start);
    pieces.push({ start: text.length, original: edit.anchor ?? edit.start, isInserted: true });
    text += edit.text;
    position = edit.end;
  }
  pieces.push({ start: text.length, original: position, isInserted: false });
  text += source.slice(position);
  const toOriginal = (offset: number): number => {
    let piece = { start: 0, original: 0, isInserted: false };
    for (const each of pieces) if (each.start <= offset) piece = each;
    return Math.min(source.length, piece.isInserted ? piece.original : piece.original + offset - piece.start);
  };
  return { text, toOriginal };
}
