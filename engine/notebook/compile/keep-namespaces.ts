import type { TypeScript } from "./load-tslab.js";

/**
 * The namespaces of earlier cells, which tslab forgets one cell later.
 *
 * @param declarations Declarations before the cell.
 * @param redeclared Names that the cell declares itself.
 */
export function keepNamespaces(ts: TypeScript, declarations: string, redeclared: ReadonlySet<string>): string {
  if (!declarations.includes("namespace ")) return "";
  const file = ts.createSourceFile("before.d.ts", declarations, ts.ScriptTarget.ES2022, false, ts.ScriptKind.TS);
  return file.statements
    .filter((statement) => ts.isModuleDeclaration(statement) && ts.isIdentifier(statement.name) && !redeclared.has(statement.name.text))
    .map((statement) => `${statement.getText(file)}\n`)
    .join("");
}
