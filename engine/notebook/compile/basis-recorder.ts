import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { NotebookTraces } from "./convert-notebook.js";
import type { TypeScript } from "./load-tslab.js";
import { digest, digestFile, type Basis } from "./notebook-cache.js";
import { packageFolders } from "./package-folders.js";
import { findPackageJson, isLocalSpecifier, packageNameOf, resolveLocal, toProjectPath } from "./resolve-local.js";
import { dataModule } from "./type-only-module.js";

export type RecorderOptions = {
  readonly ts: TypeScript;
  /** Absolute. */
  readonly root: string;
  /** Project path of each tsconfig file -> its SHA-256 when it was read; empty where there is none. */
  readonly configFiles: ReadonlyMap<string, string | null>;
  /** Names of the `@types` packages that are always loaded. */
  readonly ambientTypes: readonly string[];
  /** Absolute package folder of tslab. */
  readonly tslabFolder: string;
  /** Text of the module `stitchbook/data`. */
  readonly dataTypes: string | null;
};

export type BasisSubject = NotebookTraces & {
  /** Project path of each module that runs -> SHA-256 of the source that was compiled. */
  readonly modules: ReadonlyMap<string, string>;
  /** Absolute path -> digest of the text of each module whose types were checked. */
  readonly checked: ReadonlyMap<string, string>;
};

type FoundPackages = Basis["packages"];

/** Writes down what compiled notebooks rest on, so that the cache can tell later whether it still holds. */
export class BasisRecorder {
  readonly #digests = new Map<string, string | null>();
  readonly #texts = new Map<string, string | null>();
  readonly #packages = new Map<string, FoundPackages>();
  readonly #packageFiles = new Map<string, string | null>();
  constructor(private readonly options: RecorderOptions) {}

  /** @returns null where a file is not as it was when it was compiled. */
  record(subject: BasisSubject): Basis | null {
    const { root, configFiles, ambientTypes, tslabFolder } = this.options;
    const files: Record<string, string | null> = {};
    const note = (path: string): void => void (files[toProjectPath(root, path)] ??= this.#digest(path));
    if (configFiles.size === 0) files["tsconfig.json"] = null;
    for (const file of configFiles.keys()) note(join(root, file));
    note(join(tslabFolder, "package.json"));
    const ambient = this.#lookUp(".", ambientTypes.map((name) => `@types/${name}`));
    for (const [, , packageJson] of ambient) if (packageJson !== null) note(join(root, packageJson));
    for (const file of subject.files) note(this.#packageJsonOf(file) ?? file);
    for (const module of subject.modules.keys()) note(join(root, module));
    for (const [file, read] of [...configFiles, ...subject.modules]) if (files[file] !== read) return null;
    const moduleImports: [string, string, string][] = [];
    const packages = [...ambient, ...this.#lookUp(".", subject.packages)];
    for (const [path, { digest: read, specifiers }] of subject.localFiles) {
      const isUnchanged = this.#digestText(path) === read && (subject.checked.get(path) ?? read) === read;
      if (!isUnchanged) return null;
      const folder = dirname(toProjectPath(root, path));
      packages.push(...this.#lookUp(folder, specifiers.filter((text) => !isLocalSpecifier(text))));
      for (const specifier of specifiers.filter(isLocalSpecifier)) {
        const found = resolveLocal(root, folder, specifier);
        if (found.kind === "found") moduleImports.push([folder, specifier, found.path]);
      }
    }
    return { files, cellImports: [...subject.cellImports], moduleImports, packages, dataTypes: usesDataTypes(subject) ? digest(this.options.dataTypes ?? "") : null };
  }

  #digest(path: string): string | null {
    return remember(this.#digests, path, () => digestFile(path));
  }

  /** Digest of a file's text as TypeScript would read it now. */
  #digestText(path: string): string | null {
    return remember(this.#texts, path, () => {
      const text = this.options.ts.sys.readFile(path);
      return text === undefined ? null : digest(text);
    });
  }

  /** Where packages and the types made for them are found now. Cells look from the root. */
  #lookUp(folder: string, specifiers: Iterable<string>): FoundPackages {
    const { root } = this.options;
    const names = new Set([...specifiers].map(packageNameOf));
    return [...names].flatMap((name) =>
      remember(this.#packages, `${folder}\0${name}`, () =>
        [name, `@types/${name.replace(/^@(.+)\/(.+)$/, "$1__$2")}`].map((each) => {
          const found = findPackageJson(packageFolders(join(root, folder)), each);
          return [folder, each, found === null ? null : toProjectPath(root, found)] as const;
        }),
      ),
    );
  }

  /** The package.json of the package that a file belongs to; null outside of `node_modules`. */
  #packageJsonOf(file: string): string | null {
    const folder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
    if (folder === undefined) return null;
    return remember(this.#packageFiles, folder, () => (existsSync(`${folder}/package.json`) ? `${folder}/package.json` : null));
  }
}

function usesDataTypes({ packages, localFiles }: BasisSubject): boolean {
  return packages.has(dataModule) || [...localFiles.values()].some(({ specifiers }) => specifiers.includes(dataModule));
}

function remember<T>(known: Map<string, T>, key: string, find: () => T): T {
  const found = known.get(key);
  if (found !== undefined) return found;
  const value = find();
  known.set(key, value);
  return value;
}
