import { createHash } from "node:crypto";

/** What an id is made of. */
export type CellContent = { readonly id: unknown; readonly type: unknown; readonly source: string };

/**
 * The id of each cell: its own, and where that is missing, not allowed or used before, one that follows from its content,
 * so that two people who strip the same notebook get the same ids.
 *
 * @see https://jupyter.org/enhancement-proposals/62-cell-id/cell-id.html
 */
export function assignCellIds(cells: readonly CellContent[]): string[] {
  const taken = new Set(cells.flatMap(({ id }) => (isCellId(id) ? [id] : [])));
  const given = new Set<string>();
  return cells.map(({ id, type, source }) => {
    const own = isCellId(id) && !given.has(id) ? id : makeId(`${String(type)}\0${source}`, taken);
    taken.add(own);
    given.add(own);
    return own;
  });
}

function makeId(content: string, taken: ReadonlySet<string>): string {
  for (let count = 0; ; count += 1) {
    const id = createHash("sha256").update(`${count}\0${content}`).digest("hex").slice(0, 8);
    if (!taken.has(id)) return id;
  }
}

function isCellId(id: unknown): id is string {
  return typeof id === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(id);
}
