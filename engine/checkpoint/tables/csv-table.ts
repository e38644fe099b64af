import { type Consume, scanFile } from "../file-state.js";
import { ColumnCheck } from "./column-check.js";
import { CsvColumn } from "./csv-column.js";
import { CsvScanner, NEEDS_MORE, TEXT_AFTER_QUOTE } from "./csv-scanner.js";
import { KeyCheck } from "./key-check.js";
import { missingColumns } from "./missing-columns.js";
import { countOf, listNames, shorten } from "./shorten.js";
import { type FileReading, malformed, type ReadRequest, type TableContract, type TableReading } from "./types.js";

/** A record longer than this is taken for an unclosed quote. */
export const MOST_RECORD_BYTES = 64 << 20;
/** Positions lie in the buffer, so that keys are looked up before it moves at the latest. */
const KEYS_AT_ONCE = 512;
const MOST_COLUMNS = 1 << 16;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

/**
 * Reads a CSV or TSV file once: digest, rows, columns with their types, and the contract.
 *
 * The first record is the header. Quotes say nothing about a value: `"5"` is a number and `""` is empty. A blank line is
 * a row with an empty value where the table has one column; else blank lines may only end the file.
 */
export async function readCsv(request: ReadRequest, delimiter: "," | "\t"): Promise<FileReading> {
  const reader = new CsvReader(request.contract, delimiter);
  const digest = await scanFile(request.absolute, { consume: reader.consume, ...(request.chunkBytes === undefined ? {} : { chunkBytes: request.chunkBytes }) });
  return { digest, table: reader.result() };
}

class CsvReader {
  private scanner: CsvScanner;
  private columns: readonly CsvColumn[] | null = null;
  /** Positions of the columns that are still looked at. */
  private watched: number[] = [];
  private key: { readonly check: KeyCheck; readonly positions: readonly number[]; readonly waiting: number[] } | null = null;
  private rows = 0;
  private blankAfter = -1;
  private failure: TableReading | null = null;
  private isStarted = false;
  private buffer: Buffer = Buffer.alloc(0);

  constructor(private readonly contract: TableContract, private readonly delimiter: "," | "\t") {
    this.scanner = new CsvScanner(delimiter.charCodeAt(0), MOST_COLUMNS);
  }

  readonly consume: Consume = (pending) => {
    if (this.failure !== null) return "skip";
    if (this.buffer !== pending.buffer) this.columns?.forEach((column) => column.load(pending.buffer));
    this.buffer = pending.buffer;
    let at = 0;
    if (!this.isStarted) {
      if (pending.end < BYTE_ORDER_MARK.length && !pending.atEnd) return 0;
      this.isStarted = true;
      if (BYTE_ORDER_MARK.every((byte, index) => pending.buffer[index] === byte && index < pending.end)) at = BYTE_ORDER_MARK.length;
    }
    this.scanner.load(pending);
    while (at < pending.end) {
      const next = this.scanner.next(at);
      if (next === NEEDS_MORE && pending.end - at <= MOST_RECORD_BYTES) break;
      if (next < 0) this.failure = this.describeBadQuote(next, at, pending.end);
      else if (this.columns === null) this.readHeader(pending);
      else this.readRow(at);
      if (this.failure !== null) return "skip";
      at = next;
    }
    this.flushKeys();
    return at;
  };

  result(): TableReading {
    if (this.failure !== null) return this.failure;
    if (this.columns === null) return malformed("a header line", "an empty file");
    return {
      kind: "table",
      rows: this.rows,
      schema: this.columns.map((column) => column.found()),
      findings: [
        ...missingColumns(this.contract, this.columns.map(({ name }) => name)),
        ...this.columns.flatMap(({ check }) => check?.findings() ?? []),
        ...(this.key?.check.findings() ?? []),
      ],
    };
  }

  private readHeader(pending: Parameters<Consume>[0]): void {
    const names = this.texts();
    const twice = findRepeated(names);
    if (names.length !== this.scanner.count) this.failure = malformed(`at most ${MOST_COLUMNS} columns`, `${this.scanner.count} in the header`);
    else if (names.length === 1 && names[0] === "") this.failure = malformed("a header line", "an empty first line");
    else if (twice !== undefined) this.failure = malformed("every column name once in the header", `${listNames([twice])} twice`);
    if (this.failure !== null) return;

    const declared = new Map(this.contract.columns.map((column) => [column.name, new ColumnCheck(column)]));
    this.columns = names.map((name) => new CsvColumn(name, declared.get(name)));
    this.columns.forEach((column) => column.load(pending.buffer));
    this.watched = names.map((_, position) => position);
    const positions = this.contract.key.map((name) => names.indexOf(name));
    if (positions.length > 0 && !positions.includes(-1)) this.key = { check: new KeyCheck(this.contract.key), positions, waiting: [] };
    this.scanner = new CsvScanner(this.delimiter.charCodeAt(0), names.length);
    this.scanner.load(pending);
  }

