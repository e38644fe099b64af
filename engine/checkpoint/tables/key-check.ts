import { KeyIndex } from "./key-index.js";
import { Offences } from "./column-check.js";
import { countOf, shorten } from "./shorten.js";
import type { Finding } from "./types.js";

/** Holds a table's rows against its declared key: no two rows may have the same values there. Empty is a value too. */
export class KeyCheck {
  readonly index = new KeyIndex();
  private readonly offences = new Offences();

  /** @param names The key's columns. */
  constructor(readonly names: readonly string[]) {}

  /**
   * Looks up the keys that were added to `index` since the last call.
   *
   * @param valuesOf Texts of a row's key, asked for the first offending rows only.
   */
  flush(valuesOf: (row: number) => readonly string[]): void {
    this.index.flush((row, firstRow) => {
      this.offences.add(row, () => {
        const key = valuesOf(row).map((value, at) => `${this.names[at] ?? ""}=${shorten(value, 40)}`);
        return `first seen in row ${firstRow}: ${key.join(", ")}`;
      });
    });
  }

  findings(): readonly Finding[] {
    const { count, first } = this.offences;
    if (count === 0) return [];
    const expected = `every (${this.names.join(", ")}) once`;
    return [{ kind: "key", expected, found: `${countOf(count, "row")} with a key that an earlier row has`, offenders: first }];
  }
}
