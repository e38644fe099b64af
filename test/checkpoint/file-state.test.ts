import { createHash } from "node:crypto";
import { linkSync, mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestFile, isTrusted, readFileState, sameState, scanFile } from "../../engine/checkpoint/file-state.js";
import type { FileState } from "../../engine/plan/types.js";
import { temporaryFolder } from "./temporary-folder.js";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

function stateOf(path: string): FileState {
  const state = readFileState(path);
  if (state === null) throw new Error(`no such file: ${path}`);
  return state;
}

describe("the state of a file", () => {
  it("is null for nothing, a folder and a dangling link", () => {
    mkdirSync(at("folder"));
    symlinkSync(at("nowhere"), at("dangling"));
    expect([readFileState(at("absent")), readFileState(at("folder")), readFileState(at("dangling"))]).toEqual([null, null, null]);
    writeFileSync(at("plain"), "");
    expect(readFileState(join(at("plain"), "below"))).toBeNull();
  });

  it("has times to the nanosecond, and follows a link", () => {
    writeFileSync(at("a"), "12345");
    symlinkSync(at("a"), at("link"));
    const state = stateOf(at("a"));
    expect(state.size).toBe(5);
    expect(state.mtimeNs).toMatch(/^\d{19}$/);
    expect(sameState(state, readFileState(at("link")))).toBe(true);
  });

  it("differs after a rewrite that restores size and time of modification", () => {
    writeFileSync(at("b"), "one");
    utimesSync(at("b"), 1_000_000, 1_000_000);
    const before = stateOf(at("b"));
    writeFileSync(at("b2"), "two");
    renameSync(at("b2"), at("b"));
    utimesSync(at("b"), 1_000_000, 1_000_000);
    const after = stateOf(at("b"));
    expect(after.mtimeNs).toBe(before.mtimeNs);
    expect(sameState(before, after)).toBe(false);
  });

  it("shows a change of the change time alone", () => {
    writeFileSync(at("c"), "one");
    const before = stateOf(at("c"));
    const later = { ...before, ctimeNs: String(BigInt(before.ctimeNs) + 1n) };
    expect(sameState(before, later)).toBe(false);
    expect(sameState(before, { ...before })).toBe(true);
    expect(sameState(null, null)).toBe(false);
    linkSync(at("c"), at("c-linked"));
    expect(stateOf(at("c")).inode).toBe(before.inode);
  });
});

describe("trust in a recorded state", () => {
  const recordedAtMs = 1_700_000_000_000;
  const state = (mtimeMs: number, ctimeMs: number): FileState => ({ size: 1, inode: "1", mtimeNs: `${mtimeMs}000000`, ctimeNs: `${ctimeMs}000000` });

  it.each([
    ["old times", -10_000, -10_000, true],
    ["just over two seconds", -2_001, -2_001, true],
    ["two seconds", -2_000, -10_000, false],
    ["a fresh modification", -1, -10_000, false],
    ["a fresh change, its modification time set back", -10_000, -1, false],
    ["a time after the recording", 5_000, -10_000, false],
  ])("given %s", (_, mtime, ctime, expected) => {
    expect(isTrusted(state(recordedAtMs + mtime, recordedAtMs + ctime), recordedAtMs)).toBe(expected);
  });

  it("never is given to a file that was just written", () => {
    writeFileSync(at("fresh"), "x");
    expect(isTrusted(stateOf(at("fresh")), Date.now())).toBe(false);
    expect(isTrusted(stateOf(at("fresh")), Date.now() + 60_000)).toBe(true);
  });
});

describe("reading a file in pieces", () => {
  it("hashes every byte", async () => {
    const content = Buffer.alloc(3_000_001, "stitchbook");
    writeFileSync(at("large"), content);
    expect(await digestFile(at("large"))).toEqual({ sha256: createHash("sha256").update(content).digest("hex"), bytes: content.length });
    writeFileSync(at("empty"), "");
    expect(await digestFile(at("empty"))).toEqual({ sha256: createHash("sha256").digest("hex"), bytes: 0 });
    await expect(digestFile(at("absent"))).rejects.toThrow("ENOENT");
  });

  it("hands over again what the consumer leaves, whatever the size of the pieces", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 90 }), async (content, chunkBytes, record) => {
        writeFileSync(at("pieces"), content);
        const seen: Buffer[] = [];
        const digest = await scanFile(at("pieces"), {
          chunkBytes,
          consume: ({ buffer, end, atEnd }) => {
            const done = atEnd ? end : end - (end % record);
            seen.push(Buffer.from(buffer.subarray(0, done)));
            return done;
          },
        });
        expect(Buffer.concat(seen).equals(content)).toBe(true);
        expect(digest).toEqual({ sha256: createHash("sha256").update(content).digest("hex"), bytes: content.length });
      }),
    );
  });
});
