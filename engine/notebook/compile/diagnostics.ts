import { dirname } from "node:path";
import type * as typescript from "@tslab/typescript-for-tslab";
import type { Place, Problem } from "../../project/types.js";
import type { TypeScript } from "./load-tslab.js";
import { isLocalSpecifier, resolveLocal, toProjectPath } from "./resolve-local.js";
import { listSpecifiers } from "./specifiers.js";
import { indexLines } from "./text-lines.js";
import { dataModule, listValueImports, valueOfTypes } from "./type-only-module.js";

/** Errors that a name has which the checker does not know. */
const UNKNOWN_NAME = new Set([2304, 2503, 2552, 2580, 2581, 2582, 2583, 2584, 2662, 2663, 2693, 2694, 2749, 2315, 18004]);

/** A dynamic import whose argument is no literal. */
export const COMPUTED_IMPORT = {
  message: 'a dynamic import needs a literal: `import("./module")`',
  hint: "a module whose name is computed can't be followed by the type check and the fingerprint; import each one by name",
};

export const OUTSIDE_HINT = "import modules of the project's own folder, or a package";

/** Messages of this compiler that do not fit a notebook, and what to do instead. */
const HINTS: Readonly<Record<number, string>> = {
  1308: "make the function `async`; a module can't await at its top level, only a cell can",
  2307: "a relative import is looked for from the notebook's folder, then from the project root; a package must be installed",
  7016: "install the types of the package, or declare the module",
};

const ROW_TYPES_HINT = "every declared output with `columns` has a row type, named after its file; `.stitchbook/types/data.d.ts` has them all";

/** What the parser found wrong in a file. */
export function parseErrors(file: typescript.SourceFile): readonly typescript.Diagnostic[] {
  return "parseDiagnostics" in file && Array.isArray(file.parseDiagnostics) ? file.parseDiagnostics : [];
}

/** What the compiler finds wrong in a file: its syntax, and only where that is right, its types. */
export function listErrors(program: typescript.Program, file: typescript.SourceFile): readonly typescript.Diagnostic[] {
  const syntax = program.getSyntacticDiagnostics(file);
  return syntax.length > 0 ? syntax : program.getSemanticDiagnostics(file);
}

/** One error of TypeScript as a problem. */
export function toTypeProblem(ts: TypeScript, diagnostic: typescript.Diagnostic, place: Place): Problem {
  const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n");
  const hint = diagnostic.code === 2305 && message.includes(`"${dataModule}"`) ? ROW_TYPES_HINT : HINTS[diagnostic.code];
  return {
    severity: "error",
    code: diagnostic.code < 2000 ? "syntax-error" : "type-error",
    place,
    message: `${message} (TS${diagnostic.code})`,
    ...(hint === undefined ? {} : { hint }),
  };
}

/** Problems of a local module: those of its types, and imports that can't be followed. */
export function toModuleProblems(ts: TypeScript, root: string, { file, diagnostics }: { readonly file: typescript.SourceFile; readonly diagnostics: readonly typescript.Diagnostic[] }): Problem[] {
  const path = toProjectPath(root, file.fileName);
  const lines = indexLines(file.text);
  const faults = findImportFaults(ts, root, file);
  const own = faults.map(({ offset, ...fault }): Problem => ({ severity: "error", ...fault, place: { file: path, ...lines.placeOf(offset) } }));
  const found = diagnostics
    .filter(({ category, start }) => category === ts.DiagnosticCategory.Error && !faults.some(({ offset }) => offset === start))
    .map((diagnostic) => toTypeProblem(ts, diagnostic, { file: path, ...lines.placeOf(diagnostic.start ?? 0) }));
  return [...own, ...found].sort((a, b) => (a.place.line ?? 0) - (b.place.line ?? 0) || (a.place.column ?? 0) - (b.place.column ?? 0));
}

function findImportFaults(ts: TypeScript, root: string, file: typescript.SourceFile): { code: string; offset: number; message: string; hint: string }[] {
  if (file.fileName.endsWith(".json")) return [];
  const folder = toProjectPath(root, dirname(file.fileName)) || ".";
  const values = listValueImports(ts, file).map((node) => ({ ...valueOfTypes, offset: node.getStart(file) }));
  const faults = listSpecifiers(ts, file).flatMap(({ node, text }) => {
    const offset = node.getStart(file);
    if (text === null) return [{ code: "dynamic-import", offset, message: COMPUTED_IMPORT.message, hint: COMPUTED_IMPORT.hint }];
    const found = isLocalSpecifier(text) ? resolveLocal(root, folder, text) : null;
    if (found?.kind === "outside") return [{ code: "outside-project", offset, message: `\`${text}\` lies outside of the project`, hint: OUTSIDE_HINT }];
    if (found?.kind === "missing") return [{ code: "missing-module", offset, message: `there is no module \`${text}\``, hint: "correct the path, or write the module" }];
    return [];
  });
  return [...values, ...faults];
}

/** True for an error that only says that a name is unknown, where an earlier cell failed to declare it. */
export function isFollowUp(diagnostic: typescript.Diagnostic, missingNames: ReadonlySet<string>): boolean {
  if (!UNKNOWN_NAME.has(diagnostic.code) || diagnostic.file === undefined || diagnostic.start === undefined) return false;
  return missingNames.has(diagnostic.file.text.slice(diagnostic.start, diagnostic.start + (diagnostic.length ?? 0)));
}
