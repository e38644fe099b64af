import type { BuildOptions, BuildResult, Metafile } from "esbuild";
import { createModulePlugin, ENTRY_PREFIX, type PackageUse } from "./module-plugin.js";
import { describeUnknownImport } from "./import-problems.js";
import type { ResolveContext } from "./resolve-import.js";
import type { Problem } from "../project/types.js";
import { compareCodeUnits } from "../project/compare-code-units.js";

/** What cells take from one module; `*` is everything. */
export type ModuleUse = { readonly path: string; readonly names: readonly string[] };

/** What of the local modules would run. */
export type ModuleBundle = {
  /** The whole as JavaScript without comments, formatting, types and what nobody reaches. */
  readonly text: string;
  /** Project path of a module -> its share of the bundle; modules that leave nothing behind are missing. */
  readonly modules: ReadonlyMap<string, string>;
  /** Module -> modules it imports. */
  readonly imports: ReadonlyMap<string, ReadonlySet<string>>;
  /** `<module>#<name>` as cells import it -> its name in the bundle. */
  readonly exports: ReadonlyMap<string, string>;
  /** Package imports that are left after unused code was dropped. */
  readonly packages: readonly PackageUse[];
  readonly problems: readonly Problem[];
};

/**
 * Bundles the modules that cells import, with exactly the names they take.
 *
 * Nothing is minified but white space: `minifySyntax` would inline a constant into the module that uses it, and the
 * wrong file would be named as changed. Names are kept, since programs print them, and annotations that promise
 * freedom from side effects are not believed.
 *
 * @param root Absolute path of the project.
 * @param uses In the order of the cells.
 */
export async function bundleModules(root: string, uses: readonly ModuleUse[], context: ResolveContext): Promise<ModuleBundle> {
  const { plugin, imports, packages, problems } = createModulePlugin(root, context);
  const nothing = { text: "", modules: new Map<string, string>(), exports: new Map<string, string>(), imports, packages, problems };
  if (uses.length === 0) return nothing;
  const { build } = await import("esbuild");
  const stdin = { contents: writeEntry(uses), loader: "ts", sourcefile: ENTRY_NAME } as const;
  const options = { ...BUILD_OPTIONS, absWorkingDir: root, plugins: [plugin], stdin };
  let result: BuildResult<typeof options>;
  try {
    result = await build(options);
  } catch (error) {
    return { ...nothing, problems: [...problems, ...readBuildErrors(error)] };
  }
  const output = Object.values(result.metafile.outputs)[0];
  if (output === undefined) throw new Error("Internal error: the bundle of local modules has no output");
  const text = result.outputFiles[0]?.text ?? "";
  const chunks = splitBundle(text, output);
  const [whole = "", ...parts] = await Promise.all([text, ...chunks.map((chunk) => chunk.text)].map(dropFormatting));
  const left = new Set(output.imports.filter((entry) => entry.external === true).map((entry) => entry.path));
  return {
    text: whole,
    modules: new Map(chunks.map((chunk, index) => [chunk.path, parts[index] ?? ""])),
    exports: readExports(text),
    imports,
    packages: packages.filter(({ specifier }) => left.has(specifier)),
    problems,
  };
}

const ENTRY_NAME = "stitchbook-cells";

const BUILD_OPTIONS = {
  bundle: true,
  treeShaking: true,
  format: "esm",
  platform: "node",
  target: "esnext",
  keepNames: true,
  ignoreAnnotations: true,
  legalComments: "none",
  metafile: true,
  write: false,
  logLevel: "silent",
  // The project's own tsconfig.json is not read: what runs doesn't depend on it.
  tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
} as const satisfies BuildOptions;

/** Aliases say what is taken from where, so that the text changes when a name comes to mean something else. */
function writeEntry(uses: readonly ModuleUse[]): string {
  return uses
    .flatMap(({ path, names }) => {
      const from = JSON.stringify(ENTRY_PREFIX + path);
      if (names.length === 0) return [`import ${from};`];
      return names.map((name) => `export ${name === "*" ? "*" : `{ ${writeName(name)}`} as ${JSON.stringify(`${path}#${name}`)}${name === "*" ? "" : " }"} from ${from};`);
    })
    .join("\n");
}

function writeName(name: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u.test(name) ? name : JSON.stringify(name);
}

/** Cuts the bundle at esbuild's comments that name the file each stretch comes from. */
function splitBundle(text: string, output: Metafile["outputs"][string]): { path: string; text: string }[] {
  const end = output.exports.length === 0 ? -1 : text.lastIndexOf("\nexport {\n");
  const chunks = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of (end === -1 ? text : text.slice(0, end)).split("\n")) {
    const path = line.startsWith("// ") ? line.slice(3) : null;
    if (path !== null && path !== ENTRY_NAME && path in output.inputs) {
      lines = chunks.get(path) ?? [];
      chunks.set(path, lines);
    } else {
      lines.push(line);
    }
  }
  return [...chunks].map(([path, content]) => ({ path, text: content.join("\n") })).sort((a, b) => compareCodeUnits(a.path, b.path));
}

/** Reads the list at the bundle's end, as `writeEntry` had it made: `  toKelvin as "stages/units.ts#toKelvin",`. */
function readExports(text: string): Map<string, string> {
  const list = text.slice(text.lastIndexOf("\nexport {\n"));
  return new Map([...list.matchAll(/^ {2}([\w$]+) as ("(?:[^"\\]|\\.)*"),?$/gm)].map(([, local = "", alias = '""']) => [String(JSON.parse(alias)), local]));
}

async function dropFormatting(text: string): Promise<string> {
  const { transform } = await import("esbuild");
  try {
    const { code } = await transform(text, { loader: "js", format: "esm", target: "esnext", minifyWhitespace: true, ignoreAnnotations: true, legalComments: "none", logLevel: "silent" });
    return code.trim();
  } catch {
    // A template literal that holds a line like those comments was cut in two. The whole bundle stays exact.
    return text;
  }
}

/** Errors that esbuild found by itself: syntax, and names that a JavaScript module doesn't export. */
function readBuildErrors(error: unknown): Problem[] {
  if (typeof error !== "object" || error === null || !("errors" in error) || !Array.isArray(error.errors)) throw error;
  return error.errors.flatMap((message: BuildResult["errors"][number]) => {
    // What this project's own plugin throws is a failure of the disk or of the engine, and no problem of the module.
    if (message.pluginName !== "") throw message.detail instanceof Error ? message.detail : error;
    const { location, text } = message;
    const place = location === null ? { file: "stitchbook.yaml" } : { file: location.file, line: location.line, column: location.column + 1 };
    // esbuild takes `import("./folder/" + name)` for a pattern of files, and found none.
    if (/^Could not resolve (import|require)\(/.test(text)) return [describeUnknownImport({ text: text.slice(18), line: place.line ?? 1, column: place.column ?? 1 }, place)];
    return [{ severity: "error", code: "bad-module", place, message: text }];
  });
}
