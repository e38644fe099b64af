import { existsSync } from "node:fs";
import { join } from "node:path";
import type * as typescript from "@tslab/typescript-for-tslab";
import type { Problem } from "../../project/types.js";
import { parseErrors } from "./diagnostics.js";
import type { TypeScript } from "./load-tslab.js";
import { digestFile } from "./notebook-cache.js";
import { toProjectPath } from "./resolve-local.js";

/** What of a project's tsconfig.json holds for cells and the modules that they import. */
const FOLLOWED = [
  "strict", "noImplicitAny", "strictNullChecks", "strictFunctionTypes", "strictBindCallApply", "strictPropertyInitialization",
  "noImplicitThis", "useUnknownInCatchVariables", "alwaysStrict", "noUncheckedIndexedAccess", "exactOptionalPropertyTypes",
  "noImplicitReturns", "noFallthroughCasesInSwitch", "noImplicitOverride", "noPropertyAccessFromIndexSignature",
  "allowUnreachableCode", "allowUnusedLabels", "experimentalDecorators", "useDefineForClassFields", "checkJs", "types",
] as const;

export type CompileOptions = {
  readonly options: Readonly<typescript.CompilerOptions>;
  /** Project path of tsconfig.json and of what it extends -> SHA-256 of what was read. */
  readonly files: ReadonlyMap<string, string | null>;
  readonly problems: readonly Problem[];
};

/**
 * Reads the options that a project's tsconfig.json sets; without one tslab's own hold.
 *
 * @param root Absolute.
 */
export function readCompileOptions(ts: TypeScript, root: string): CompileOptions {
  const path = join(root, "tsconfig.json");
  if (!existsSync(path)) return { options: {}, files: new Map(), problems: [] };
  const digests = new Map<string, string | null>();
  const readFile = (name: string): string | undefined => {
    // Before it is read: an edit in between then shows.
    digests.set(toProjectPath(root, name), digestFile(name));
    return ts.sys.readFile(name);
  };
  const file = ts.readJsonConfigFile(path, readFile);
  const host = { useCaseSensitiveFileNames: true, fileExists: ts.sys.fileExists, readFile, readDirectory: () => [] };
  const parsed = ts.parseJsonSourceFileConfigFileContent(file, host, root, undefined, path);
  const options: typescript.CompilerOptions = { checkJs: false };
  for (const name of FOLLOWED) {
    const value: unknown = parsed.options[name];
    if (value !== undefined) Object.assign(options, { [name]: value });
  }
  const extended = "extendedSourceFiles" in file && Array.isArray(file.extendedSourceFiles) ? file.extendedSourceFiles.map(String) : [];
  const faults = [...parseErrors(file), ...parsed.errors].filter((error) => error.category === ts.DiagnosticCategory.Error && isAboutReading(error));
  return {
    options,
    files: new Map(["tsconfig.json", ...extended.map((name) => toProjectPath(root, name))].map((name) => [name, digests.get(name) ?? null])),
    problems: faults.map((error) => toProblem(ts, root, error)),
  };
}

/** Options that this TypeScript does not know, and a list of files that is empty, are no concern of notebooks. */
function isAboutReading(error: typescript.Diagnostic): boolean {
  return error.code < 5000 || error.code === 5083 || error.code === 6053 || error.code === 18000;
}

function toProblem(ts: TypeScript, root: string, error: typescript.Diagnostic): Problem {
  const at = error.file === undefined || error.start === undefined ? null : ts.getLineAndCharacterOfPosition(error.file, error.start);
  const file = error.file === undefined ? "tsconfig.json" : toProjectPath(root, error.file.fileName);
  return {
    severity: "error",
    code: "tsconfig",
    place: at === null ? { file } : { file, line: at.line + 1, column: at.character + 1 },
    message: ts.flattenDiagnosticMessageText(error.messageText, "\n"),
  };
}
