import { join } from "node:path";
import { checkArtifacts, createDigester, statesTimeMs, type KnownFile } from "../checkpoint/artifact-check.js";
import { createPlanCache } from "../plan/plan-cache.js";
import type { PlanContext } from "../plan/plan-run.js";
import type { TaskRecord } from "../plan/types.js";
import { ProjectError } from "../project/problems.js";
import { resolveParameters } from "../project/parameters/parameter-values.js";
import type { Project, Task } from "../project/types.js";
import { openStore } from "../store/store.js";
import { foreseeStored, storeFolderName } from "./find-stored.js";
import { findMissing } from "./missing-inputs.js";
import { framePath, gatherReportInputs } from "./report-inputs.js";

export type PlanProjectOptions = {
  /** Absolute path of `.stitchbook/`. */
  readonly stateFolder: string;
  readonly records: ReadonlyMap<string, TaskRecord>;
  readonly env: NodeJS.ProcessEnv;
  /** `name=value` or `stage.name=value`, as given with `--param`. */
  readonly overrides: readonly string[];
  /** Tasks to run whatever is there. */
  readonly force: ReadonlySet<string>;
  readonly now: number;
  /** True for commands that write nothing. */
  readonly isReadOnly: boolean;
  /** The tasks that it is about; all where absent. */
  readonly selected?: readonly Task[];
  /** True where no recorded state of a file is to be trusted: every digest is computed. */
  readonly rehash?: boolean;
};

/**
 * Gathers what planning a project rests on.
 *
 * @throws ProjectError where a parameter's value does not fit its type
 */
export function createPlanContext(project: Project, options: PlanProjectOptions): PlanContext {
  const { stateFolder, records, env, overrides, force, now, isReadOnly, selected = project.tasks, rehash = false } = options;
  const { values, problems } = resolveParameters(project, overrides);
  if (problems.some((problem) => problem.severity === "error")) throw new ProjectError(problems);
  const cache = createPlanCache(project.root, { stateFolder, isReadOnly });
  const store = openStore({ folder: join(stateFolder, storeFolderName) });
  return {
    project,
    parameters: values,
    records,
    env,
    now,
    force,
    digest: createDigester(project.root, rehash ? [] : knownFiles(project, records), 0),
    artifactsMatch: (record) => checkArtifacts(project.root, record, { rehash }),
    reportInputs: async (task, foreseen) => {
      const { partials, frame, embedded, quotedStages, recalled, notes } = await gatherReportInputs(project, task.node, { records: { get: (id) => foreseen.get(id) ?? records.get(id) }, text: cache.text, stateFolder });
      return { partials: frame === null ? partials : { ...partials, [framePath]: frame }, embedded: [...embedded.values()], quotedStages, ...(recalled.quoted === undefined ? {} : { quotedPrevious: recalled.quoted }), ...(notes === "" ? {} : { notes }) };
    },
    stored: (task, fingerprint) => foreseeStored({ project, cache, store }, task, fingerprint),
    cache,
    selected,
    ...(selected.length === project.tasks.length ? {} : { findMissing: async () => findMissing(project, selected, records) }),
  };
}

/** Files whose digests are on record, with the states by which these may be trusted. */
function knownFiles({ tasks }: Project, records: ReadonlyMap<string, TaskRecord>): (KnownFile & { readonly recordedAtMs: number })[] {
  return tasks.flatMap(({ id }) => {
    const record = records.get(id);
    if (record === undefined) return [];
    const recordedAtMs = statesTimeMs(record);
    return [...record.artifacts, ...record.inputs].map(({ path, sha256, state }) => ({ path, sha256, state, recordedAtMs }));
  });
}
