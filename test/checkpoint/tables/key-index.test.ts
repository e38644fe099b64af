import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KeyIndex } from "../../../engine/checkpoint/tables/key-index.js";

/** Adds keys of several parts, flushing after so many, and answers each repeat with its first row. */
function repeatsOf(keys: readonly (readonly string[])[], flushEvery: number): (readonly [number, number])[] {
  const index = new KeyIndex();
  const repeats: (readonly [number, number])[] = [];
  keys.forEach((parts, position) => {
    for (const part of parts) index.addText(part);
    index.add();
    if (position % flushEvery === 0) index.flush((row, first) => repeats.push([row, first]));
  });
  index.flush((row, first) => repeats.push([row, first]));
  return repeats;
}

describe("the index of keys", () => {
  it("finds the repeats that a map of texts finds", () => {
    const part = fc.oneof(fc.string({ unit: fc.constantFrom("a", "b", "\0", "é"), maxLength: 3 }), fc.string({ maxLength: 40 }));
    fc.assert(fc.property(fc.array(fc.array(part, { minLength: 1, maxLength: 3 }), { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (keys, flushEvery) => {
      const first = new Map<string, number>();
      const expected = keys.flatMap((parts, position) => {
        const seen = first.get(JSON.stringify(parts));
        if (seen === undefined) first.set(JSON.stringify(parts), position + 1);
        return seen === undefined ? [] : [[position + 1, seen] as const];
      });
      expect(repeatsOf(keys, flushEvery)).toEqual(expected);
    }), { numRuns: 500 });
  });

  it("takes keys of any length, and tells those apart that differ in one byte or in zeros at the end", () => {
    const long = "x".repeat(100_000);
    expect(repeatsOf([[long], [`${long}y`], [`${long}\0`], [`y${long}`], [long]], 1)).toEqual([[5, 1]]);
    expect(repeatsOf([["a\0\0\0\0b", "c"], ["a", "b\0\0\0\0c"]], 1)).toEqual([]);
    expect(repeatsOf(Array.from({ length: 40 }, (_, length) => ["\0".repeat(length)]), 7)).toEqual([]);
  });

  it("hashes bytes and text alike", () => {
    const index = new KeyIndex();
    const bytes = Buffer.from("--né--");
    index.addBytes(bytes, 2, bytes.length - 2);
    index.add();
    index.addText("né");
    index.add();
    const repeats: number[] = [];
    index.flush((row, first) => repeats.push(row, first));
    expect(repeats).toEqual([2, 1]);
  });

  it("still knows every key after it grew many times", () => {
    const count = 150_000;
    const index = new KeyIndex();
    for (let key = 0; key < count * 2; key += 1) {
      index.addText(String(key % count));
      index.add();
    }
    let [repeats, wrong] = [0, 0];
    index.flush((row, first) => {
      repeats += 1;
      if (row !== first + count) wrong += 1;
    });
    expect([repeats, wrong]).toEqual([count, 0]);
  });
});
