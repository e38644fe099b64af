import type { ColumnType } from "../../project/types.js";
import type { FoundColumn } from "../types.js";
import { ColumnCheck } from "./column-check.js";
import { KeyCheck } from "./key-check.js";
import { missingColumns } from "./missing-columns.js";
import { listNames } from "./shorten.js";
import type { CellValue, Finding, TableContract, TableReading } from "./types.js";

/** A column of a format that knows its types (Parquet, Arrow). */
export type TypedColumn = FoundColumn & {
  /** Makes a comparable value of what the file's reader gives: a date its ISO text, a decimal its number. */
  readonly toValue: (raw: unknown) => CellValue;
};

/** Some rows of the asked columns, in the order asked. */
export type TypedBatch = { readonly rows: number; readonly columns: readonly ArrayLike<unknown>[] };

export type TypedTable = {
  readonly rows: number;
  readonly columns: readonly TypedColumn[];
  readonly read: (names: readonly string[]) => AsyncIterable<TypedBatch>;
};

/**
 * Holds a table of a typed format against its contract. Values are read only of columns of which more is asked than
 * presence and a type that the file's own type already proves.
 */
export async function verifyTyped(table: TypedTable, contract: TableContract): Promise<TableReading> {
  const byName = new Map(table.columns.map((column) => [column.name, column]));
  if (byName.size !== table.columns.length) return { kind: "other", found: `a file with two columns of one name (${listNames(table.columns.map(({ name }) => name))})` };

  const refused = contract.columns.flatMap((column) => {
    const found = byName.get(column.name);
    return found === undefined || column.type === undefined || canHold(found.type, column.type) ? [] : [{ column, found }];
  });
  const refusedNames = new Set(refused.map(({ column }) => column.name));
  const checked = contract.columns.filter(({ name }) => byName.has(name) && !refusedNames.has(name));
  const checks = checked.map((column) => new ColumnCheck(column));
  const key = contract.key.length > 0 && contract.key.every((name) => byName.has(name)) ? new KeyCheck(contract.key) : null;
  await readValues(table, checks.filter((check) => needsValues(check, byName.get(check.contract.name)?.type)), key);

  const types = new Map(checks.filter((check) => check.hasDeclaredType).map(({ contract: { name, type } }) => [name, type]));
  return {
    kind: "table",
    rows: table.rows,
    schema: table.columns.map(({ name, type }) => ({ name, type: types.get(name) ?? type })),
    findings: [
      ...missingColumns(contract, table.columns.map(({ name }) => name)),
      ...refused.map(({ column, found }): Finding => ({ kind: "type", expected: `${column.type ?? ""} in column ${JSON.stringify(column.name)}`, found: `a column of ${found.type}`, offenders: [] })),
      ...checks.flatMap((check) => check.findings()),
      ...(key?.findings() ?? []),
    ],
  };
}

/** Whether a column of a file's type can hold values of a declared one; some only can, and their values are looked at. */
function canHold(found: FoundColumn["type"], declared: ColumnType): boolean {
  if (found === declared || found === "null") return true;
  if (declared === "number") return found === "integer";
  if (declared === "integer") return found === "number";
  return declared === "date" && found === "string";
}

function needsValues(check: ColumnCheck, found: FoundColumn["type"] | undefined): boolean {
  const { type, required, enum: listed } = check.contract;
  const isTypeProved = type === undefined || type === found || (type === "number" && found === "integer");
  return !isTypeProved || required || listed !== undefined || check.hasRange;
}

async function readValues(table: TypedTable, checks: readonly ColumnCheck[], key: KeyCheck | null): Promise<void> {
  const keyNames = key?.names ?? [];
  const asked = [...new Set([...checks.map((check) => check.contract.name), ...keyNames])];
  if (asked.length === 0) return;
  const columns = asked.map((name) => table.columns.find((column) => column.name === name)!);
  const positions = checks.map((check) => asked.indexOf(check.contract.name));
  const keyPositions = keyNames.map((name) => asked.indexOf(name));

  let rows = 0;
  for await (const batch of table.read(asked)) {
    const firstRow = rows + 1;
    const valueAt = (row: number, position: number): CellValue => columns[position]!.toValue(batch.columns[position]![row - firstRow]);
    const rowText = (row: number): string => asked.map((name, position) => `${name}=${textOf(valueAt(row, position))}`).join(", ");
    for (let row = firstRow; row < firstRow + batch.rows; row += 1) {
      checks.forEach((check, index) => {
        const value = valueAt(row, positions[index]!);
        const broken = check.test(value);
        if (broken !== 0) check.note(broken, row, { value: () => textOf(value), row: () => rowText(row) });
      });
      if (key === null) continue;
      // Raw values: a date's text may be coarser than the date.
      for (const position of keyPositions) key.index.addText(keyText(batch.columns[position]![row - firstRow]));
      key.index.add();
    }
    key?.flush((row) => keyPositions.map((position) => textOf(valueAt(row, position))));
    rows += batch.rows;
  }
}

function keyText(raw: unknown): string {
  if (typeof raw === "string") return raw;
  if (raw instanceof Uint8Array) return Buffer.from(raw).toString("hex");
  return typeof raw === "object" && raw !== null ? JSON.stringify(raw, plainBigInts) : String(raw ?? "");
}

function textOf(value: CellValue): string {
  return typeof value === "bigint" ? String(value) : JSON.stringify(value ?? null);
}

function plainBigInts(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

/** What a reader gives for a column without a conversion of its own. */
export function plainValue(raw: unknown): CellValue {
  if (raw === null || raw === undefined) return null;
  if (typeof raw === "string" || typeof raw === "number" || typeof raw === "boolean" || typeof raw === "bigint") return raw;
  if (raw instanceof Uint8Array) return Buffer.from(raw).toString("hex");
  const parsed: CellValue = JSON.parse(JSON.stringify(raw, plainBigInts));
  return parsed;
}

/**
 * ISO 8601 text of a time stamp.
 *
 * @param unitsPerSecond 1, 1e3, 1e6 or 1e9.
 */
export function isoTime(raw: unknown, unitsPerSecond: bigint): CellValue {
  if (typeof raw !== "bigint" && typeof raw !== "number") return plainValue(raw);
  const count = BigInt(raw);
  const rest = ((count % unitsPerSecond) + unitsPerSecond) % unitsPerSecond;
  const date = new Date(Number((count - rest) / unitsPerSecond) * 1000);
  if (Number.isNaN(date.getTime())) return String(raw);
  const digits = String(unitsPerSecond).length - 1;
  const fraction = rest === 0n ? "" : `.${String(rest).padStart(digits, "0")}`;
  return date.toISOString().replace(/\.000Z$/, `${fraction}Z`);
}

/** ISO 8601 text of a day. */
export function isoDay(raw: unknown): CellValue {
  if (typeof raw !== "number") return plainValue(raw);
  const date = new Date(raw * 86_400_000);
  return Number.isNaN(date.getTime()) ? String(raw) : date.toISOString().slice(0, -"T00:00:00.000Z".length);
}
