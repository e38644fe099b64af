import type { ColumnType } from "../../project/types.js";
import type { FoundColumn } from "../types.js";
import { BOOLEAN, EMPTY, isDate, isWholeCell, kindOfCell, matches, NUMBER, numberOfCell, STRING } from "./cell-syntax.js";
import { type ColumnCheck, EMPTY_VALUE, NOT_LISTED, OUT_OF_RANGE, WRONG_TYPE } from "./column-check.js";

/** One column of a CSV or TSV file: the kinds of cells it has, and what is declared of it. */
export class CsvColumn {
  private kinds = 0;
  private buffer: Buffer = Buffer.alloc(0);
  /** A listed value as the bytes a cell would have, for the usual case. */
  private readonly listed: readonly Buffer[];
  private readonly type: ColumnType | undefined;
  private readonly isRequired: boolean;
  private readonly hasRange: boolean;

  constructor(readonly name: string, readonly check: ColumnCheck | undefined) {
    this.type = check?.contract.type;
    this.isRequired = check?.contract.required ?? false;
    this.hasRange = check?.hasRange ?? false;
    this.listed = (check?.contract.enum ?? []).map((value) => Buffer.from(value === null ? "" : String(value)));
  }

  /** Whether no further cell can tell anything new: text of which nothing is declared. */
  get isSettled(): boolean {
    return this.check === undefined && ((this.kinds & STRING) !== 0 || this.kinds === (NUMBER | BOOLEAN));
  }

  /** Says in which buffer the cells lie that are looked at next. */
  load(buffer: Buffer): void {
    this.buffer = buffer;
  }

  /**
   * Looks at one cell.
   *
   * @returns What is wrong with it, in the bits of ColumnCheck; 0 where nothing is.
   */
  look(start: number, end: number): number {
    const kind = kindOfCell(this.buffer, start, end);
    this.kinds |= kind;
    const { check } = this;
    if (check === undefined) return 0;
    if (kind === EMPTY) return this.isRequired ? EMPTY_VALUE : 0;
    if (!this.hasType(kind, start, end)) return WRONG_TYPE;
    const isListed = this.listed.length === 0 || this.isListed(kind, start, end);
    const isInRange = !this.hasRange || check.isInRange(kind === NUMBER ? numberOfCell(this.buffer, start, end) : undefined);
    return (isListed ? 0 : NOT_LISTED) | (isInRange ? 0 : OUT_OF_RANGE);
  }

  found(): FoundColumn {
    const { check, name } = this;
    if (this.type !== undefined && check?.hasDeclaredType === true) return { name, type: this.type };
    if (this.kinds === EMPTY) return { name, type: "null" };
    return { name, type: this.kinds === NUMBER ? "number" : this.kinds === BOOLEAN ? "boolean" : "string" };
  }

  private hasType(kind: number, start: number, end: number): boolean {
    switch (this.type) {
      case undefined:
      case "string":
        return true;
      case "number":
        return kind === NUMBER;
      case "integer":
        return kind === NUMBER && isWholeCell(this.buffer, start, end);
      case "boolean":
        return kind === BOOLEAN;
      case "date":
        return isDate(this.buffer, start, end);
    }
  }

  private isListed(kind: number, start: number, end: number): boolean {
    for (const bytes of this.listed) if (matches(this.buffer, start, end, bytes)) return true;
    // 5.0 is the listed number 5, but not the listed text "5".
    if (kind !== NUMBER) return false;
    return this.check?.contract.enum?.includes(numberOfCell(this.buffer, start, end)) ?? false;
  }
}
