const [QUOTE, LF, CR] = [0x22, 0x0a, 0x0d] as const;

/** What `next` answers instead of a position. */
export const NEEDS_MORE = -1;
export const UNCLOSED_QUOTE = -2;
export const TEXT_AFTER_QUOTE = -3;

/**
 * Finds the cells of one record after another in a buffer, by RFC 4180: quotes at a cell's start, doubled inside, line
 * ends LF or CRLF. A quote inside an unquoted cell is an ordinary character, and so is a CR that no LF follows (but at
 * the end of the file, where it ends the line).
 *
 * After `next`, cell `i` is `starts[i]` to `ends[i]` without its quotes; in a quoted cell doubled quotes were made
 * single *in the buffer*.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export class CsvScanner {
  /** Number of cells of the record; those beyond `most` are counted but not kept. */
  count = 0;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  private buffer: Buffer = Buffer.alloc(0);
  private end = 0;
  private atEnd = false;
  private isDoubled = false;
  /** Cells of this record with doubled quotes. */
  private readonly doubled: number[] = [];
  private doubledCount = 0;

  constructor(private readonly delimiter: number, private readonly most: number) {
    this.starts = new Int32Array(most);
    this.ends = new Int32Array(most);
  }

  load(pending: { readonly buffer: Buffer; readonly end: number; readonly atEnd: boolean }): void {
    this.buffer = pending.buffer;
    this.end = pending.end;
    this.atEnd = pending.atEnd;
  }

  /** Whether `next` changed the record in the buffer, which then can't be read again. */
  get hasChangedBuffer(): boolean {
    return this.doubledCount > 0;
  }

  /** Whether the record that `next` found at `from` is a blank line. */
  isBlank(from: number): boolean {
    return this.count === 1 && this.starts[0] === from && this.ends[0] === from;
  }

  /**
   * Reads the record at `from`, which must lie before the end of what is loaded.
   *
   * @returns Where the next record begins, or one of the negative answers above.
   */
  next(from: number): number {
    const { buffer, end, delimiter } = this;
    this.count = 0;
    this.doubledCount = 0;
    for (let at = from; ; at += 1) {
      if (at < end && buffer[at] === QUOTE) {
        const close = this.findClosingQuote(at + 1);
        if (close < 0) return close;
        const after = this.endQuotedCell(at + 1, close);
        if (after < 0) return after;
        at = after;
      } else {
        const start = at;
        let byte = 0;
        while (at < end && (byte = buffer[at]!) !== delimiter && byte !== LF) at += 1;
        if (at === end && !this.atEnd) return NEEDS_MORE;
        const isLast = at === end || byte === LF;
        this.keep(start, isLast && at > start && buffer[at - 1] === CR ? at - 1 : at);
      }
      if (at < end && buffer[at] !== LF) continue;
      // Only a whole record is changed: an incomplete one will be read again.
      if (this.doubledCount > 0) this.makeSingle();
      return Math.min(at + 1, end);
    }
  }

  private keep(start: number, end: number): void {
    if (this.count < this.most) {
      this.starts[this.count] = start;
      this.ends[this.count] = end;
    }
    this.count += 1;
  }

  private findClosingQuote(from: number): number {
    const { buffer, end } = this;
    this.isDoubled = false;
    for (let at = from; at < end; at += 1) {
      if (buffer[at] !== QUOTE) continue;
      if (at + 1 === end || buffer[at + 1] !== QUOTE) return at;
      this.isDoubled = true;
      at += 1;
    }
    return this.atEnd ? UNCLOSED_QUOTE : NEEDS_MORE;
  }

  /** Keeps the quoted cell and answers where the delimiter or LF after it stands (or the end of the file). */
  private endQuotedCell(start: number, close: number): number {
    const { buffer, end } = this;
    let after = close + 1;
    if (after < end && buffer[after] === CR && (after + 1 === end || buffer[after + 1] === LF)) after += 1;
    // What follows decides whether the quote closes the cell at all.
    if (after === end && !this.atEnd) return NEEDS_MORE;
    if (after < end && buffer[after] !== this.delimiter && buffer[after] !== LF) return TEXT_AFTER_QUOTE;
    if (this.isDoubled && this.count < this.most) this.doubled[this.doubledCount++] = this.count;
    this.keep(start, close);
    return after;
  }

  private makeSingle(): void {
    const { buffer, starts, ends } = this;
    for (let index = 0; index < this.doubledCount; index += 1) {
      const cell = this.doubled[index]!;
      let to = starts[cell]!;
      for (let at = to; at < ends[cell]!; at += 1) {
        buffer[to] = buffer[at]!;
        if (buffer[at] === QUOTE) at += 1;
        to += 1;
      }
      ends[cell] = to;
    }
  }
}
