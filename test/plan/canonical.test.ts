import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, hashValue } from "../../engine/plan/canonical.js";
import { makeFingerprint } from "../../engine/plan/fingerprint.js";
import { compareCodeUnits } from "../../engine/project/compare-code-units.js";

function shuffleKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffleKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).reverse().map(([key, entry]) => [key, shuffleKeys(entry)]));
}

describe("canonicalJson", () => {
  it("does not depend on the order of keys, at any depth", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => canonicalJson(shuffleKeys(value)) === canonicalJson(value)));
  });

  it("is JSON that reads back as the value, where JSON can hold it", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => hashValue(JSON.parse(canonicalJson(value))) === hashValue(value)));
  });

  it("tells apart what JSON.stringify does not", () => {
    const texts = [0, -0, Infinity, -Infinity, NaN, null, "", [], {}, "null", "0"].map(canonicalJson);
    expect(new Set(texts).size).toBe(texts.length);
  });

  it("orders keys by code unit, not by locale", () => {
    expect(canonicalJson({ é: 1, z: 2, Z: 3, "\u{1F600}": 4, "\uFFFD": 5 })).toBe('{"Z":3,"z":2,"é":1,"😀":4,"\uFFFD":5}');
    expect(["b", "B", "a"].sort(compareCodeUnits)).toEqual(["B", "a", "b"]);
  });

  it("refuses what is no data", () => {
    expect(() => canonicalJson(() => 1)).toThrow("Internal error");
  });
});

describe("makeFingerprint", () => {
  it("depends on every part and on no order", () => {
    const parts = fc.dictionary(fc.string(), fc.string(), { minKeys: 1 });
    fc.assert(
      fc.property(parts, fc.string(), (given, text) => {
        const { hash } = makeFingerprint(given);
        const key = Object.keys(given)[0] ?? "";
        expect(makeFingerprint(Object.fromEntries(Object.entries(given).reverse())).hash).toBe(hash);
        expect(makeFingerprint({ ...given, [key]: `${given[key]}${text}x` }).hash).not.toBe(hash);
      }),
    );
  });
});
