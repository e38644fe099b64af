import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openStore } from "../../../engine/store/store.js";
import { killAtCall, tell } from "../kill-at-call.js";

/** Puts a result of one artifact, and is killed at one of its calls of the file system. */
type Order = { readonly folder: string; readonly work: string; readonly name: string; readonly line: string; readonly killAt: number | null };

const order: Order = JSON.parse(process.argv[2] ?? "");
const { fs, calls } = killAtCall(order.killAt ?? Infinity, false);
const text = order.line.repeat(20_000);
await mkdir(order.work, { recursive: true });
await writeFile(join(order.work, "a.csv"), text);
const digest = (text: string) => createHash("sha256").update(text).digest("hex");
await openStore({ folder: order.folder, fs }).put({
  task: order.name,
  fingerprint: digest(order.name),
  contract: "c0ffee",
  artifacts: [{ path: "a.csv", bytes: text.length, sha256: digest(text), rows: null, schema: null, schemaHash: null }],
  inputs: [],
  cells: [],
  run: "run",
  startedAt: "2026-01-01T00:00:00.000Z",
  finishedAt: "2026-01-01T00:00:01.000Z",
  durationMs: 1000,
  folder: order.work,
});
tell(`finished after ${calls()} calls`);
