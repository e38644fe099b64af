import type { Cell, Problem } from "../../project/types.js";
import type { CompiledCell } from "../types.js";
import type { CellConverter } from "./cell-converter.js";
import { compileCell, type CellSequence } from "./compile-cell.js";
import type { TypeScript } from "./load-tslab.js";
import { digest } from "./notebook-cache.js";
import { listSpecifiers } from "./specifiers.js";

export type NotebookSource = {
  /** Project path. */
  readonly file: string;
  readonly cells: readonly Cell[];
};

/** A file of the project as TypeScript read it. */
export type LocalFile = {
  readonly digest: string;
  readonly specifiers: readonly string[];
  /** False for what stands for a package. */
  readonly isModule: boolean;
};

/** What one notebook was seen to rest on. */
export type NotebookTraces = {
  /** Absolute paths of all files that its types rest on. */
  readonly files: ReadonlySet<string>;
  /** Those of them that are the project's own. */
  readonly localFiles: ReadonlyMap<string, LocalFile>;
  /** Local specifiers of cells -> project path. */
  readonly cellImports: ReadonlyMap<string, string>;
  /** Specifiers of packages in cells. */
  readonly packages: ReadonlySet<string>;
};

/** A notebook whose cells are compiled, before its modules are looked at. */
export type ConvertedNotebook = {
  readonly cells: readonly CompiledCell[];
  /** Those of the cells. */
  readonly problems: readonly Problem[];
  readonly traces: NotebookTraces;
};

export type ConvertOptions = {
  readonly ts: TypeScript;
  /** Absolute. */
  readonly root: string;
  readonly converter: CellConverter;
};

/** Checks and compiles the cells of a notebook, in order. */
export function convertNotebook({ ts, root, converter }: ConvertOptions, { file, cells }: NotebookSource): ConvertedNotebook {
  const sequence: CellSequence = { root, notebook: file, converter, declarations: "", missingNames: new Set() };
  const compiled: CompiledCell[] = [];
  const problems: Problem[] = [];
  const files = new Set<string>();
  const cellImports = new Map<string, string>();
  const packages = new Set<string>();
  for (const cell of cells.filter(({ type }) => type === "code")) {
    const done = compileCell(sequence, cell);
    if (done.compiled !== null) compiled.push(done.compiled);
    problems.push(...done.problems);
    for (const path of done.files) if (!isOwnFile(path)) files.add(path);
    for (const [specifier, path] of done.specifiers) cellImports.set(specifier, path);
    for (const specifier of done.packages) packages.add(specifier);
  }
  return { cells: compiled, problems, traces: { files, localFiles: describeLocalFiles(ts, converter, files), cellImports, packages } };
}

function describeLocalFiles(ts: TypeScript, { localFiles }: CellConverter, files: ReadonlySet<string>): ReadonlyMap<string, LocalFile> {
  return new Map(
    [...files].flatMap((path) => {
      const found = localFiles.get(path);
      if (found === undefined) return [];
      const specifiers = path.endsWith(".json") ? [] : listSpecifiers(ts, found.file).flatMap(({ text }) => (text === null ? [] : [text]));
      return [[path, { digest: digest(found.file.text), specifiers, isModule: found.isModule }] as const];
    }),
  );
}

function isOwnFile(path: string): boolean {
  return /\/(__tslab__\.ts|__prev__\.d\.ts|__stitchbook_data__\.d\.ts)$/.test(path);
}
