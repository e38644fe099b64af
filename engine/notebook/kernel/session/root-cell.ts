import type { Edit } from "../../compile/edits.js";
import { applyEdits } from "../../compile/edits.js";
import type { TypeScript } from "../../compile/load-tslab.js";
import { isLocalSpecifier, resolveFromCell, toRootSpecifier } from "../../compile/resolve-local.js";
import { listSpecifiers } from "../../compile/specifiers.js";

/** A cell, perhaps unfinished, as if it lay in the root. */
export type RootCell = {
  readonly text: string;
  readonly toRoot: (offset: number) => number;
  readonly toCell: (offset: number) => number;
};

/** Makes the local imports of a cell ones from the root, which is where TypeScript sees it. @param place.notebook Project path. */
export function moveToRoot(ts: TypeScript, source: string, place: { readonly root: string; readonly notebook: string }): RootCell {
  const file = ts.createSourceFile("cell.ts", source, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS);
  const edits = listSpecifiers(ts, file).flatMap(({ node, text }): Edit[] => {
    const found = text !== null && isLocalSpecifier(text) ? resolveFromCell(place.root, place.notebook, text) : null;
    return found?.kind === "found" ? [{ start: node.getStart(file), end: node.end, text: JSON.stringify(toRootSpecifier(found.path)), anchor: node.getStart(file) }] : [];
  });
  const { text, toOriginal } = applyEdits(source, edits);
  const toRoot = (offset: number): number => edits.filter(({ end }) => end <= offset).reduce((sum, { start, end, text: replacement }) => sum + replacement.length - (end - start), offset);
  return { text, toRoot, toCell: toOriginal };
}
