import type { Plugin } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import { buildId } from "../../project/build-id.js";
import { writeCacheFile } from "../../project/cache-file.js";
import { isTrusted, readFileState, sameState, type FileState } from "../../project/file-state.js";
import { isEsModule } from "../execute/async-module.js";
import type { CompiledNotebook, PackageBundle } from "../types.js";

/** What would lead elsewhere from another file: an import of a computed name, or a `require` of its own. */
const unfitText = /\bimport\s*\(\s*[^\s)]|\bcreateRequire\b/;

/** Stands for an `import.meta`, which would tell of the bundle. */
const movedMeta = "__stitchbookMovedMeta";

/**
 * Makes the folder for bundles, which workers may read.
 *
 * @param root - the project, absolute
 */
export function makeBundleFolder(root: string): string {
  const folder = join(root, ".stitchbook", "cache", "packages");
  mkdirSync(folder, { recursive: true });
  return folder;
}

/**
 * Bundles the ES modules of packages that a notebook and its local modules import. Node would read, check and compile
 * hundreds of files in every worker; CommonJS packages are left alone, and so are all where one can't be moved.
 *
 * @param options.root - the project, absolute
 * @param options.folder - absolute; bundles are kept there until a file of theirs changes
 * @returns null where there is nothing to bundle
 */
export async function bundlePackages(notebook: CompiledNotebook, { root, folder }: { readonly root: string; readonly folder: string }): Promise<PackageBundle | null> {
  const files = [...new Set(listPackageFiles(notebook, root))].sort();
  if (files.length === 0) return null;
  const entries = Object.fromEntries(files.map((file, index) => [file, `package${index}`]));
  const key = createHash("sha256").update(JSON.stringify([buildId, process.version, files])).digest("hex").slice(0, 32);
  const [file, about] = [join(folder, `${key}.cjs`), join(folder, `${key}.json`)];
  const kept = readAbout(about);
  if (kept !== null && holds(kept, file)) return kept.sha256 === null ? null : { file, entries };
  const startedAtMs = Date.now();
  const made = await makeBundle(entries);
  const inputs = made.inputs.map((path) => ({ path, state: readFileState(path) }));
  if (made.code !== null) writeCacheFile(file, made.code);
  const sha256 = made.code === null ? null : digestOf(made.code);
  writeCacheFile(about, JSON.stringify({ sha256, inputs: inputs.every(({ state }) => state !== null && isTrusted(state, startedAtMs)) ? inputs : [] } satisfies About));
  return sha256 !== null && digestOfFile(file) === sha256 ? { file, entries } : null;
}

/** Main modules of the packages that code requires by name, where they are ES modules. */
function listPackageFiles({ notebook, cells, modules, imports }: CompiledNotebook, root: string): string[] {
  const users = [
    ...cells.map(({ code }) => ({ code, file: join(root, notebook), imports })),
    ...modules.map((module) => ({ code: module.code, file: join(root, module.path), imports: module.imports })),
  ];
  return users.flatMap(({ code, file, imports: local }) => {
    const { resolve } = createRequire(file);
    const specifiers = [...code.matchAll(/\brequire\(["']([a-zA-Z@][^"'\\\n]*)["']\)/g)].flatMap((match) => match[1] ?? []);
    const packages = specifiers.filter((specifier) => !isBuiltin(specifier) && !Object.hasOwn(local, specifier));
    return packages.flatMap((specifier) => {
      try {
        const found = resolve(specifier);
        return isEsModule(found) ? [found] : [];
      } catch {
        return [];
      }
    });
  });
}

type Made = { /** Null where the packages can't be bundled. */ readonly code: string | null; readonly inputs: readonly string[] };

async function makeBundle(entries: Readonly<Record<string, string>>): Promise<Made> {
  const { build } = await import("esbuild");
  // Each is loaded when it is asked for, as from its own files.
  const contents = Object.entries(entries).map(([file, name]) => `exports.${name} = () => require(${JSON.stringify(file)});`);
  const result = await build({
    stdin: { contents: contents.join("\n"), resolveDir: dirname(Object.keys(entries)[0] ?? "") },
    absWorkingDir: "/",
    bundle: true,
    write: false,
    metafile: true,
    logLevel: "silent",
    platform: "node",
    format: "cjs",
    target: `node${process.versions.node}`,
    // As Node itself resolves an import.
    conditions: ["node", "node-addons"],
    mainFields: ["main"],
    // What runs must be all that the packages are, by their own names.
    treeShaking: false,
    ignoreAnnotations: true,
    keepNames: true,
    define: { "import.meta": movedMeta },
    legalComments: "none",
    plugins: [leaveCommonJs],
  }).catch(() => null);
  const inputs = Object.keys(result?.metafile.inputs ?? {}).filter((path) => path !== "<stdin>").map((path) => join("/", path));
  const code = result?.outputFiles[0]?.text ?? null;
  const isFit = code !== null && !code.includes(movedMeta) && inputs.every((path) => !unfitText.test(withoutComments(readFileSync(path, "utf8"))));
  return { code: isFit ? code : null, inputs: result === null ? Object.keys(entries) : inputs };
}

/** Modules of other kinds stay where they are: whoever else asks for them must get the same ones. */
const leaveCommonJs: Plugin = {
  name: "leave-commonjs",
  setup({ onResolve, resolve }) {
    onResolve({ filter: /.*/ }, async ({ path, pluginData, ...from }) => {
      if (pluginData === "found" || isBuiltin(path)) return undefined;
      const found = await resolve(path, { ...from, pluginData: "found" });
      return found.errors.length > 0 || isEsModule(found.path) ? found : { path: found.path, external: true };
    });
  },
};

/** Roughly: what is left of a comment only keeps packages from being bundled. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
}

/** `sha256`: of the bundle, null where there is none; `inputs`: empty where a file was too young to tell. */
type About = { readonly sha256: string | null; readonly inputs: readonly { readonly path: string; readonly state: FileState | null }[] };

function readAbout(path: string): About | null {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as About;
  } catch {
    return null;
  }
}

function holds({ sha256, inputs }: About, file: string): boolean {
  return inputs.length > 0 && inputs.every(({ path, state }) => sameState(readFileState(path), state)) && (sha256 === null || digestOfFile(file) === sha256);
}

function digestOfFile(file: string): string | null {
  try {
    return digestOf(readFileSync(file));
  } catch {
    return null;
  }
}

function digestOf(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
