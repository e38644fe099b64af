import { join } from "node:path";
import { bundlePackages, makeBundleFolder } from "../notebook/compile/bundle-packages.js";
import type { compileNotebooks, SourceDigests } from "../notebook/compile/compile-notebooks.js";
import type { CompiledNotebook } from "../notebook/types.js";
import type { StageCode } from "../plan/code-closure.js";
import type { PlanCache } from "../plan/plan-cache.js";
import { makeError, ProjectError } from "../project/problems.js";
import { describeRowTypes } from "../project/row-types/row-types.js";
import type { Project, Stage } from "../project/types.js";

export type StageCompiling = {
  readonly project: Project;
  /** Absolute path of `.stitchbook/`. */
  readonly stateFolder: string;
  readonly signal: AbortSignal;
  readonly compile: typeof compileNotebooks;
  /** Knows the code that fingerprints were taken of. */
  readonly cache: PlanCache;
};

/** How often sources are read anew before it is given up. */
export const mostReadings = 5;

/** A source is no longer what the fingerprint was taken of: both must be made anew. */
export class SourceMovedError extends Error {
  override readonly name = "SourceMovedError";
  /** @param path - project path */
  constructor(readonly path: string) {
    super(`${path} was edited while it was read`);
  }

  /** For a source that never keeps still. */
  toProjectError(): ProjectError {
    return new ProjectError([makeError({ code: "unsteady-source", place: { file: this.path }, message: "this file changed again and again while it was read", hint: "let nothing write to it, then run again" })]);
  }
}

/**
 * Compiles stages from the very sources that their fingerprints were taken of, so that no record can tell of other code
 * than what executes. Afterwards nothing of the project's own code is read any more: later edits are for the next run.
 *
 * @returns notebook file -> compiled
 * @throws ProjectError with every error of the code
 * @throws SourceMovedError where a source was edited between the two readings
 */
export async function compileStages({ project, stateFolder, signal, compile, cache }: StageCompiling, stages: readonly Stage[]): Promise<ReadonlyMap<string, CompiledNotebook>> {
  if (stages.length === 0) return new Map();
  const { compiled, sources, problems } = await compile({ root: project.root, notebooks: stages, cacheFolder: join(stateFolder, "cache"), dataTypes: describeRowTypes(project), signal });
  if (problems.some((problem) => problem.severity === "error")) throw new ProjectError(problems);
  for (const stage of stages) {
    const notebook = compiled.get(stage.file);
    const moved = notebook === undefined ? null : findMoved(await cache.code(project, stage), notebook, sources.get(stage.file) ?? null);
    if (moved !== null) throw new SourceMovedError(moved);
  }
  return withPackages(project.root, compiled);
}

/** Notebooks that import the same packages share a bundle, which is made once: one after the other. */
async function withPackages(root: string, compiled: ReadonlyMap<string, CompiledNotebook>): Promise<ReadonlyMap<string, CompiledNotebook>> {
  const folder = makeBundleFolder(root);
  const complete = new Map<string, CompiledNotebook>();
  for (const [file, notebook] of compiled) complete.set(file, { ...notebook, packages: await bundlePackages(notebook, { root, folder }) });
  return complete;
}

/**
 * Makes a function that gives a stage's notebook, compiled. What the plan did not expect to execute is compiled when it
 * is asked for, one notebook at a time: tasks whose inputs were edited since, or whose stored result turns out to be
 * damaged, and those behind them. Where its sources were edited since the plan was made, its code is read anew as well.
 *
 * @param foreseen - notebook file -> compiled: all that the plan expected
 * @throws ProjectError (the function) with every error of the code
 */
export function createLateCompiler(foreseen: Promise<ReadonlyMap<string, CompiledNotebook>>, compiling: StageCompiling): (stage: Stage) => Promise<CompiledNotebook> {
  const late = new Map<string, Promise<CompiledNotebook>>();
  let last: Promise<unknown> = foreseen;
  const compile = async (stage: Stage): Promise<CompiledNotebook> => {
    for (let reading = 1; ; reading += 1) {
      try {
        const notebook = (await compileStages(compiling, [stage])).get(stage.file);
        if (notebook === undefined) throw new Error(`Internal error: ${stage.file} was not compiled`);
        return notebook;
      } catch (error) {
        if (!(error instanceof SourceMovedError)) throw error;
        if (reading === mostReadings) throw error.toProjectError();
        compiling.cache.forget(stage);
      }
    }
  };
  return async (stage) => {
    const expected = (await foreseen).get(stage.file);
    if (expected !== undefined) return expected;
    const asked = late.get(stage.file) ?? last.then(() => compile(stage));
    late.set(stage.file, asked);
    last = asked.catch(() => undefined);
    return asked;
  };
}

/** The first source that the compiler saw in another state than the fingerprint. */
function findMoved(code: StageCode, notebook: CompiledNotebook, sources: SourceDigests | null): string | null {
  if (sources === null) return notebook.notebook;
  const seen = new Map(code.seen);
  for (const [path, digest] of Object.entries(sources)) {
    const expected = seen.get(path);
    if (expected === undefined) continue;
    if (expected === "present" ? digest === null : digest !== expected) return path;
  }
  // What executes must have been counted.
  return notebook.modules.find(({ path }) => !isDigest(seen.get(path)))?.path ?? null;
}

function isDigest(seen: string | null | undefined): boolean {
  return typeof seen === "string" && seen !== "present";
}
