import { join, relative, sep } from "node:path";
import { hashValue } from "./canonical.js";
import { loadTypeScript } from "./typescript-parser.js";
import type { SourceReader } from "./source-reader.js";
import type { FingerprintParts } from "./types.js";

/**
 * Reads those options of the project's tsconfig.json (and of what it extends) that change what the compiler emits.
 *
 * @param root Absolute path of the project.
 * @returns `code:tsconfig.json` -> hash; empty where no such option is set.
 */
export function readEmitOptions(root: string, reader: SourceReader): FingerprintParts {
  if (!reader.isFile("tsconfig.json")) return {};
  const ts = loadTypeScript();
  const path = join(root, "tsconfig.json");
  const readFile = (name: string): string | undefined => reader.read(relative(root, name).split(sep).join("/")) ?? undefined;
  const file = ts.readJsonConfigFile(path, readFile);
  const host = { useCaseSensitiveFileNames: true, fileExists: (name: string) => readFile(name) !== undefined, readFile, readDirectory: () => [] };
  const { options } = ts.parseJsonSourceFileConfigFileContent(file, host, root, undefined, path);
  const { experimentalDecorators, useDefineForClassFields, alwaysStrict = options.strict } = options;
  const chosen = { experimentalDecorators, useDefineForClassFields, alwaysStrict };
  return Object.values(chosen).every((value) => value === undefined) ? {} : { "code:tsconfig.json": hashValue(chosen) };
}
