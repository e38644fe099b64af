/**
 * Measures describing a CSV file of 3,000,000 rows and 6 columns (about 105 MB), each time in a fresh process; the
 * contract declares five columns with types, a list and bounds, and a key. Run by hand, on a machine with nothing else
 * to do: npx vite-node test/checkpoint/measure-large-csv.ts
 */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

const ROWS = 3_000_000;
const ROUNDS = 5;

/** What the fresh process runs. `process.argv` holds the file and the key's columns. */
const PROGRAM = `
import { describeArtifact } from "./engine/checkpoint/describe.ts";
const [, , absolute, key] = process.argv;
const contract = {
  path: "big.csv",
  place: { file: "measure" },
  rows: { min: 1, max: 5000000, text: "1..5000000" },
  columns: [
    { name: "id", type: "integer", required: true, minimum: 1 },
    { name: "date", type: "date", required: true },
    { name: "location", type: "string", required: true, enum: ["Seattle", "New York"] },
    { name: "temp_max", type: "number", required: true, minimum: -60, maximum: 60 },
    { name: "precipitation", type: "integer", required: false, minimum: 0 },
  ],
  key: key === "" ? [] : key.split(","),
};
const started = performance.now();
const { description, misses } = await describeArtifact({ absolute, path: "big.csv", ...(key === "none" ? {} : { contract }) });
const durationMs = performance.now() - started;
console.log(JSON.stringify({ durationMs, rows: description.rows, misses: misses.length, peakMb: process.resourceUsage().maxRSS / 1024 }));
`;

async function generate(path: string): Promise<void> {
  const out = createWriteStream(path);
  out.write("id,date,location,temp_max,precipitation,note\n");
  let state = 12345;
  for (let row = 0; row < ROWS; ) {
    const lines: string[] = [];
    for (const stop = Math.min(ROWS, row + 20_000); row < stop; row += 1) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const date = `2015-0${(state % 9) + 1}-1${state % 10}`;
      lines.push(`${row + 1},${date},${(state & 64) === 0 ? "New York" : "Seattle"},${((state % 1000) / 10 - 40).toFixed(1)},${state % 50},${row % 10 === 0 ? "x" : ""}\n`);
    }
    if (!out.write(lines.join(""))) await once(out, "drain");
  }
  out.end();
  await once(out, "finish");
}

const folder = mkdtempSync(join(tmpdir(), "measure-"));
try {
  const [csv, program] = [join(folder, "big.csv"), join(folder, "program.mjs")];
  await generate(csv);
  await build({ stdin: { contents: PROGRAM, resolveDir: process.cwd(), loader: "ts" }, bundle: true, platform: "node", format: "esm", packages: "external", outfile: program, logLevel: "error" });
  console.log(`${ROWS} rows, ${(statSync(csv).size / 1e6).toFixed(1)} MB`);
  for (const [name, key] of [["no contract", "none"], ["columns", ""], ["columns, key (id)", "id"], ["columns, key (id, date, location)", "id,date,location"]] as const) {
    const rounds = Array.from({ length: ROUNDS }, () => spawnSync(process.execPath, [program, csv, key], { encoding: "utf8" }).stdout.trim());
    console.log(name);
    for (const round of rounds) console.log(`  ${round}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
