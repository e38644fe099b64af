import { writeSync } from "node:fs";
import { emptyState } from "../../../../engine/observe/history/entry.js";
import { appendRun } from "../../../../engine/observe/history/history.js";
import { sampleHead } from "../sample-head.js";

/** Appends runs without end, and tells of each once it is appended. Some change many metrics, some nothing. */
const [folder = "", first = "0"] = process.argv.slice(2);
for (let number = Number(first); ; number += 1) {
  const value = Math.floor(number / 3);
  const metrics = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`m.json:value.${index}`, value + index]));
  appendRun(folder, { head: sampleHead(number), stateKey: String(value), makeState: () => ({ ...emptyState, metrics }), isDurable: false });
  writeSync(1, `${number}\n`);
}
