import { join } from "node:path";
import type { Project, Stage } from "../project/types.js";
import { readStageCode, type StageCode } from "./code-closure.js";
import { createPackageReader, type PackageReader } from "./packages.js";
import { loadStageCode, saveStageCode, stageCodeKey } from "./stored-code.js";

/**
 * What one plan or run need not find out twice. It trusts that sources and packages stay as they are while it lives, so
 * make a new one for each run.
 */
export type PlanCache = {
  readonly code: (project: Project, stage: Stage) => Promise<StageCode>;
  readonly packages: PackageReader;
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
  const read = async (project: Project, stage: Stage): Promise<StageCode> => {
    if (stateFolder === undefined) return readStageCode(project, stage);
    const file = join(stateFolder, "code", `${stage.id}.json`);
    const key = stageCodeKey(project, stage);
    const stored = loadStageCode(file, key, root);
    if (stored !== null) return stored;
    const code = await readStageCode(project, stage);
    if (!isReadOnly) saveStageCode(file, key, code);
    return code;
  };
  return {
    packages: createPackageReader(root),
    code(project, stage) {
      const known = stages.get(stage.id) ?? read(project, stage);
      stages.set(stage.id, known);
      return known;
    },
  };
}
