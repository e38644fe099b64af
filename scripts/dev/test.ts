import { existsSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { $ } from "zx";
import { bringTestTools } from "./tools.js";

/** Everything that must hold before a change lands: types, lint, and every test. The last line counts them. */

type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };

const root = fileURLToPath(new URL("../..", import.meta.url));

async function check(name: string, command: readonly string[]): Promise<Counts> {
  // By its path: tslab's own TypeScript has a tsc, too.
  const result = await $({ cwd: root, nothrow: true, stdio: ["ignore", "inherit", "inherit"] })`${process.execPath} ${command}`;
  const isGood = result.exitCode === 0;
  console.log(`${isGood ? "ok    " : "FAILED"} ${name}`);
  return { passed: isGood ? 1 : 0, failed: isGood ? 0 : 1, skipped: 0 };
}

async function runVitest(env: Readonly<Record<string, string>>, filters: readonly string[]): Promise<Counts> {
  const results = join(tmpdir(), `stitchbook-test-${process.pid}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile=${results}`];
  const run = await $({ cwd: root, nothrow: true, stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, ...env } })`${process.execPath} node_modules/vitest/vitest.mjs run ${reporters} ${filters}`;
  if (!existsSync(results)) return { passed: 0, failed: 1, skipped: 0 };
  const counts = readCounts(readFileSync(results, "utf8"));
  rmSync(results);
  // A file that can't be loaded, or an error outside of any test, has no test to count.
  return run.exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

function readCounts(text: string): Counts {
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(text) as Record<string, number>;
  return { passed: numPassedTests ?? 0, failed: numFailedTests ?? 0, skipped: numPendingTests ?? 0 };
}

const filters = process.argv.slice(2);
const tools = await bringTestTools(root);
const env = {
  ...(tools.chromium === null ? { STITCHBOOK_SKIP_BROWSER: "1" } : { CHROMIUM_PATH: tools.chromium }),
  ...(tools.python === null ? { STITCHBOOK_SKIP_PYTHON: "1" } : { TEST_PYTHON: tools.python }),
};
const parts = [await check("types", ["node_modules/typescript/bin/tsc", "--noEmit"]), await check("lint", ["node_modules/eslint/bin/eslint.js", "."]), await runVitest(env, filters)];
const sum = (pick: (counts: Counts) => number) => parts.map(pick).reduce((a, b) => a + b, 0);
const [passed, failed, skipped] = [sum((each) => each.passed), sum((each) => each.failed), sum((each) => each.skipped)];

if (tools.chromium === null) console.log("SKIPPED: browser tests, since no Chromium is here (set CHROMIUM_PATH).");
if (tools.python === null) console.log("SKIPPED: Jupyter tests, since python3 with venv and pip is missing or can't reach its packages.");
const isStrict = process.env["CI"] === "true";
if (isStrict && skipped > 0) console.log("With CI=true a skip is a failure.");
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed > 0 || (isStrict && skipped > 0) ? 1 : 0;
