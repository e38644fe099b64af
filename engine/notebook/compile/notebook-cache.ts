import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { writeCacheFile } from "../../project/cache-file.js";
import type { Cell } from "../../project/types.js";
import type { CompiledNotebook } from "../types.js";
import { packageFolders } from "./package-folders.js";
import { findPackageJson, resolveFromCell, resolveLocal } from "./resolve-local.js";

/** Raise it when the compiler would give other code from the same sources. */
const COMPILER_VERSION = 3;

/** Entries kept for one notebook, so that switching between versions of it stays quick. */
const KEPT_ENTRIES = 8;

/** All that a compiled notebook rests on apart from its own cells. Paths are relative to the project root. */
export type Basis = {
  /** File -> SHA-256; null where there must be none. */
  readonly files: Readonly<Record<string, string | null>>;
  /** Local specifiers of the cells, and where they lead. */
  readonly cellImports: readonly (readonly [specifier: string, path: string])[];
  /** Local specifiers of modules: folder, specifier, path. */
  readonly moduleImports: readonly (readonly [folder: string, specifier: string, path: string])[];
  /** Packages: folder of the importer, name, and the package.json that was found; null where none was. */
  readonly packages: readonly (readonly [folder: string, name: string, packageJson: string | null])[];
  /** Digest of the row types, where cells or modules use them. */
  readonly dataTypes: string | null;
};

export type CacheSubject = {
  /** Project path of the notebook. */
  readonly file: string;
  readonly cells: readonly Cell[];
  readonly dataTypes: string | null;
};

type Entry = {
  readonly compiled: CompiledNotebook;
  readonly basis: Basis;
  /** `contextKey` of what its cells import: with that and on that basis, the modules have no errors. */
  readonly context: string;
};

/** Modules that were free of errors. */
export type ProvenModules = {
  /** With what: as `contextKey` names it. */
  readonly context: string;
  /** In which state: project path -> SHA-256. */
  readonly files: Basis["files"];
};

/** Compiled notebooks by content, one file each. */
export class NotebookCache {
  constructor(
    private readonly root: string,
    private readonly folder: string,
  ) {}

  /** The notebook as it was compiled before, if all that it rests on is as it was. */
  async read(subject: CacheSubject): Promise<Entry | null> {
    const entry = await readEntry(join(this.folder, nameEntry(subject)));
    return entry !== null && isStillTrue(this.root, subject, entry.basis) ? entry : null;
  }

  /**
   * With what the modules that the notebook's last version reaches were free of errors, and still are.
   *
   * @returns null where there is no such version.
   */
  async readProven(subject: CacheSubject): Promise<ProvenModules | null> {
    const [latest] = await this.#listEntries(subject.file);
    const entry = latest === undefined ? null : await readEntry(join(this.folder, latest));
    return entry !== null && isStillTrue(this.root, subject, entry.basis) ? { context: entry.context, files: entry.basis.files } : null;
  }

  async write(subject: CacheSubject, entry: Entry): Promise<void> {
    const name = nameEntry(subject);
    writeCacheFile(join(this.folder, name), sealText(JSON.stringify(entry)));
    const others = (await this.#listEntries(subject.file)).filter((other) => other !== name);
    await Promise.all(others.slice(KEPT_ENTRIES - 1).map((other) => rm(join(this.folder, other), { force: true })));
  }

  /** File names of a notebook's entries, the latest first. */
  async #listEntries(notebook: string): Promise<readonly string[]> {
    const prefix = entryPrefix(notebook);
    const names = (await readdir(this.folder).catch(() => [])).filter((name) => name.startsWith(prefix));
    const aged = await Promise.all(names.map(async (name) => ({ name, time: await stat(join(this.folder, name)).then((found) => found.mtimeMs, () => 0) })));
    return aged.sort((a, b) => b.time - a.time || (a.name < b.name ? -1 : 1)).map(({ name }) => name);
  }
}

/** Names what a notebook imports. */
export function contextKey(imports: readonly string[]): string {
  return digest(JSON.stringify([COMPILER_VERSION, imports])).slice(0, 32);
}

async function readEntry(path: string): Promise<Entry | null> {
  const text = await readFile(path, "utf8").catch(() => "");
  const body = text.slice(text.indexOf("\n") + 1);
  // Missing, damaged, or of another version: compiling again mends all of them.
  if (text !== sealText(body)) return null;
  const entry: Entry = JSON.parse(body);
  return entry;
}

/** Behind its digest: a text that reads so is one that was written here. */
function sealText(body: string): string {
  return `${COMPILER_VERSION} ${digest(body)}\n${body}`;
}

/** How the names of a notebook's entries begin. */
export function entryPrefix(file: string): string {
  return `${digest(file).slice(0, 16)}-`;
}

function nameEntry({ file, cells }: CacheSubject): string {
  const code = cells.filter((cell) => cell.type === "code").map((cell) => [cell.position, cell.source, cell.options.tags.includes("parameters")]);
  return `${entryPrefix(file)}${digest(JSON.stringify([COMPILER_VERSION, code])).slice(0, 32)}.json`;
}

function isStillTrue(root: string, { file: notebook, dataTypes }: CacheSubject, basis: Basis): boolean {
  const leadsTo = (found: ReturnType<typeof resolveLocal>, path: string): boolean => found.kind === "found" && found.path === path;
  return (
    (basis.dataTypes === null || basis.dataTypes === digest(dataTypes ?? "")) &&
    Object.entries(basis.files).every(([path, expected]) => digestFile(resolve(root, path)) === expected) &&
    basis.cellImports.every(([specifier, path]) => leadsTo(resolveFromCell(root, notebook, specifier), path)) &&
    basis.moduleImports.every(([folder, specifier, path]) => leadsTo(resolveLocal(root, folder, specifier), path)) &&
    basis.packages.every(([folder, name, packageJson]) => {
      const found = findPackageJson(packageFolders(resolve(root, folder)), name);
      return found === (packageJson === null ? null : resolve(root, packageJson));
    })
  );
}

/** SHA-256 of a file; null where there is none. @param path Absolute. */
export function digestFile(path: string): string | null {
  try {
    return digest(readFileSync(path));
  } catch {
    return null;
  }
}

/** SHA-256, hexadecimal. */
export function digest(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
