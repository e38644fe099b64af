import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseNotebook, type SourceCell } from "../../../project/notebook-source.js";

/** Finds executed cells in the notebook as it was saved last, to tell their places as a run would. */
export class NotebookCells {
  #stamp = "";
  #cells: readonly SourceCell[] = [];
  #last = 0;

  /** @param root Absolute. @param file Project path of the notebook. */
  constructor(
    private readonly root: string,
    readonly file: string,
  ) {}

  /**
   * @param id As the client names the cell; null where it does not.
   * @returns null where the cell is not there: it was never saved, or was edited since
   */
  find(source: string, id: string | null): SourceCell | null {
    this.#read();
    const code = this.#cells.filter(({ type }) => type === "code");
    const named = id === null ? undefined : code.find((cell) => cell.id === id);
    const same = code.filter((cell) => cell.source === source);
    // Of cells with the same text the one after that which was executed last.
    const found = named ?? same.find(({ position }) => position > this.#last) ?? same[0] ?? null;
    if (found !== null) this.#last = found.position;
    return found;
  }

  #read(): void {
    const path = join(this.root, this.file);
    const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
    const stamp = stats === undefined ? "" : `${stats.ino} ${stats.size} ${stats.mtimeNs}`;
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    this.#cells = stats === undefined ? [] : parseNotebook(this.file, readFileSync(path, "utf8")).cells;
  }
}

/**
 * The notebook among a project's stages that an executed cell is of.
 *
 * @param stages Those that it can be.
 * @returns null where none, or more than one, has such a cell
 */
export function findNotebookOf<T extends { readonly cells: readonly { readonly type: string; readonly source: string }[] }>(stages: readonly T[], source: string): T | null {
  const wanted = source.replace(/\r\n?/g, "\n");
  const found = stages.filter(({ cells }) => cells.some((cell) => cell.type === "code" && cell.source === wanted));
  return found.length === 1 ? (found[0] ?? null) : null;
}
