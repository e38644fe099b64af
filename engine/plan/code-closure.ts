import { posix } from "node:path";
import { isBuiltin } from "node:module";
import type { Cell, Problem, Project, Stage } from "../project/types.js";
import { bundleModules, type ModuleBundle, type ModuleUse } from "./bundle-modules.js";
import { hashText } from "./canonical.js";
import { readEmitOptions } from "./compiler-options.js";
import { readCellCode, type CellCode } from "./cell-code.js";
import { describeImportProblem, describeUnknownImport } from "./import-problems.js";
import { readInlinedConstants } from "./inlined-constants.js";
import { listImports, type ImportUse } from "./list-imports.js";
import { nameModules, type ModuleNames } from "./module-names.js";
import type { PackageUse } from "./module-plugin.js";
import { madeTestOf, isRelative, isUnsupported, resolveImport, type ResolveContext } from "./resolve-import.js";
import { createSourceReader } from "./source-reader.js";
import { parseSource } from "./typescript-parser.js";
import type { FingerprintParts } from "./types.js";

/** A stage's code, as it would run. */
export type StageCode = {
  /** `code:cell 1` for the first code cell that runs anything, and so on; `code:<module>`; `code:bundle` over all modules. */
  readonly parts: FingerprintParts;
  /** Position among all cells of each cell that `parts` counts. */
  readonly cells: readonly number[];
  /** Local module -> positions of the cells that lead to it. */
  readonly reachedFrom: Readonly<Record<string, readonly number[]>>;
  readonly packages: readonly PackageUse[];
  /** What modules declare, for reasons; absent in stored code, which has it in a file of its own. */
  readonly names?: ModuleNames;
  readonly problems: readonly Problem[];
  /** Project paths that the answer rests on -> digest, "present", or null where nothing is. */
  readonly seen: readonly (readonly [string, string | null])[];
};

/**
 * Reads what of a stage's code counts: its cells, and the local modules they reach, without comments, formatting, types
 * and unused exports.
 *
 * The `parameters` cell is left out, since the values of its names stand in the fingerprint by themselves, and option
 * lines are comments.
 */
export async function readStageCode(project: Project, stage: Stage): Promise<StageCode> {
  const context = { reader: createSourceReader(project.root), isMade: madeTestOf(project) };
  const all = await Promise.all(stage.cells.filter(isExecuted).map(readCellCode));
  const cells = all.filter((cell) => cell.text !== "");
  const links = linkCells(stage, cells, context);
  const bundle = await bundleModules(project.root, mergeUses(links.uses), context);
  return {
    parts: {
      ...readEmitOptions(project.root, context.reader),
      ...Object.fromEntries(cells.map((cell, index) => [`code:cell ${index + 1}`, hashText(cell.text)])),
      ...Object.fromEntries([...bundle.modules].map(([path, text]) => [`code:${path}`, hashText(text)])),
      ...(bundle.text === "" ? {} : { "code:bundle": hashText(bundle.text) }),
      ...readInlinedConstants(stage.cells.filter(isExecuted).map(({ source }) => source), [posix.dirname(stage.file), ""], context),
    },
    cells: cells.map((cell) => cell.position),
    reachedFrom: traceModules(links.uses, bundle),
    packages: [...links.packages, ...bundle.packages],
    names: nameModules(bundle, links.uses),
    problems: [...links.problems, ...bundle.problems, ...findUnknownImports(bundle, context)],
    seen: [...context.reader.seen],
  };
}

function isExecuted(cell: Cell): boolean {
  return cell.type === "code" && !cell.options.tags.includes("parameters");
}

type CellUse = ModuleUse & { readonly cell: number };

type CellLinks = { readonly uses: readonly CellUse[]; readonly packages: readonly PackageUse[]; readonly problems: readonly Problem[] };

/** Follows the imports of the cells to modules and packages. */
function linkCells(stage: Stage, cells: readonly CellCode[], context: ResolveContext): CellLinks {
  const uses: CellUse[] = [];
  const packages: PackageUse[] = [];
  const problems: Problem[] = [];
  const folder = posix.dirname(stage.file);
  for (const cell of cells) {
    const placeOf = ({ line, column }: { line: number; column: number }) => ({ file: stage.file, cell: cell.position, line, column });
    problems.push(...cell.unknown.map((unknown) => describeUnknownImport(unknown, placeOf(unknown))));
    for (const use of cell.uses) {
      const found = followImport(use, folder, context);
      if (found === "package") packages.push({ specifier: use.specifier, importer: stage.file });
      else if (found === "built-in" || found.kind === "types") continue;
      else if (found.kind === "local") uses.push({ path: found.path, names: use.names, cell: cell.position });
      else problems.push(describeImportProblem(use.specifier, found, placeOf(use)));
    }
  }
  return { uses, packages, problems };
}

function followImport({ specifier }: ImportUse, folder: string, context: ResolveContext) {
  if (isRelative(specifier)) return resolveImport(specifier, [folder, ""], context);
  if (isUnsupported(specifier, context.reader)) return { kind: "unsupported" } as const;
  return isBuiltin(specifier) ? ("built-in" as const) : ("package" as const);
}

/** One entry for each module, in the order in which cells first name them. */
function mergeUses(uses: readonly CellUse[]): ModuleUse[] {
  const names = new Map<string, Set<string>>();
  for (const use of uses) {
    const known = names.get(use.path) ?? new Set<string>();
    names.set(use.path, known);
    for (const name of use.names) known.add(name);
  }
  return [...names].map(([path, taken]) => ({ path, names: [...taken].sort() }));
}

function traceModules(uses: readonly CellUse[], bundle: ModuleBundle): Record<string, number[]> {
  const reached = new Map<string, Set<number>>();
  const visit = (path: string, cell: number): void => {
    const cells = reached.get(path) ?? new Set<number>();
    if (cells.has(cell)) return;
    reached.set(path, cells.add(cell));
    for (const next of bundle.imports.get(path) ?? []) visit(next, cell);
  };
  for (const use of uses) visit(use.path, use.cell);
  return Object.fromEntries([...reached].map(([path, cells]) => [path, [...cells].sort((a, b) => a - b)]));
}

/** Looks for imports without a literal in modules whose reached code seems to hold one. */
function findUnknownImports(bundle: ModuleBundle, context: ResolveContext): Problem[] {
  return [...bundle.modules].flatMap(([file, text]) => {
    if (file.endsWith(".json") || !/\bimport\((?!")|\b__require\d*(?!\d*\(")|\bglob(Import|Require)/.test(text)) return [];
    const { unknown } = listImports(parseSource(file, context.reader.read(file) ?? ""));
    return unknown.map((found) => describeUnknownImport(found, { file, line: found.line, column: found.column }));
  });
}
