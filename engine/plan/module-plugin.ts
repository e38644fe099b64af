import type { Loader, Plugin } from "esbuild";
import { isBuiltin } from "node:module";
import { join, posix, relative, sep } from "node:path";
import type { Place, Problem } from "../project/types.js";
import { describeImportProblem } from "./import-problems.js";
import { isRelative, isUnsupported, resolveImport, type ResolveContext } from "./resolve-import.js";

/** How the entry names a module of the project. */
export const ENTRY_PREFIX = "stitchbook-module:";

/** A package import of a local module. */
export type PackageUse = {
  readonly specifier: string;
  /** Project path of the file that imports it. */
  readonly importer: string;
};

export type ModulePlugin = {
  readonly plugin: Plugin;
  /** Module -> modules it imports. Project paths. */
  readonly imports: ReadonlyMap<string, ReadonlySet<string>>;
  /** Every package import that was met, in code that is used or not. */
  readonly packages: readonly PackageUse[];
  readonly problems: readonly Problem[];
};

const LOADERS: Readonly<Record<string, Loader>> = {
  ".ts": "ts", ".mts": "ts", ".cts": "ts", ".tsx": "tsx", ".js": "js", ".mjs": "js", ".cjs": "js", ".jsx": "jsx", ".json": "json",
};

/** Makes the esbuild plugin that resolves and reads local modules by the project's own rules, and records what it met. */
export function createModulePlugin(root: string, context: ResolveContext): ModulePlugin {
  const problems: Problem[] = [];
  const imports = new Map<string, Set<string>>();
  const packages: PackageUse[] = [];
  const plugin: Plugin = {
    name: "stitchbook-modules",
    setup(build) {
      build.onResolve({ filter: /.*/ }, (args) => {
        if (args.path.startsWith(ENTRY_PREFIX)) return { path: join(root, args.path.slice(ENTRY_PREFIX.length)) };
        const importer = toProjectPath(root, args.importer);
        if (!isRelative(args.path)) {
          if (isUnsupported(args.path, context.reader)) problems.push(describeImportProblem(args.path, { kind: "unsupported" }, findPlace(importer, args.path, context)));
          else if (!isBuiltin(args.path)) packages.push({ specifier: args.path, importer });
          return { path: args.path, external: true };
        }
        const found = resolveImport(args.path, [posix.dirname(importer)], context);
        if (found.kind === "types") return { path: args.path, external: true };
        if (found.kind !== "local") {
          problems.push(describeImportProblem(args.path, found, findPlace(importer, args.path, context)));
          return { path: args.path, external: true };
        }
        imports.set(importer, (imports.get(importer) ?? new Set()).add(found.path));
        return { path: join(root, found.path) };
      });
      build.onLoad({ filter: /.*/, namespace: "file" }, (args) => {
        const path = toProjectPath(root, args.path);
        const contents = context.reader.read(path);
        const loader = LOADERS[posix.extname(path)];
        if (contents !== null && loader !== undefined) return { contents, loader };
        problems.push(describeImportProblem(path, { kind: "not-code" }, { file: path }));
        return { contents: "", loader: "js" };
      });
    },
  };
  return { plugin, imports, packages, problems };
}

function toProjectPath(root: string, path: string): string {
  return relative(root, path).split(sep).join("/");
}

/** The line of a module that holds a specifier. */
function findPlace(file: string, specifier: string, context: ResolveContext): Place {
  const lines = context.reader.read(file)?.split("\n") ?? [];
  const index = lines.findIndex((line) => /\b(import|export|from|require)\b/.test(line) && line.includes(specifier));
  return index === -1 ? { file } : { file, line: index + 1, column: (lines[index]?.indexOf(specifier) ?? 0) + 1 };
}
