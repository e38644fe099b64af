import type { Cell } from "../project/types.js";
import { listImports, type Imports } from "./list-imports.js";
import { loadTypeScript, parseSource, type SourceFile } from "./typescript-parser.js";

/** A code cell as it would run. */
export type CellCode = Imports & {
  /** Position among all cells of the notebook. */
  readonly position: number;
  /** JavaScript without comments, formatting and types; empty where nothing would run. */
  readonly text: string;
};

/**
 * Reads what of a code cell counts: its JavaScript, with the value it displays marked as such, and its imports.
 *
 * The displayed value is wrapped in a call before types are removed. Without that esbuild drops a last expression that
 * comes down to a constant (`undefined`, `-1`, `void 0`, `"use strict"`), and what the cell shows would not count.
 */
export async function readCellCode(cell: Cell): Promise<CellCode> {
  const file = parseSource(`cell-${cell.position}.ts`, cell.source);
  return { position: cell.position, text: await stripSource(markDisplayedValue(cell.source, file), cell.source), ...listImports(file) };
}

/** Wraps the expression that the cell displays, if it ends in one. */
function markDisplayedValue(source: string, file: SourceFile): string {
  const ts = loadTypeScript();
  const last = file.statements[file.statements.length - 1];
  const shown = [...file.statements].reverse().find((statement) => !isErased(statement));
  if (shown === undefined || !ts.isExpressionStatement(shown)) return source;
  const { expression } = shown;
  const start = expression.getStart(file);
  // Whether a type behind the expression hides its value is the compiler's affair: the two only must not look the same.
  const marker = shown === last ? "__shown" : "__shownBeforeTypes";
  return `${source.slice(0, start)}${marker}((${source.slice(start, expression.end)}\n))${source.slice(expression.end)}`;
}

/** Whether a statement leaves nothing behind at run time. */
function isErased(statement: SourceFile["statements"][number]): boolean {
  const ts = loadTypeScript();
  if (ts.isTypeAliasDeclaration(statement) || ts.isInterfaceDeclaration(statement) || ts.isExportDeclaration(statement)) return true;
  if (ts.isImportDeclaration(statement)) return true;
  return ts.canHaveModifiers(statement) && (ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false);
}

const OPTIONS = { format: "esm", target: "esnext", minifyWhitespace: true, ignoreAnnotations: true, legalComments: "none", logLevel: "silent" } as const;

async function stripSource(marked: string, source: string): Promise<string> {
  const { transform } = await import("esbuild");
  try {
    const { code } = await transform(marked, {
      ...OPTIONS,
      loader: "ts",
      keepNames: true,
      // Imports that only later cells use must stay.
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true, experimentalDecorators: true } },
    });
    // A legal comment is dropped, but leaves a semicolon behind that a second pass takes away.
    const plain = await transform(code, { ...OPTIONS, loader: "js" });
    return plain.code.trim();
  } catch {
    // The compiler reports the syntax error; until it is mended every edit counts.
    return `unreadable ${source}`;
  }
}
