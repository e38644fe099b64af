import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAllRecords, readRecord, recordPath, recordText } from "../../engine/checkpoint/records.js";
import { sampleRecord } from "./sample-record.js";
import { temporaryFolder } from "./temporary-folder.js";

const stateFolder = temporaryFolder();
const task = "cleaning@new-york";
const path = recordPath(stateFolder, task);
mkdirSync(dirname(path), { recursive: true });

/** What reading gives when the file holds these bytes. */
function readBack(content: string | Uint8Array) {
  writeFileSync(path, content);
  return readRecord(stateFolder, task);
}

/** A file whose checksum is right, whatever it holds. */
function sealed(body: string): string {
  return `{"sha256":"${createHash("sha256").update(body).digest("hex")}","record":${body}}\n`;
}

describe("a record", () => {
  it("is read as it was written", () => {
    expect(readBack(recordText(sampleRecord()))).toEqual(sampleRecord());
    const settled = sampleRecord({ statesAt: "2025-01-01T00:01:00.000Z", artifacts: [], inputs: [], labels: [] });
    expect(readBack(recordText(settled))).toEqual(settled);
  });

  it("is JSON for other tools", () => {
    expect(JSON.parse(recordText(sampleRecord()))).toMatchObject({ record: { task } });
  });

  it("is null where there is none, or a folder in its place", () => {
    expect(readRecord(stateFolder, "absent")).toBeNull();
    expect(readRecord(join(stateFolder, "nowhere"), task)).toBeNull();
    mkdirSync(recordPath(stateFolder, "folder"));
    expect(readRecord(stateFolder, "folder")).toBeNull();
  });

  it("is null wherever its file is cut", () => {
    const bytes = Buffer.from(recordText(sampleRecord()));
    for (let length = 0; length < bytes.length; length += 1) expect(readBack(bytes.subarray(0, length))).toBeNull();
  });

  it("never is another record, however its file is damaged", () => {
    const original = sampleRecord();
    const bytes = Buffer.from(recordText(original));
    const position = fc.integer({ min: 0, max: bytes.length - 1 });
    const damage = fc.oneof(
      fc.record({ kind: fc.constant("replace" as const), position, bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }) }),
      fc.record({ kind: fc.constant("insert" as const), position, bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }) }),
      fc.record({ kind: fc.constant("remove" as const), position, bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }) }),
    );
    fc.assert(fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
      let damaged = bytes;
      for (const { kind, position: at, bytes: given } of damages) {
        const removed = kind === "insert" ? 0 : given.length;
        damaged = Buffer.concat([damaged.subarray(0, at), kind === "remove" ? Buffer.alloc(0) : given, damaged.subarray(at + removed)]);
      }
      const read = readBack(damaged);
      if (read !== null) expect(read).toEqual(original);
      if (!damaged.equals(bytes)) expect(read).toBeNull();
    }), { numRuns: 1_000 });
  });

  it("is null when a digit of it was edited by hand", () => {
    expect(readBack(recordText(sampleRecord()).replace('"rows":3', '"rows":4'))).toBeNull();
  });

  it("is null when two files' parts are mixed", () => {
    const [one, two] = [recordText(sampleRecord()), recordText(sampleRecord({ run: "20250101T000000Z-abd" }))];
    expect(readBack(one.slice(0, 300) + two.slice(300))).toBeNull();
  });

  it("of another version is null, its checksum right", () => {
    expect(readBack(recordText(sampleRecord({ version: 0 })))).toBeNull();
    expect(readBack(recordText(sampleRecord({ version: 2 })))).toBeNull();
  });

  it("of another task is null", () => {
    expect(readBack(recordText(sampleRecord({ task: "cleaning@New-York" })))).toBeNull();
  });

  it.each<readonly [string, () => string]>([
    ["no object", () => "[]"],
    ["null", () => "null"],
    ["no JSON", () => "{,}"],
    ["deeply nested", () => "[".repeat(100_000)],
    ...(["fingerprint", "contract", "artifacts", "inputs", "labels", "run", "startedAt", "finishedAt", "durationMs"] as const).map((key) => [`without ${key}`, (): string => JSON.stringify({ ...sampleRecord(), [key]: undefined })] as const),
    ["rows as text", () => JSON.stringify(sampleRecord()).replace('"rows":3', '"rows":"3"')],
    ["an unknown column type", () => JSON.stringify(sampleRecord()).replace('"type":"number"', '"type":"float"')],
    ["a state of words", () => JSON.stringify(sampleRecord()).replaceAll('"1700000000123456790"', '"yesterday"')],
    ["an unknown output", () => JSON.stringify(sampleRecord()).replace('"stream"', '"steam"')],
    ["parts that are no texts", () => JSON.stringify(sampleRecord()).replace('"params:seed":"7"', '"params:seed":7')],
  ])("that is %s is null, its checksum right", (_, body) => {
    expect(body()).not.toBe(JSON.stringify(sampleRecord()));
    expect(readBack(sealed(body()))).toBeNull();
    expect(readBack(sealed(JSON.stringify(sampleRecord())))).not.toBeNull();
  });
});

describe("the place of a record", () => {
  it("differs for datasets that differ in case, on any file system", () => {
    const names = ["a@Seattle", "a@seattle", "a@SEATTLE", "a", "a@.", "a@..", "b@x"].map((id) => basename(recordPath(stateFolder, id)).toLowerCase());
    expect(new Set(names).size).toBe(names.length);
  });

  it("lies in one folder, and its name is of bounded length", () => {
    for (const id of [`a@${"x".repeat(400)}`, "a@..", "a@.hidden"]) {
      expect(dirname(recordPath("/p/.stitchbook", id))).toBe("/p/.stitchbook/records");
      expect(basename(recordPath(stateFolder, id)).length).toBeLessThan(200);
    }
    expect(recordPath(stateFolder, `a@${"x".repeat(400)}1`)).not.toBe(recordPath(stateFolder, `a@${"x".repeat(400)}2`));
  });
});

describe("the records of many tasks", () => {
  it("are those that can be read", () => {
    for (const id of ["one", "two@x"]) writeFileSync(recordPath(stateFolder, id), recordText(sampleRecord({ task: id })));
    writeFileSync(recordPath(stateFolder, "three"), "{}");
    const records = readAllRecords(stateFolder, ["one", "two@x", "three", "four"]);
    expect([...records.keys()]).toEqual(["one", "two@x"]);
    expect(records.get("two@x")?.task).toBe("two@x");
  });
});
