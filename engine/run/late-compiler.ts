import { join } from "node:path";
import { compileNotebooks } from "../notebook/compile/compile-notebooks.js";
import type { CompiledNotebook } from "../notebook/types.js";
import { ProjectError } from "../project/problems.js";
import type { Stage } from "../project/types.js";

/**
 * Makes a function that gives a stage's notebook, compiled. What the plan did not expect to execute is compiled when it
 * is asked for, one notebook at a time: tasks whose stored result turns out to be damaged, and those behind them.
 *
 * @param foreseen - notebook file -> compiled: all that the plan expected
 * @throws ProjectError (the function) where the notebook has a type error
 */
export function createLateCompiler(foreseen: Promise<ReadonlyMap<string, CompiledNotebook>>, { root, stateFolder }: { readonly root: string; readonly stateFolder: string }): (stage: Stage) => Promise<CompiledNotebook> {
  const late = new Map<string, Promise<CompiledNotebook>>();
  let last: Promise<unknown> = foreseen;
  const compile = async (stage: Stage): Promise<CompiledNotebook> => {
    const { compiled, problems } = await compileNotebooks({ root, notebooks: [stage], cacheFolder: join(stateFolder, "cache") });
    if (problems.some((problem) => problem.severity === "error")) throw new ProjectError(problems);
    const notebook = compiled.get(stage.file);
    if (notebook === undefined) throw new Error(`Internal error: ${stage.file} was not compiled`);
    return notebook;
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
