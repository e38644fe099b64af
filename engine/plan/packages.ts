import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { hashText, hashValue } from "./canonical.js";
import type { PackageUse } from "./module-plugin.js";
import type { FingerprintParts } from "./types.js";
import { compareCodeUnits } from "../project/compare-code-units.js";

/** Finds installed packages and what they depend on; remembers what it found while it lives. */
export type PackageReader = {
  /**
   * Describes the packages that code imports, and all that those depend on.
   *
   * @returns `packages:<name>` -> version (several where several are installed), or the hash of its files for one that
   * is linked from outside `node_modules`; `packages:resolution` -> hash of who uses which.
   */
  describe(uses: readonly PackageUse[]): FingerprintParts;
  /** Package -> how code comes to it, the shortest way: `imported by stages/charts.ts`, `through vega, imported by ...`. */
  trace(uses: readonly PackageUse[]): ReadonlyMap<string, string>;
  /** Absolute real paths of the files that count in packages which lie elsewhere than in a `node_modules`. */
  linkedFiles(uses: readonly PackageUse[]): readonly string[];
};

type InstalledPackage = {
  readonly name: string;
  /** Real path. */
  readonly folder: string;
  readonly version: string;
  readonly dependencies: readonly string[];
  /** Absolute paths of what its version is the content of; empty where it has a version of its own. */
  readonly files: readonly string[];
};

/** @param root Absolute path of the project. */
export function createPackageReader(root: string): PackageReader {
  const folders = new Map<string, string | null>();
  const installed = new Map<string, InstalledPackage>();
  const own = dirname(fileURLToPath(import.meta.url));
  const realRoot = realpathSync(root);

  function findFolder(name: string, from: string): string | null {
    const key = `${from}\0${name}`;
    const known = folders.get(key);
    if (known !== undefined) return known;
    const here = join(from, "node_modules", name);
    const parent = dirname(from);
    const isHere = statSync(here, { throwIfNoEntry: false })?.isDirectory() ?? false;
    const found = isHere ? realpathSync(here) : parent === from ? null : findFolder(name, parent);
    folders.set(key, found);
    return found;
  }

  function findUsed(name: string, importer: string): string | null {
    return findFolder(name, dirname(join(root, importer))) ?? findFolder(name, own);
  }

  function read(name: string, folder: string): InstalledPackage {
    const known = installed.get(folder) ?? readPackage(name, folder, realRoot);
    installed.set(folder, known);
    return known;
  }

  function describe(uses: readonly PackageUse[]): FingerprintParts {
    const versions = new Map<string, Set<string>>();
    const edges = new Set<string>();
    const visited = new Set<string>();
    const visit = (user: string, name: string, folder: string | null): void => {
      const found = folder === null ? null : read(name, folder);
      const version = found?.version ?? "not installed";
      versions.set(name, (versions.get(name) ?? new Set()).add(version));
      edges.add(`${user} > ${name} ${version}`);
      if (found === null || visited.has(found.folder)) return;
      visited.add(found.folder);
      for (const dependency of found.dependencies) {
        const next = findFolder(dependency, found.folder);
        if (next !== null) visit(`${name} ${version}`, dependency, next);
      }
    };
    for (const { specifier, importer } of uses) {
      const name = packageName(specifier);
      if (name === null) continue;
      visit("", name, findUsed(name, importer));
    }
    if (versions.size === 0) return {};
    const parts = [...versions].map(([name, found]) => [`packages:${name}`, [...found].sort().join(", ")] as const);
    return { ...Object.fromEntries(parts), "packages:resolution": hashValue([...edges].sort()) };
  }

  function trace(uses: readonly PackageUse[]): ReadonlyMap<string, string> {
    const importers = new Map<string, Set<string>>();
    const open: { readonly name: string; readonly folder: string; readonly through: readonly string[]; readonly top: string }[] = [];
    for (const { specifier, importer } of uses) {
      const name = packageName(specifier);
      if (name === null) continue;
      const folder = findUsed(name, importer);
      if (!importers.has(name) && folder !== null) open.push({ name, folder, through: [], top: name });
      importers.set(name, (importers.get(name) ?? new Set()).add(importer));
    }
    const describeImporters = (name: string) => `imported by ${[...(importers.get(name) ?? [])].sort().join(", ")}`;
    const ways = new Map([...importers.keys()].map((name) => [name, describeImporters(name)]));
    const visited = new Set<string>();
    for (const { name, folder, through, top } of open) {
      if (!ways.has(name)) ways.set(name, `through ${through.join(" > ")}, ${describeImporters(top)}`);
      if (visited.has(folder)) continue;
      visited.add(folder);
      for (const dependency of read(name, folder).dependencies) {
        const next = findFolder(dependency, folder);
        // The list grows while it is walked, so that nearer packages come first.
        if (next !== null) open.push({ name: dependency, folder: next, through: [...through, name], top });
      }
    }
    return ways;
  }

  function linkedFiles(uses: readonly PackageUse[]): readonly string[] {
    const reached = new Set<string>();
    const visit = (name: string, folder: string | null): void => {
      if (folder === null || reached.has(folder)) return;
      reached.add(folder);
      for (const dependency of read(name, folder).dependencies) visit(dependency, findFolder(dependency, folder));
    };
    for (const { specifier, importer } of uses) {
      const name = packageName(specifier);
      if (name !== null) visit(name, findUsed(name, importer));
    }
    return [...reached].flatMap((folder) => installed.get(folder)?.files ?? []);
  }
  return { describe, trace, linkedFiles };
}

