import type * as typescript from "@tslab/typescript-for-tslab";
import { readFileState, sameState, type FileState } from "../../project/file-state.js";

/** What one converter takes of the files that are kept. */
export type PackageFilesView = {
  /** Has a compiler's host give kept files for those of packages. A host that serves them already stays as it is. */
  readonly serve: (host: typescript.CompilerHost) => void;
};

type GetSourceFile = typescript.CompilerHost["getSourceFile"];
type GetSourceFileByPath = NonNullable<typescript.CompilerHost["getSourceFileByPath"]>;

type Kept = { readonly file: typescript.SourceFile; readonly state: FileState };

/**
 * The type declarations of packages and of TypeScript itself, parsed and bound, from one compilation to the next: most of
 * what a compilation has to read. Files of the project are never among them, and module resolution starts anew each
 * time; so all that can differ from a first compilation is the text of these files, whose states are compared.
 */
export class PackageFiles {
  #options = "";
  readonly #kept = new Map<string, Kept>();

  /** How many files are kept. */
  get size(): number {
    return this.#kept.size;
  }

  /**
   * Forgets what has changed on the disk, and all where the compiler's options are others.
   *
   * @param toReal Where the path of a file really leads.
   */
  open(options: typescript.CompilerOptions, toReal: (path: string) => string): PackageFilesView {
    const key = JSON.stringify(options);
    if (key !== this.#options) this.#kept.clear();
    this.#options = key;
    for (const [path, { state }] of this.#kept) if (!sameState(state, readFileState(toReal(path)))) this.#kept.delete(path);
    const served = new WeakSet<object>();
    return {
      serve: (host) => {
        if (served.has(host)) return;
        served.add(host);
        const { getSourceFile, getSourceFileByPath } = host;
        const keep = (path: string, read: () => ReturnType<GetSourceFile>): ReturnType<GetSourceFile> => this.#take(path, toReal(path), read);
        const get: GetSourceFile = (path, ...others) => keep(path, () => getSourceFile.call(host, path, ...others));
        const getByPath: GetSourceFileByPath = (path, ...others) => keep(path, () => getSourceFileByPath?.call(host, path, ...others));
        Object.assign(host, { getSourceFile: get, ...(getSourceFileByPath === undefined ? {} : { getSourceFileByPath: getByPath }) });
      },
    };
  }

  #take(path: string, real: string, read: () => ReturnType<GetSourceFile>): ReturnType<GetSourceFile> {
    if (!isOfPackage(path)) return read();
    const kept = this.#kept.get(path);
    if (kept !== undefined) return kept.file;
    const before = readFileState(real);
    const file = read();
    if (file !== undefined && before !== null && sameState(before, readFileState(real))) this.#kept.set(path, { file, state: before });
    return file;
  }
}

/** Declarations only: what else lies there may be checked as code. */
function isOfPackage(path: string): boolean {
  return path.includes("/node_modules/") && /\.d\.[cm]?ts$/.test(path);
}