  private readRow(at: number): void {
    const { scanner, columns } = this;
    if (columns === null) return;
    if (columns.length > 1 && scanner.isBlank(at)) {
      if (this.blankAfter < 0) this.blankAfter = this.rows;
      return;
    }
    const row = this.rows + 1;
    if (this.blankAfter >= 0) this.failure = malformed(`${columns.length} fields in row ${row}`, "a blank line", { row, text: "" });
    else if (scanner.count !== columns.length) this.failure = this.describeRagged(row, columns.length);
    if (this.failure !== null) return;
    this.rows = row;
    this.lookAt(columns);
    if (this.key !== null) this.addKey(this.key, at);
  }

  private lookAt(columns: readonly CsvColumn[]): void {
    const { scanner: { starts, ends }, watched } = this;
    for (let index = watched.length - 1; index >= 0; index -= 1) {
      const position = watched[index]!;
      const column = columns[position]!;
      const broken = column.look(starts[position]!, ends[position]!);
      if (broken !== 0) this.note(column, position, broken);
      else if (column.isSettled) watched.splice(index, 1);
    }
  }

  /** Stands apart since a loop with a closure in it makes an object for every cell. */
  private note(column: CsvColumn, position: number, broken: number): void {
    column.check?.note(broken, this.rows, { value: () => JSON.stringify(this.text(position)), row: () => this.rowText() });
  }

  /** @param at Where the record begins, to read it again when its key turns out to be a repeat. */
  private addKey(key: NonNullable<CsvReader["key"]>, at: number): void {
    const { starts, ends } = this.scanner;
    for (const position of key.positions) key.check.index.addBytes(this.buffer, starts[position]!, ends[position]!);
    key.check.index.add();
    key.waiting.push(at);
    if (this.scanner.hasChangedBuffer) this.flushKeys(this.keyTexts());
    else if (key.waiting.length === KEYS_AT_ONCE) this.flushKeys();
  }

  /** @param lastKey The key of the last row, where that can't be read again. */
  private flushKeys(lastKey?: readonly string[]): void {
    const { key } = this;
    if (key === null) return;
    key.check.flush((row) => {
      if (row === this.rows && lastKey !== undefined) return lastKey;
      this.scanner.next(key.waiting[key.waiting.length - 1 - (this.rows - row)]!);
      return this.keyTexts();
    });
    key.waiting.length = 0;
  }

  private keyTexts(): readonly string[] {
    return (this.key?.positions ?? []).map((position) => this.text(position));
  }

  private text(position: number): string {
    return this.buffer.toString("utf8", this.scanner.starts[position], this.scanner.ends[position]);
  }

  private texts(): string[] {
    return Array.from({ length: Math.min(this.scanner.count, this.scanner.starts.length) }, (_, position) => this.text(position));
  }

  /** The row as it would be written, with quotes where they are needed. */
  private rowText(): string {
    const needsQuotes = (text: string): boolean => text.includes(this.delimiter) || /["\r\n]/.test(text);
    return this.texts().map((text) => (needsQuotes(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(this.delimiter);
  }

  private describeRagged(row: number, expected: number): TableReading {
    return malformed(`${countOf(expected, "field")} in row ${row}, as in the header`, countOf(this.scanner.count, "field"), { row, text: shorten(this.rowText()) });
  }

  private describeBadQuote(problem: number, at: number, end: number): TableReading {
    const row = this.columns === null ? 0 : this.rows + 1;
    const where = row === 0 ? "the header" : `row ${row}`;
    const text = shorten(this.buffer.toString("utf8", at, Math.min(end, at + 500)));
    const offender = row === 0 ? undefined : { row, text };
    if (problem === TEXT_AFTER_QUOTE) return malformed(`a ${this.delimiter === "," ? "comma" : "tab"} or the line's end after a closing quote in ${where}`, "other text", offender);
    if (problem === NEEDS_MORE) return malformed(`a record of at most ${MOST_RECORD_BYTES >> 20} MB in ${where}`, "a longer one, which an unclosed quote may have made", offender);
    return malformed(`a closing quote in ${where}`, "none up to the end of the file", offender);
  }
}

function findRepeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}
