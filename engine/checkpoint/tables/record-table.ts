import type { FoundColumn } from "../types.js";
import { BOOLEAN, EMPTY, NUMBER, STRING } from "./cell-syntax.js";
import { ColumnCheck } from "./column-check.js";
import { KeyCheck } from "./key-check.js";
import { missingColumns } from "./missing-columns.js";
import type { CellValue, TableContract, TableReading } from "./types.js";

const NESTED = 8;

export type JsonRecord = { readonly [name: string]: CellValue };

/**
 * A table of JSON records, which arrive one by one. Columns are ordered by first appearance; absent and null are empty.
 * The type of a column is that of its values: mixed scalars are `string`, as in CSV, and arrays or objects `object`.
 * Without any record a declared column counts as present, since nothing says that it is not.
 */
export class RecordTable {
  rows = 0;
  private readonly kinds = new Map<string, number>();
  private readonly checks: readonly ColumnCheck[];
  private readonly key: KeyCheck;

  constructor(private readonly contract: TableContract) {
    this.checks = contract.columns.map((column) => new ColumnCheck(column));
    this.key = new KeyCheck(contract.key);
  }

  add(record: JsonRecord): void {
    this.rows += 1;
    for (const name of Object.keys(record)) this.kinds.set(name, (this.kinds.get(name) ?? EMPTY) | kindOfValue(record[name]));
    for (const check of this.checks) {
      const value = valueOf(record, check.contract.name);
      const broken = check.test(value);
      if (broken !== 0) check.note(broken, this.rows, { value: () => JSON.stringify(value ?? null), row: () => JSON.stringify(record) });
    }
    if (this.contract.key.length === 0) return;
    const texts = (): string[] => this.contract.key.map((name) => JSON.stringify(valueOf(record, name) ?? null));
    for (const text of texts()) this.key.index.addText(text);
    this.key.index.add();
    this.key.flush(texts);
  }

  result(): TableReading {
    const findings = this.checks.flatMap((check) => check.findings());
    if (this.rows === 0) return { kind: "table", rows: 0, schema: this.contract.columns.map(({ name, type }) => ({ name, type: type ?? "null" })), findings };
    const missing = missingColumns(this.contract, [...this.kinds.keys()]);
    const isKeyThere = this.contract.key.every((name) => this.kinds.has(name));
    return { kind: "table", rows: this.rows, schema: this.schema(), findings: [...missing, ...findings, ...(isKeyThere ? this.key.findings() : [])] };
  }

  private schema(): readonly FoundColumn[] {
    const declared = new Map(this.checks.filter((check) => check.hasDeclaredType).map(({ contract }) => [contract.name, contract.type]));
    return [...this.kinds].map(([name, kinds]) => ({ name, type: declared.get(name) ?? typeOfKinds(kinds) }));
  }
}

function valueOf(record: JsonRecord, name: string): CellValue {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function kindOfValue(value: CellValue): number {
  if (value === null || value === undefined) return EMPTY;
  if (typeof value === "object") return NESTED;
  if (typeof value === "string") return STRING;
  return typeof value === "boolean" ? BOOLEAN : NUMBER;
}

function typeOfKinds(kinds: number): FoundColumn["type"] {
  if (kinds === EMPTY) return "null";
  if ((kinds & NESTED) !== 0) return "object";
  if (kinds === NUMBER) return "number";
  return kinds === BOOLEAN ? "boolean" : "string";
}
