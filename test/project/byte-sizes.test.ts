import { describe, expect, it } from "vitest";
import { parseBytes } from "../../engine/project/byte-sizes.js";

describe("parseBytes", () => {
  it.each([
    ["0", 0],
    ["512", 512],
    ["10B", 10],
    ["500MB", 500_000_000],
    ["500 mb", 500_000_000],
    ["2GB", 2_000_000_000],
    ["1.5kB", 1500],
    ["2GiB", 2_147_483_648],
    [" 1TB ", 1e12],
  ])("reads %s", (text, bytes) => expect(parseBytes(text)).toBe(bytes));

  it.each(["", "GB", "2 giga", "-1GB", "1e3", "2GB5", "1..5MB", "99999999TB"])("refuses %j", (text) => expect(parseBytes(text)).toBeNull());
});
