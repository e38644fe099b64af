import type * as typescript from "@tslab/typescript-for-tslab";
import type { Problem } from "../../project/types.js";
import type { CellConverter, LoadedProgram } from "./cell-converter.js";
import { listErrors, toModuleProblems } from "./diagnostics.js";
import { listDependencies, resolvedImports } from "./file-dependencies.js";
import type { TypeScript } from "./load-tslab.js";
import { isLocalFile } from "./module-resolver.js";
import { digest } from "./notebook-cache.js";
import { toProjectPath } from "./resolve-local.js";

/** What one notebook imports. */
export type ModuleContext = {
  /** Project path. */
  readonly notebook: string;
  /** As from the root. */
  readonly specifiers: readonly string[];
};

export type ModuleChecks = {
  /** Project path of a notebook -> absolute path of each local module that it reaches -> the module's problems. */
  readonly problems: ReadonlyMap<string, ReadonlyMap<string, readonly Problem[]>>;
  /** Absolute path of each module -> digest of the text that was checked. */
  readonly digests: ReadonlyMap<string, string>;
};

export type CheckOptions = {
  readonly ts: TypeScript;
  /** Absolute. */
  readonly root: string;
  readonly converter: CellConverter;
};

/** A notebook with what it reaches. */
type Reach = ModuleContext & {
  /** Absolute. */
  readonly files: ReadonlySet<string>;
  /** Those of them that change what others mean which do not import them. */
  readonly ambient: string;
};

/**
 * Checks the types of all local modules that notebooks reach.
 *
 * What is found of a module depends on the module and on what its notebook imports, never on other notebooks: modules
 * are checked together only where the same files reach into the global scope, and a module that has errors is checked
 * once more in a program of its own, since their wording can depend on what the checker has seen before.
 */
export function checkModules(options: CheckOptions, contexts: readonly ModuleContext[]): ModuleChecks {
  const loaded = loadAll(options, contexts);
  const reaches = contexts.map((context) => ({ ...context, ...reachFrom(options, loaded, context.specifiers) }));
  const groups = new Map<string, Reach[]>();
  for (const reach of reaches) groups.set(reach.ambient, [...(groups.get(reach.ambient) ?? []), reach]);
  const digests = new Map<string, string>();
  const problems = new Map<string, ReadonlyMap<string, readonly Problem[]>>();
  for (const group of groups.values()) {
    const { program } = groups.size === 1 ? loaded : loadAll(options, group);
    const modules = listModules(options, program, group);
    const faulty = modules.filter((file) => listErrors(program, file).length > 0);
    for (const file of modules) digests.set(file.fileName, digest(file.text));
    for (const reach of group) {
      const reached = modules.filter(({ fileName }) => reach.files.has(fileName));
      problems.set(reach.notebook, new Map(reached.map((file) => [file.fileName, findProblems(options, { file, reach, isFaulty: faulty.includes(file) })])));
    }
  }
  return { problems, digests };
}

function loadAll({ converter }: CheckOptions, contexts: readonly ModuleContext[]): LoadedProgram {
  return converter.load([...new Set(contexts.flatMap(({ specifiers }) => specifiers))].sort());
}

function reachFrom({ ts, converter }: CheckOptions, { program, importer }: LoadedProgram, specifiers: readonly string[]): Pick<Reach, "files" | "ambient"> {
  const asked = new Set(specifiers);
  const starts = resolvedImports(importer).flatMap(([specifier, path]) => (asked.has(specifier) ? (program.getSourceFile(path) ?? []) : []));
  const files = listDependencies(program, ...starts);
  const ambient = files.filter((path) => {
    const file = converter.baseFiles.has(path) ? undefined : program.getSourceFile(path);
    return file !== undefined && isAmbient(ts, file);
  });
  return { files: new Set(files), ambient: ambient.sort().join("\0") };
}

/** The local modules among what notebooks reach, in code-unit order. */
function listModules({ root }: CheckOptions, program: typescript.Program, group: readonly Reach[]): typescript.SourceFile[] {
  const paths = new Set(group.flatMap(({ files }) => [...files]).filter((path) => isLocalFile(root, path)));
  return [...paths].sort().flatMap((path) => {
    const file = program.getSourceFile(path);
    return file === undefined || program.isSourceFileFromExternalLibrary(file) ? [] : [file];
  });
}

type Finding = { readonly file: typescript.SourceFile; readonly reach: Reach; readonly isFaulty: boolean };

function findProblems(options: CheckOptions, { file, reach, isFaulty }: Finding): readonly Problem[] {
  const { ts, root, converter } = options;
  if (!isFaulty) return toModuleProblems(ts, root, { file, diagnostics: [] });
  const own = [`./${toProjectPath(root, file.fileName)}`];
  const alone = converter.load(own);
  const isSameScope = reachFrom(options, alone, own).ambient === reach.ambient;
  const { program } = isSameScope ? alone : converter.load(reach.specifiers);
  const found = program.getSourceFile(file.fileName);
  if (found === undefined) throw new Error(`Internal error: ${file.fileName} does not import itself`);
  return toModuleProblems(ts, root, { file: found, diagnostics: listErrors(program, found) });
}

/** True for scripts, which share their declarations with all, and for modules that augment what is not theirs. */
function isAmbient(ts: TypeScript, file: typescript.SourceFile): boolean {
  if (file.fileName.endsWith(".json")) return false;
  if (!ts.isExternalModule(file) || file.libReferenceDirectives.length > 0) return true;
  return file.statements.some((statement) => {
    if (ts.isNamespaceExportDeclaration(statement)) return true;
    return ts.isModuleDeclaration(statement) && (ts.isStringLiteral(statement.name) || (statement.flags & ts.NodeFlags.GlobalAugmentation) !== 0);
  });
}
