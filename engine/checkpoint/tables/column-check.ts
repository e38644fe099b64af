import type { ColumnContract, JsonValue } from "../../project/types.js";
import { isDate } from "./cell-syntax.js";
import { countOf, shorten } from "./shorten.js";
import type { CellValue, Finding } from "./types.js";

/** What can be wrong with a value, as bits. */
export const WRONG_TYPE = 1;
export const EMPTY_VALUE = 2;
export const NOT_LISTED = 4;
export const OUT_OF_RANGE = 8;

const MOST_OFFENDERS = 5;
const KINDS = [WRONG_TYPE, EMPTY_VALUE, NOT_LISTED, OUT_OF_RANGE] as const;

/** The first rows that offend, and how many there are. */
export class Offences {
  count = 0;
  readonly first: { readonly row: number; readonly text: string }[] = [];

  /** @param text Called for the first five only. */
  add(row: number, text: () => string): void {
    this.count += 1;
    if (this.first.length < MOST_OFFENDERS) this.first.push({ row, text: shorten(text()) });
  }
}

/** Holds the values of one column against what its stage declares of it, and gathers what offends. */
export class ColumnCheck {
  private readonly offences = new Map<number, Offences & { value?: string }>();
  readonly hasRange: boolean;

  constructor(readonly contract: ColumnContract) {
    this.hasRange = contract.minimum !== undefined || contract.maximum !== undefined;
  }

  /** Whether every value seen so far has the declared type. */
  get hasDeclaredType(): boolean {
    return this.contract.type !== undefined && !this.offences.has(WRONG_TYPE);
  }

  /** Notes what is wrong with a value. `broken` is a set of the bits above; `texts` make the messages' parts on demand. */
  note(broken: number, row: number, texts: { readonly value: () => string; readonly row: () => string }): void {
    for (const kind of KINDS) {
      if ((broken & kind) === 0) continue;
      const offences: Offences & { value?: string } = this.offences.get(kind) ?? new Offences();
      offences.value ??= shorten(texts.value(), 60);
      offences.add(row, texts.row);
      this.offences.set(kind, offences);
    }
  }

  /** What is wrong with a value of a typed format (JSON, Parquet, Arrow); 0 where nothing is. */
  test(value: CellValue): number {
    const { contract } = this;
    if (value === null || value === undefined) return contract.required ? EMPTY_VALUE : 0;
    if (contract.type !== undefined && !hasType(value, contract.type)) return WRONG_TYPE;
    const isListed = contract.enum === undefined || contract.enum.some((listed) => isEqual(value, listed));
    return (isListed ? 0 : NOT_LISTED) | (this.hasRange && !this.isInRange(value) ? OUT_OF_RANGE : 0);
  }

  isInRange(value: CellValue): boolean {
    const { minimum = -Infinity, maximum = Infinity } = this.contract;
    return (typeof value === "number" || typeof value === "bigint") && value >= minimum && value <= maximum;
  }

  findings(): readonly Finding[] {
    return KINDS.flatMap((kind) => {
      const offences = this.offences.get(kind);
      return offences === undefined ? [] : [this.describe(kind, offences)];
    });
  }

  private describe(kind: number, offences: Offences & { value?: string }): Finding {
    const column = `column ${JSON.stringify(this.contract.name)}`;
    const found = `${offences.value ?? ""} in row ${offences.first[0]?.row ?? 0}${offences.count > 1 ? `, ${countOf(offences.count, "such value")} in all` : ""}`;
    const offenders = offences.first;
    switch (kind) {
      case WRONG_TYPE:
        return { kind: "type", expected: `${this.contract.type ?? ""} in ${column}`, found, offenders };
      case EMPTY_VALUE:
        return { kind: "required", expected: `a value in every row of ${column}`, found: `none in ${countOf(offences.count, "row")}`, offenders };
      case NOT_LISTED:
        return { kind: "enum", expected: `${listValues(this.contract.enum ?? [])} in ${column}`, found, offenders };
      default:
        return { kind: "range", expected: `${this.rangeText()} in ${column}`, found, offenders };
    }
  }

  private rangeText(): string {
    const { minimum, maximum } = this.contract;
    if (minimum === undefined) return `a number of at most ${maximum}`;
    return maximum === undefined ? `a number of at least ${minimum}` : `a number from ${minimum} to ${maximum}`;
  }
}

function listValues(values: readonly JsonValue[]): string {
  const shown = values.slice(0, 10).map((value) => shorten(JSON.stringify(value), 40));
  return shown.join(" or ") + (values.length > 10 ? ` or one of ${values.length - 10} more` : "");
}

function hasType(value: Exclude<CellValue, null | undefined>, type: NonNullable<ColumnContract["type"]>): boolean {
  switch (type) {
    case "string":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
    case "number":
      return typeof value === "number" || typeof value === "bigint";
    case "integer":
      return typeof value === "bigint" || Number.isInteger(value);
    case "date":
      return typeof value === "string" && isDateText(value);
  }
}

const LONGEST_DATE = 64;
const scratch = Buffer.alloc(LONGEST_DATE * 3);

function isDateText(text: string): boolean {
  return text.length <= LONGEST_DATE && isDate(scratch, 0, scratch.write(text));
}

function isEqual(value: CellValue, listed: JsonValue): boolean {
  if (typeof value === "bigint") return typeof listed === "number" && Number.isInteger(listed) && BigInt(listed) === value;
  return value === listed || (typeof value === "object" && JSON.stringify(value) === JSON.stringify(listed));
}
