import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { readFileState } from "../../engine/checkpoint/file-state.js";
import { recordPath, recordText, RECORD_VERSION } from "../../engine/checkpoint/records.js";
import { contractHash } from "../../engine/plan/contract-hash.js";
import { fingerprintForRecord } from "../../engine/plan/plan-run.js";
import { readProject } from "../../engine/project/read-project.js";
import type { Task } from "../../engine/project/types.js";
import { createPlanContext } from "../../engine/run/plan-project.js";
import { notebook } from "../project/make-project.js";

/** How a large project is laid out: `stages` in a row, each for every one of `datasets`; 0 for stages that don't fan out. */
export type Layout = { readonly stages: number; readonly datasets: number };

/**
 * Writes a project of many tasks as it would stand after a good run of all of them, without executing any.
 *
 * @param root Absolute path of an empty folder.
 * @returns The number of tasks.
 */
export async function makeLargeProject(root: string, layout: Layout): Promise<number> {
  for (const [path, text] of Object.entries(writeSources(layout))) writeText(join(root, path), text);
  const project = await readProject(root);
  for (const task of project.tasks) for (const { path } of task.outputs) writeText(join(root, path), textOf(path));
  // Only what is 2 s old is trusted by its state.
  await delay(2_100);
  const stateFolder = join(root, ".stitchbook");
  mkdirSync(join(stateFolder, "records"), { recursive: true });
  const context = createPlanContext(project, { stateFolder, records: new Map(), env: {}, overrides: [], force: new Set(), now: Date.now(), isReadOnly: true });
  for (const task of project.tasks) {
    const inputs = task.inputs.map(({ path, producer }) => ({ path, sha256: digest(producer === null ? SOURCE : textOf(path)), state: stateOf(root, path) }));
    const fingerprint = await fingerprintForRecord(context, task, new Map(inputs.map(({ path, sha256 }) => [path, sha256])));
    writeFileSync(recordPath(stateFolder, task.id), recordText(makeRecord(root, task, { inputs, fingerprint })));
  }
  return project.tasks.length;
}

const SOURCE = "key,value\na,1\n";

function writeSources({ stages, datasets }: Layout): Record<string, string> {
  const names = Array.from({ length: datasets }, (_, index) => `d${String(index).padStart(5, "0")}`);
  const files: Record<string, string> = {
    "stitchbook.yaml": `name: large\n${datasets === 0 ? "" : `datasets: [${names.join(", ")}]\n`}`,
    "stages/shared.ts": 'import { factor } from "./factor";\nexport const scale = (x: number): number => x * factor;\n',
    "stages/factor.ts": "export const factor = 3;\n",
  };
  const part = datasets === 0 ? "" : "-{dataset}";
  for (const name of datasets === 0 ? [""] : names.map((each) => `-${each}`)) files[`data/source${name}.csv`] = SOURCE;
  for (let index = 0; index < stages; index += 1) {
    const input = index === 0 ? `data/source${part}.csv` : `data/made-${index - 1}${part}.csv`;
    const front = ["---", `stage: stage-${index}`, `inputs: ["${input}"]`, `outputs: ["data/made-${index}${part}.csv"]`, ...(datasets === 0 ? [] : ["foreach: dataset"]), "---"];
    files[`notebooks/${String(index).padStart(4, "0")}.ipynb`] = notebook([
      front.join("\n"),
      ...(datasets === 0 ? [] : [{ source: 'const dataset: string = "none"', tags: ["parameters"] }]),
      'import { scale } from "../stages/shared";\nimport * as aq from "arquero";',
      `console.log(scale(${index}), aq.table({ a: [1] }).numRows());`,
    ]);
  }
  return files;
}

function textOf(path: string): string {
  return `key,value\n${path},1\n`;
}

function makeRecord(root: string, task: Task, given: Pick<Parameters<typeof recordText>[0], "inputs" | "fingerprint">): Parameters<typeof recordText>[0] {
  const now = new Date().toISOString();
  const artifacts = task.outputs.map(({ path }) => ({ path, bytes: textOf(path).length, sha256: digest(textOf(path)), rows: 1, schema: [{ name: "key", type: "string" as const }, { name: "value", type: "integer" as const }], schemaHash: "a", state: stateOf(root, path) }));
  return { version: RECORD_VERSION, task: task.id, contract: contractHash(task), artifacts, labels: [], run: "made", startedAt: now, finishedAt: now, durationMs: 100, ...given };
}

function stateOf(root: string, path: string): NonNullable<ReturnType<typeof readFileState>> {
  const state = readFileState(join(root, path));
  if (state === null) throw new Error(`no ${path}`);
  return state;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function writeText(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
