import type * as typescript from "@tslab/typescript-for-tslab";
import type { Edit } from "./edits.js";
import type { TypeScript } from "./load-tslab.js";

export type MendedExport = { readonly edits: readonly Edit[]; readonly exported: readonly { readonly name: string; readonly offset: number }[] };

/** Takes the export out of a statement: all that a cell declares is visible in later cells anyway. */
export function mendExport(ts: TypeScript, file: typescript.SourceFile, statement: typescript.Statement): MendedExport {
  if (ts.isExportAssignment(statement)) return { edits: statement.isExportEquals === true ? [] : mendDefault(file, statement), exported: [] };
  if (ts.isExportDeclaration(statement)) return mendExportDeclaration(ts, file, statement);
  const modifiers = (ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined) ?? [];
  const first = modifiers.find(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
  if (first === undefined) return { edits: [], exported: [] };
  const byDefault = modifiers.find(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword);
  const start = first.getStart(file);
  const end = (byDefault ?? first).end;
  const isNameless = (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name === undefined;
  if (!isNameless) return { edits: [{ start, end, text: "" }], exported: [] };
  return { edits: [{ start, end, text: ";(" }, { start: statement.end, end: statement.end, text: ")" }], exported: [] };
}

function mendDefault(file: typescript.SourceFile, statement: typescript.ExportAssignment): Edit[] {
  const { expression } = statement;
  return [
    { start: statement.getStart(file), end: expression.getStart(file), text: ";(" },
    { start: expression.end, end: expression.end, text: ")" },
  ];
}

function mendExportDeclaration(ts: TypeScript, file: typescript.SourceFile, statement: typescript.ExportDeclaration): MendedExport {
  const start = statement.getStart(file);
  const { exportClause, moduleSpecifier } = statement;
  if (moduleSpecifier !== undefined) {
    if (exportClause === undefined || !ts.isNamedExports(exportClause)) {
      // What is left of `export * from "x"` in a cell is that the module is loaded.
      const text = statement.isTypeOnly ? "import type {} from " : "import ";
      return { edits: [{ start, end: moduleSpecifier.getStart(file), text }], exported: [] };
    }
    // A name of its own, so that an earlier cell's variable of that name stays as it is.
    const edits = exportClause.elements.map((element, index): Edit => {
      const imported = (element.propertyName ?? element.name).getText(file);
      return { start: element.name.getStart(file), end: element.end, text: `${element.propertyName === undefined ? `${imported} as ` : ""}__reexported${index}`, anchor: element.name.getStart(file) };
    });
    return { edits, exported: [] };
  }
  const names = exportClause !== undefined && ts.isNamedExports(exportClause) ? exportClause.elements.map((element) => element.propertyName ?? element.name) : [];
  const isLast = file.statements.at(-1) === statement;
  return {
    edits: [{ start, end: statement.end, text: isLast ? "" : ";" }],
    exported: names.map((name) => ({ name: name.text, offset: name.getStart(file) })),
  };
}
