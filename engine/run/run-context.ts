import type { Masker } from "../notebook/secrets/masker.js";
import type { Emit } from "../observe/bus.js";
import type { PlanContext } from "../plan/plan-run.js";
import type { TaskRecord } from "../plan/types.js";
import type { JsonValue, Project } from "../project/types.js";
import type { Artist } from "../report/artist.js";
import type { Store } from "../store/store.js";
import type { Lock } from "./lock/lock.js";
import type { OutputPlace } from "./output-place.js";
import type { WorkersAhead } from "./workers/workers-ahead.js";

/** All that the tasks of one run share. Everything that touches the world comes in here. */
export type RunContext = {
  readonly project: Project;
  readonly runId: string;
  /** Absolute path of `.stitchbook/`. */
  readonly stateFolder: string;
  /** Where artifacts appear. */
  readonly place: OutputPlace;
  /** `--param` values, which mark every record of the run. */
  readonly overrides: readonly string[];
  /** Task -> value of every declared parameter. */
  readonly parameters: ReadonlyMap<string, Readonly<Record<string, JsonValue>>>;
  /** Records as they are now; replaced as tasks are published. */
  readonly records: Map<string, TaskRecord>;
  /** What decisions and fingerprints rest on. */
  readonly plan: PlanContext;
  readonly store: Store;
  readonly storeUse: StoreUse;
  /** Absolute path of the bundled worker. */
  readonly workerFile: string;
  readonly lock: Lock;
  readonly emit: Emit;
  readonly env: NodeJS.ProcessEnv;
  /** Hides the secrets of all stages. */
  readonly masker: Masker;
  readonly signal: AbortSignal;
  /** A task's own signal, aborted to stop what it runs. */
  readonly signalOf?: (task: string) => AbortSignal;
  readonly now: () => number;
  readonly random: () => number;
  readonly ahead: WorkersAhead;
  readonly artist: Artist;
  /** Task -> its view, being written. */
  readonly views: Map<string, Promise<void>>;
};

/** What a run did with the store so far. */
export type StoreUse = { addedBytes: number; hasWarned: boolean };
