import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { tmpdir } from "node:os";
import { createHash } from "node:crypto";
import type { CellOutput } from "../../engine/notebook/types.js";
import { renderReport } from "../../engine/report/render-report.js";
import { readReport } from "../../engine/project/templates/report.js";

import { evaluateStage } from "./evaluate.js";
import { describeTable, parametersOf, readInputs } from "./facts.js";
import { writeCells } from "./write-notebook.js";
import { datasetsOf, fill, outputsOf, taskOf, type StageModel, type World } from "./world.js";

/** What a clean run gives. */
export type Truth = {
  /** Project path -> bytes as Latin-1, of every artifact and picture. */
  readonly files: ReadonlyMap<string, string>;
  /** Task -> what its labelled cell displayed. */
  readonly displayed: ReadonlyMap<string, readonly CellOutput[]>;
  /** Tasks that fail, or come after one that does. */
  readonly failing: ReadonlySet<string>;
};

/** Works out what a clean run of the project gives, without the engine's plan, store, compiler or records. */
export async function findTruth(world: World, root: string): Promise<Truth> {
  const files = new Map<string, string>();
  const displayed = new Map<string, readonly CellOutput[]>();
  const failing = new Set<string>();
  for (const stage of world.stages) {
    for (const dataset of datasetsOf(world, stage)) {
      const task = taskOf(stage, dataset);
      const inputs = readInputs(world, stage, dataset);
      if (inputs.some(({ producer }) => producer !== null && failing.has(producer))) {
        failing.add(task);
        continue;
      }
      const texts = inputs.map(({ path, producer }) => [path, (producer === null ? world.data.get(path) : files.get(path)) ?? ""] as const);
      const cells = writeCells(world, stage).flatMap(({ type, source, tags }, index) => (type === "code" ? [{ position: index + 1, source, isParameters: tags !== undefined }] : []));
      const env = Object.fromEntries(stage.env.flatMap((name) => (world.env.has(name) ? [[name, world.env.get(name) ?? ""]] : [])));
      const result = await evaluateStage({ root, file: stage.file, cells, parameters: parametersOf(world, stage, dataset), env, inputs: new Map(texts) });
      if (result.error !== null) {
        if (!stage.isBroken) throw result.error.error;
        failing.add(task);
        continue;
      }
      for (const path of outputsOf(stage)) files.set(fill(path, dataset), result.files.get(fill(path, dataset)) ?? "missing");
      displayed.set(task, [...result.displayed.values()].flat());
    }
  }
  const report = await renderTruth(world, { files, displayed, failing });
  if (report === null) failing.add("summary");
  else for (const [path, text] of report) files.set(path, text);
  return { files, displayed, failing };
}

const rendered = new Map<string, ReadonlyMap<string, string>>();

/** Renders the report from the truth about the stages; null where one that it needs fails. */
async function renderTruth(world: World, { files, displayed, failing }: Truth): Promise<ReadonlyMap<string, string> | null> {
  const { report, datasets } = world;
  const needed = [...report.embeds, ...report.metrics, ...report.rows].flatMap((stage) => datasetsOf(world, stage).map((dataset) => taskOf(stage, dataset)));
  if (neededBy(world).some((task) => failing.has(task))) return null;
  const { writeFiles } = await import("./write-world.js");
  const written = writeFiles(world);
  const embeds = report.embeds.flatMap((stage) => (stage.foreach ? datasets.slice(0, 2).map(({ name }) => name) : [null]).map((dataset) => ({ stage, dataset })));
  const embedded = new Map(
    embeds.map(({ stage, dataset }) => {
      const label = stage.label ?? "";
      const cell = writeCells(world, stage).findIndex(({ source }) => source.startsWith("//|")) + 1;
      const value = { label, cell, caption: stage.caption, alt: stage.alt, outputs: displayed.get(taskOf(stage, dataset)) ?? [], task: taskOf(stage, dataset), notebook: stage.file };
      return [dataset === null ? label : `${label}@${dataset}`, value] as const;
    }),
  );
  const stages = Object.fromEntries(report.rows.map((stage) => [stage.id, artifactsOf(world, stage, files)]));
  const inputs = report.metrics.map(({ metrics }) => metrics ?? "");
  const template = written.get("templates/summary.md") ?? "";
  const frame = written.get("templates/page.html") ?? null;
  const key = createHash("sha256").update(JSON.stringify([template, report.partial, frame, [...embedded], stages, inputs.map((path) => files.get(path)), needed])).digest("hex");
  const known = rendered.get(key);
  if (known !== undefined) return known;
  const folder = mkdtempSync(join(tmpdir(), "stitchbook-truth-"));
  try {
    for (const path of inputs) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), files.get(path) ?? "");
    }
    const { report: read } = await readReport("templates/summary.md", template);
    if (read === null) throw new Error("the template can't be read");
    const partials = new Map([["templates/footer.md", `${report.partial}\n`]]);
    const references = { embeds: [], tables: [], stages: [], previous: [], trends: [], partials: [], notes: [] };
    const result = await renderReport({ report: { ...read, references }, partials, inputs: folder, embedded, stages, run: { id: "none", date: "2024-01-01T00:00:00Z" }, previous: null, frame });
    const found = new Map([...result.files].map(([path, content]) => [path, Buffer.from(content).toString("latin1")]));
    rendered.set(key, found);
    return found;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The tasks that the report takes something from. */
export function neededBy(world: World): string[] {
  const { report, datasets } = world;
  const first = (stage: StageModel, count: number): (string | null)[] => (stage.foreach ? datasets.slice(0, count).map(({ name }) => name) : [null]);
  return [
    ...report.embeds.flatMap((stage) => first(stage, 2).map((dataset) => taskOf(stage, dataset))),
    ...report.metrics.map((stage) => taskOf(stage, null)),
    ...report.rows.flatMap((stage) => first(stage, 1).map((dataset) => taskOf(stage, dataset))),
  ];
}

function artifactsOf(world: World, stage: StageModel, files: ReadonlyMap<string, string>) {
  return datasetsOf(world, stage).flatMap((dataset) => outputsOf(stage).map((path) => describeTable(fill(path, dataset), files.get(fill(path, dataset)) ?? "")));
}

/** Every declared file on disk, and the pictures. */
export function readFound(root: string, files: Iterable<string>): Map<string, string> {
  const found = new Map<string, string>();
  for (const path of files) {
    try {
      found.set(path, readFileSync(join(root, path), "latin1"));
    } catch {
      found.set(path, "missing");
    }
  }
  return found;
}


/** Where two texts part, for messages; null where they are the same. */
export function findDifference(found: string | undefined, expected: string | undefined): string | null {
  if (found === expected) return null;
  if (found === undefined || expected === undefined) return found === undefined ? "there is none" : "there is one";
  const at = [...expected].findIndex((letter, index) => letter !== found[index]);
  const around = (text: string): string => JSON.stringify(text.slice(Math.max(0, at - 60), at + 60));
  return `expected ${around(expected)}, found ${around(found)}`;
}
