import { join } from "node:path";
import type { Project, Stage } from "../project/types.js";
import { readStageCode, type StageCode } from "./code-closure.js";
import { createPackageReader, type PackageReader } from "./packages.js";
import { madeTestOf } from "./resolve-import.js";
import { createSourceReader } from "./source-reader.js";
import { loadStageCode, saveStageCode, stageCodeKey } from "./stored-code.js";
import { loadCodeNames, saveCodeNames, type CodeNames } from "./stored-names.js";
import type { CodePlaces } from "./explain-difference.js";

/**
 * What one plan or run need not find out twice. It trusts that sources and packages stay as they are while it lives, so
 * make a new one for each run.
 */
export type PlanCache = {
  readonly code: (project: Project, stage: Stage) => Promise<StageCode>;
  /** Where the parts of a stage's code stand, and what its modules declare and declared: to explain a change. */
  readonly places: (project: Project, stage: Stage) => Promise<Required<CodePlaces>>;
  readonly packages: PackageReader;
  /** Text of a project file that is read once; null where none is there. */
  readonly text: (path: string) => string | null;
  /** Has the code of a stage read anew. Not once it was executed: its record must tell what did. */
  readonly forget: (stage: Stage) => void;
};

export type PlanCacheOptions = {
  /** Absolute path of `.stitchbook/`, where the code of stages is kept from run to run; without it nothing is kept. */
  readonly stateFolder?: string;
  /** For `plan`, which writes nothing. */
  readonly isReadOnly?: boolean;
};

/** @param root Absolute path of the project. */
export function createPlanCache(root: string, { stateFolder, isReadOnly = false }: PlanCacheOptions = {}): PlanCache {
  const stages = new Map<string, Promise<StageCode>>();
  const texts = createSourceReader(root);
  // The same file is looked at once for all stages, until one of them is to be read anew.
  let reader = createSourceReader(root);
  const read = async (project: Project, stage: Stage): Promise<StageCode> => {
    if (stateFolder === undefined) return readStageCode(project, stage);
    const file = join(stateFolder, "code", `${stage.id}.json`);
    const key = stageCodeKey(stage);
    const stored = loadStageCode(file, key, { reader, isMade: madeTestOf(project) });
    if (stored !== null) return stored;
    const code = await readStageCode(project, stage);
    if (!isReadOnly) {
      saveStageCode(file, key, code);
      saveCodeNames(namesFile(stateFolder, stage), key, code);
    }
    return code;
  };
  const code = (project: Project, stage: Stage) => {
    const known = stages.get(stage.id) ?? read(project, stage);
    stages.set(stage.id, known);
    return known;
  };
  const packages = createPackageReader(root);
  const places = new Map<string, Promise<Required<CodePlaces>>>();
  const locate = async (project: Project, stage: Stage): Promise<Required<CodePlaces>> => {
    const found = await code(project, stage);
    const names: CodeNames = stateFolder === undefined ? { present: found.names ?? {}, earlier: {} } : loadCodeNames(namesFile(stateFolder, stage), stageCodeKey(stage), found.names);
    return { cells: found.cells, reachedFrom: found.reachedFrom, names, packages: packages.trace(found.packages) };
  };
  return {
    packages,
    text: (path) => texts.read(path),
    forget: (stage) => {
      stages.delete(stage.id);
      places.delete(stage.id);
      reader = createSourceReader(root);
    },
    code,
    places(project, stage) {
      const known = places.get(stage.id) ?? locate(project, stage);
      places.set(stage.id, known);
      return known;
    },
  };
}

/** Ids hold no dot, so no stage's code can have this name. */
function namesFile(stateFolder: string, stage: Stage): string {
  return join(stateFolder, "code", `${stage.id}.names.json`);
}
