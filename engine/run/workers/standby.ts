import { hash } from "node:crypto";
import { readFolderState } from "../../project/file-state.js";
import type { ExecutionRequest } from "../../notebook/types.js";
import { removeTaskFolder } from "../task-folder/task-folder.js";
import type { Station } from "./workers-ahead.js";

/** Stations whose workers wait, prepared, from one run to the next. Each serves one attempt of the task it was prepared for. */
export type Standby = {
  readonly has: (task: string) => boolean;
  /** Absolute paths of their folders. */
  readonly folders: ReadonlySet<string>;
  /**
   * Takes the station of a task out.
   *
   * @param key As `describeStation` gives it; a station that was prepared for anything else is closed.
   * @returns null where none waits that is as good as a new one
   */
  readonly take: (task: string, key: string) => Promise<Station | null>;
};

type Waiting = { readonly station: Station; readonly key: string; readonly inode: string | null };

/** Names all that a prepared worker may already have read. @param request Without its folder, which is each station's own. */
export function describeStation(request: ExecutionRequest, surroundings: unknown): string {
  return hash("sha256", JSON.stringify([{ ...request, folder: "" }, surroundings]), "hex");
}

/** The stations of a process that runs a project again and again. */
export class StandbyStations implements Standby {
  readonly #waiting = new Map<string, Waiting>();
  #isClosed = false;

  get folders(): ReadonlySet<string> {
    return new Set([...this.#waiting.values()].map(({ station }) => station.folder));
  }

  has(task: string): boolean {
    return this.#waiting.has(task);
  }

  /** Lets a station wait; one that waits for the same task already is closed. */
  async add(task: string, { station, key }: { readonly station: Station; readonly key: string }): Promise<void> {
    if (this.#isClosed) return closeWaiting(station);
    const earlier = this.#waiting.get(task);
    this.#waiting.set(task, { station, key, inode: readFolderState(station.folder)?.inode ?? null });
    if (earlier !== undefined) await closeWaiting(earlier.station);
  }

  async take(task: string, key: string): Promise<Station | null> {
    const found = this.#waiting.get(task);
    if (found === undefined) return null;
    this.#waiting.delete(task);
    // Another run that held the project meanwhile took the folder for one that was left behind.
    const isThere = found.inode !== null && readFolderState(found.station.folder)?.inode === found.inode;
    if (found.key === key && isThere && found.station.worker.isAlive) return found.station;
    await closeWaiting(found.station);
    return null;
  }

  /** Closes the stations of tasks that are not among those given. */
  async keepOnly(tasks: ReadonlySet<string>): Promise<void> {
    const gone = [...this.#waiting].filter(([task]) => !tasks.has(task));
    for (const [task] of gone) this.#waiting.delete(task);
    await Promise.all(gone.map(([, { station }]) => closeWaiting(station)));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.keepOnly(new Set());
  }
}

async function closeWaiting({ worker, folder }: Station): Promise<void> {
  await worker.end();
  await removeTaskFolder(folder);
}
