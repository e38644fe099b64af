import type { Cell } from "../../project/types.js";
import { parseErrors } from "./diagnostics.js";
import type { TypeScript } from "./load-tslab.js";
import { isLocalSpecifier, resolveFromCell, toRootSpecifier } from "./resolve-local.js";
import { listSpecifiers } from "./specifiers.js";

/**
 * The specifiers that TypeScript follows from a notebook's cells, as they stand after local ones were made paths from the
 * root.
 *
 * @param root Absolute.
 * @param notebook.file Project path.
 * @returns Each once, in code-unit order.
 */
export function listCellImports(ts: TypeScript, root: string, { file, cells }: { readonly file: string; readonly cells: readonly Cell[] }): readonly string[] {
  const found = new Set<string>();
  for (const { source } of cells.filter(({ type }) => type === "code")) {
    const cell = ts.createSourceFile("cell.ts", source, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS);
    if (parseErrors(cell).length > 0) continue;
    for (const { kind, text } of listSpecifiers(ts, cell)) {
      if (text === null || kind === "require") continue;
      if (!isLocalSpecifier(text)) found.add(text);
      else {
        const target = resolveFromCell(root, file, text);
        if (target.kind === "found") found.add(toRootSpecifier(target.path));
      }
    }
  }
  return [...found].sort();
}
