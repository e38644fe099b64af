import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createEmitter } from "../../engine/observe/bus.js";
import { formatBytes, formatCount, formatDuration, formatReasons } from "../../engine/observe/format.js";
import { LogFile, trimLogs } from "../../engine/observe/log-file.js";

const temporary = () => mkdtempSync(join(tmpdir(), "stitchbook-log-"));

describe("LogFile", () => {
  it("holds every event as one JSON line with time, level and run, in order", () => {
    const folder = join(temporary(), "logs");
    const log = new LogFile(folder, "2026-01-01T000000.000Z-aaaa");
    const emit = createEmitter("2026-01-01T000000.000Z-aaaa", [log.listener], () => 0);
    for (let index = 0; index < 5000; index += 1) emit({ event: "task.log", task: "a", stream: "stdout", cell: 2, message: `line ${index}` });
    emit({ event: "run.warning", message: "careful" });
    log.close();
    const events = readFileSync(log.path, "utf8").trimEnd().split("\n").map((line): unknown => JSON.parse(line));
    expect(events).toHaveLength(5001);
    expect(events[4999]).toMatchObject({ event: "task.log", message: "line 4999", level: "info", run: "2026-01-01T000000.000Z-aaaa", time: "1970-01-01T00:00:00.000Z" });
    expect(events[5000]).toMatchObject({ event: "run.warning", level: "warn" });
  });

  it("keeps the newest logs and nothing that is no log of a run is removed", () => {
    const folder = temporary();
    for (const day of ["01", "02", "03"]) new LogFile(folder, `2026-01-${day}T000000.000Z-aaaa`).close();
    new LogFile(folder, "notes").close();
    trimLogs(folder, 2);
    expect(readdirSync(folder).sort()).toEqual(["2026-01-02T000000.000Z-aaaa.jsonl", "2026-01-03T000000.000Z-aaaa.jsonl", "notes.jsonl"]);
  });
});

describe("formats for people", () => {
  it("groups, scales and names the first reason", () => {
    expect(formatCount(1234567)).toBe("1,234,567");
    expect(formatBytes(12_345)).toBe("12.3 kB");
    expect([40, 3200, 125_000, 4_800_000].map(formatDuration)).toEqual(["40 ms", "3.2 s", "2 min 5 s", "1 h 20 min"]);
    const changed = { kind: "code", subject: "stages/units.ts", detail: "changed" } as const;
    expect(formatReasons([changed, { kind: "params", subject: "seed", detail: "7 -> 8" }])).toBe("stages/units.ts changed (+1 more)");
  });
});
