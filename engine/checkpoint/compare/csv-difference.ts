import { scanFile } from "../file-state.js";
import { CsvScanner, NEEDS_MORE } from "../tables/csv-scanner.js";
import { shorten } from "../tables/shorten.js";
import type { Difference, FilePair } from "./types.js";

const MOST_COLUMNS = 1 << 14;
const BYTE_ORDER_MARK = "\ufeff";

/** One record with its number: 0 is the header. */
type CsvRecord = { readonly number: number; readonly cells: readonly string[] };

/**
 * Finds the first cell in which two CSV or TSV files differ.
 *
 * @param offset of the first byte that differs: up to there the files are the same, and so are their records
 * @returns null where the difference is not one of cells (quotes, line ends)
 */
export async function findCsvDifference({ recorded, found }: FilePair, { offset, delimiter }: { readonly offset: number; readonly delimiter: "," | "\t" }): Promise<Difference | null> {
  const [left, right] = await Promise.all([recorded, found].map((file) => readRecords(file, { offset, delimiter })));
  if (left === undefined || right === undefined) throw new Error("Internal error: two files have two lists of records");
  const numbers = [...new Set([...left.near, ...right.near].map(({ number }) => number))].sort((a, b) => a - b);
  for (const number of numbers) {
    const [a, b] = [left, right].map(({ near }) => near.find((record) => record.number === number));
    if ((a === undefined && left.hasMore) || (b === undefined && right.hasMore)) return null;
    const difference = compareRecords(a, b, left.header);
    if (difference !== null) return difference;
  }
  return null;
}

type NearRecords = {
  readonly header: readonly string[];
  readonly near: readonly CsvRecord[];
  /** Whether the file may have records after these. */
  readonly hasMore: boolean;
};

/** The header, and the records that the byte lies in or next to: the one before may be parted by what follows it. */
async function readRecords(file: string, { offset, delimiter }: { readonly offset: number; readonly delimiter: "," | "\t" }): Promise<NearRecords> {
  const scanner = new CsvScanner(delimiter.charCodeAt(0), MOST_COLUMNS);
  let [number, done, after] = [0, 0, 0];
  let header: readonly string[] = [];
  const near: CsvRecord[] = [];
  await scanFile(file, {
    consume: (pending) => {
      scanner.load(pending);
      let at = 0;
      while (at < pending.end) {
        const next = scanner.next(at);
        if (next === NEEDS_MORE) break;
        if (next < 0) return "skip";
        const isPast = done + next > offset;
        const isNear = isPast || done + next === offset;
        if (number === 0 || isNear) {
          const cells = cellsOf(scanner, pending.buffer);
          if (number === 0) header = cells.map((cell, index) => (index === 0 && cell.startsWith(BYTE_ORDER_MARK) ? cell.slice(1) : cell));
          if (isNear) near.push({ number, cells });
        }
        number += 1;
        if (isPast) after += 1;
        if (after === 2) return "skip";
        at = next;
      }
      done += at;
      return at;
    },
  });
  return { header, near, hasMore: after === 2 };
}

function cellsOf(scanner: CsvScanner, buffer: Buffer): readonly string[] {
  const cells = [];
  for (let index = 0; index < Math.min(scanner.count, MOST_COLUMNS); index += 1) cells.push(buffer.toString("utf8", scanner.starts[index], scanner.ends[index]));
  return cells;
}

function compareRecords(left: CsvRecord | undefined, right: CsvRecord | undefined, header: readonly string[]): Difference | null {
  const row = left?.number ?? right?.number ?? 0;
  if (left === undefined || right === undefined) return { place: { kind: "row", row }, recorded: showCells(left), found: showCells(right) };
  const length = Math.max(left.cells.length, right.cells.length);
  for (let index = 0; index < length; index += 1) {
    const [a, b] = [left.cells[index], right.cells[index]];
    if (a === b) continue;
    const place = row === 0 ? ({ kind: "header", position: index + 1 } as const) : ({ kind: "cell", row, column: header[index] ?? `number ${index + 1}` } as const);
    return { place, recorded: showText(a), found: showText(b) };
  }
  return null;
}

function showCells(record: CsvRecord | undefined): string | null {
  return record === undefined ? null : shorten(record.cells.join(", "));
}

function showText(cell: string | undefined): string | null {
  return cell === undefined ? null : shorten(cell);
}