/** `@scope/name` or `name`; null for Stitchbook itself, whose version counts by the cache version, and for URLs. */
export function packageName(specifier: string): string | null {
  const name = /^(@[^/]+\/[^/]+|[^@/][^/]*)/.exec(specifier)?.[0] ?? null;
  return name === "stitchbook" || /^[a-z]+:/.test(specifier) ? null : name;
}

function readPackage(name: string, folder: string, root: string): InstalledPackage {
  const manifest = readManifest(folder);
  const isLinked = !folder.split(sep).includes("node_modules");
  const { dependencies } = manifest;
  if (!isLinked && manifest.version !== null) return { name, folder, version: manifest.version, dependencies, files: [] };
  const { digest, files } = hashFolder(folder, root);
  return { name, folder, version: `content ${digest}`, dependencies, files };
}

function readManifest(folder: string): { version: string | null; dependencies: string[] } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  } catch {
    return { version: null, dependencies: [] };
  }
  if (typeof parsed !== "object" || parsed === null) return { version: null, dependencies: [] };
  const fields = new Map<string, unknown>(Object.entries(parsed));
  const version = fields.get("version");
  const names = ["dependencies", "optionalDependencies", "peerDependencies"].flatMap((field) => Object.keys(fields.get(field) ?? {}));
  return { version: typeof version === "string" ? version : null, dependencies: [...new Set(names)].sort() };
}

/** Hash of all files of a folder but installed packages, git's own, and the project where it lies within. */
function hashFolder(folder: string, root: string): { readonly digest: string; readonly files: readonly string[] } {
  const found: string[] = [];
  const files: string[] = [];
  const visited = new Set<string>();
  const walk = (current: string): void => {
    const real = realpathSync(current);
    if (visited.has(real) || real === root) return;
    visited.add(real);
    for (const entry of readdirSync(current)) {
      if (entry === "node_modules" || entry === ".git") continue;
      const path = join(current, entry);
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat?.isDirectory() === true) walk(path);
      else if (stat?.isFile() === true) {
        files.push(path);
        found.push(`${relative(folder, path).split(sep).join("/")}\0${hashText(readFileSync(path))}`);
      } else if (lstatSync(path).isSymbolicLink()) found.push(`${relative(folder, path).split(sep).join("/")}\0broken link`);
    }
  };
  walk(folder);
  return { digest: hashText(found.sort(compareCodeUnits).join("\n")), files };
}
