import { type Consume, scanFile } from "../file-state.js";
import { type JsonRecord, RecordTable } from "./record-table.js";
import { shorten } from "./shorten.js";
import { type FileReading, malformed, type ReadRequest, type TableReading } from "./types.js";

/** A single value longer than this is not looked into. */
export const MOST_VALUE_BYTES = 200 << 20;

const [LF, COMMA, QUOTE, BACKSLASH] = [0x0a, 0x2c, 0x22, 0x5c] as const;
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d] as const;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

/**
 * Reads a JSON file once. An array is read element by element, so that its size does not matter, and is a table when
 * every element is an object. Anything else is no table: up to 200 MB it must be valid JSON, beyond that it is only hashed.
 */
export async function readJson(request: ReadRequest): Promise<FileReading> {
  return readWith(request, new ArrayReader(new RecordTable(request.contract)));
}

/** Reads a file of JSON lines once, line by line. Blank lines are passed over. */
export async function readJsonLines(request: ReadRequest): Promise<FileReading> {
  return readWith(request, new LineReader(new RecordTable(request.contract)));
}

async function readWith(request: ReadRequest, reader: ValueReader): Promise<FileReading> {
  const { chunkBytes } = request;
  const digest = await scanFile(request.absolute, { consume: (pending) => reader.consume(pending), ...(chunkBytes === undefined ? {} : { chunkBytes }) });
  return { digest, table: reader.result() };
}

/** What both readers share: a table that takes values until one shows that there is none. */
abstract class ValueReader {
  protected outcome: TableReading | null = null;
  private isStarted = false;

  constructor(private readonly table: RecordTable, private readonly unit: "element" | "line") {}

  consume(pending: Parameters<Consume>[0]): number | "skip" {
    let from = 0;
    if (!this.isStarted) {
      if (pending.end < BYTE_ORDER_MARK.length && !pending.atEnd) return 0;
      this.isStarted = true;
      if (pending.end >= BYTE_ORDER_MARK.length && BYTE_ORDER_MARK.every((byte, index) => pending.buffer[index] === byte)) from = BYTE_ORDER_MARK.length;
    }
    const done = this.read(pending, from);
    if (this.outcome?.kind === "malformed") return "skip";
    if (pending.end - done <= MOST_VALUE_BYTES) return done;
    this.outcome ??= { kind: "other", found: `JSON with a single value of more than ${MOST_VALUE_BYTES >> 20} MB` };
    return "skip";
  }

  result(): TableReading {
    return this.outcome ?? this.table.result();
  }

  protected abstract read(pending: Parameters<Consume>[0], from: number): number;

  /** Parses one value and adds it to the table; the rest is still parsed where one shows that this is no table. */
  protected add(text: string): void {
    const row = this.table.rows + 1;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      const where = this.outcome === null ? `${this.unit} ${row}` : `each ${this.unit}`;
      this.outcome = malformed(`valid JSON in ${where}`, error instanceof Error ? shorten(error.message) : String(error), { row, text: shorten(text.trim()) });
      return;
    }
    if (this.outcome !== null) return;
    if (isRecord(value)) this.table.add(value);
    else this.outcome = { kind: "other", found: `JSON whose ${this.unit} ${row} is ${nameOf(value)}, not an object` };
  }
}

class LineReader extends ValueReader {
  constructor(table: RecordTable) {
    super(table, "line");
  }

  protected override read({ buffer, end, atEnd }: Parameters<Consume>[0], from: number): number {
    let at = from;
    while (at < end && this.outcome?.kind !== "malformed") {
      const found = buffer.subarray(0, end).indexOf(LF, at);
      if (found === -1 && !atEnd) break;
      const text = buffer.toString("utf8", at, found === -1 ? end : found);
      if (text.trim() !== "") this.add(text);
      at = found === -1 ? end : found + 1;
    }
    return at;
  }
}

class ArrayReader extends ValueReader {
  private phase: "start" | "elements" | "end" | "document" = "start";
  private isFirst = true;

  constructor(table: RecordTable) {
    super(table, "element");
  }

  protected override read(pending: Parameters<Consume>[0], from: number): number {
    let at = from;
    if (this.phase === "start") {
      at = skipSpace(pending.buffer, at, pending.end);
      if (at === pending.end && !pending.atEnd) return at;
      this.phase = pending.buffer[at] === OPEN_ARRAY && at < pending.end ? "elements" : "document";
      if (this.phase === "elements") at += 1;
    }
    if (this.phase === "document") return this.readDocument(pending, at);
    if (this.phase === "elements") at = this.readElements(pending, at);
    if (this.phase === "elements") {
      if (pending.atEnd) this.outcome = malformed("a closing ] at the end of the array", "the end of the file");
      return at;
    }
    at = skipSpace(pending.buffer, at, pending.end);
    if (at < pending.end) this.outcome = malformed("nothing after the array", shorten(pending.buffer.toString("utf8", at, Math.min(at + 200, pending.end)), 40));
    return at;
  }

  private readElements({ buffer, end }: Parameters<Consume>[0], from: number): number {
    let at = from;
    while (this.outcome?.kind !== "malformed") {
      const stop = findElementEnd(buffer, at, end);
      if (stop === -1) return at;
      const isLast = buffer[stop] === CLOSE_ARRAY;
      const isEmptyArray = isLast && this.isFirst && skipSpace(buffer, at, stop) === stop;
      if (!isEmptyArray) this.add(buffer.toString("utf8", at, stop));
      this.isFirst = false;
      at = stop + 1;
      if (isLast) {
        this.phase = "end";
        return at;
      }
    }
    return at;
  }

  private readDocument({ buffer, end, atEnd }: Parameters<Consume>[0], from: number): number {
    if (!atEnd) return from;
    try {
      this.outcome = { kind: "other", found: `JSON that is ${nameOf(JSON.parse(buffer.toString("utf8", from, end)))}` };
    } catch (error) {
      const found = skipSpace(buffer, from, end) === end ? "an empty file" : error instanceof Error ? shorten(error.message) : String(error);
      this.outcome = malformed("valid JSON", found);
    }
    return end;
  }
}

/** Where the comma or bracket after the element stands; -1 where it is not there yet. */
function findElementEnd(buffer: Buffer, from: number, end: number): number {
  let depth = 0;
  for (let at = from; at < end; at += 1) {
    const byte = buffer[at]!;
    if (byte === QUOTE) {
      for (at += 1; at < end && buffer[at] !== QUOTE; at += 1) if (buffer[at] === BACKSLASH) at += 1;
    } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth += 1;
    else if (depth === 0 && (byte === COMMA || byte === CLOSE_ARRAY)) return at;
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth -= 1;
  }
  return -1;
}

function skipSpace(buffer: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && (buffer[at] === 0x20 || buffer[at] === LF || buffer[at] === 0x0d || buffer[at] === 0x09)) at += 1;
  return at;
}

function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
