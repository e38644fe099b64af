import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Cell, CellOptions, Dataset, OutputContract, Project, Report, Stage, Task, TaskInput } from "../../engine/project/types.js";

/** A temporary project folder. `write` takes project paths; `remove` deletes all. */
export function makeFolder(files: Readonly<Record<string, string>> = {}) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "stitchbook-plan-")));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  return { root, write, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** Cells of a notebook: text alone is a code cell; the front matter is cell 1, so the first is cell 2. */
export function makeCells(sources: readonly (string | (Partial<Omit<Cell, "options">> & { source: string; options?: Partial<CellOptions> }))[]): Cell[] {
  return sources.map((entry, index) => {
    const given = typeof entry === "string" ? { source: entry } : entry;
    const { options, ...rest } = given;
    return { type: "code", position: index + 2, id: `cell-${index + 2}`, ...rest, options: { tags: [], ...options } };
  });
}

export function makeStage(given: Partial<Stage> & { id: string }): Stage {
  const file = given.file ?? `notebooks/${given.id}.ipynb`;
  return {
    kind: "stage",
    title: given.id,
    file,
    foreach: false,
    inputs: [],
    outputs: [],
    env: [],
    secrets: [],
    retry: { attempts: 1, delayMs: 0 },
    timeoutMs: 3_600_000,
    maxAgeMs: null,
    idempotent: true,
    metrics: [],
    cells: [],
    parameters: [],
    place: { file, cell: 1, line: 1 },
    ...given,
  };
}

export function makeReport(given: Partial<Report> & { id: string }): Report {
  const file = given.file ?? `templates/${given.id}.md`;
  return {
    kind: "report",
    title: given.id,
    file,
    outputs: { markdown: `reports/${given.id}.md`, html: null, images: "reports/images" },
    inputs: {},
    body: "",
    bodyLineOffset: 4,
    references: { embeds: [], tables: [], stages: [], previous: [], trends: [], partials: [], notes: [] },
    place: { file, line: 1 },
    ...given,
  };
}

/** A task of a node; inputs are `path` for a source file, `[path, producer]` for one that a task makes. */
export function makeTask(node: Stage | Report, given: { inputs?: readonly (string | readonly [string, string])[]; dataset?: Dataset; dependsOn?: readonly string[] } = {}): Task {
  const inputs: TaskInput[] = (given.inputs ?? []).map((input) => (typeof input === "string" ? { path: input, producer: null } : { path: input[0], producer: input[1] }));
  const outputs: readonly OutputContract[] = node.kind === "stage" ? node.outputs : [makeOutput(node.outputs.markdown)];
  const producers = inputs.flatMap((input) => (input.producer === null ? [] : [input.producer]));
  return {
    id: given.dataset === undefined ? node.id : `${node.id}@${given.dataset.name}`,
    node,
    dataset: given.dataset ?? null,
    inputs,
    outputs,
    dependsOn: given.dependsOn ?? [...new Set(producers)],
  };
}

export function makeOutput(path: string, given: Partial<OutputContract> = {}): OutputContract {
  return { path, place: { file: "notebooks/x.ipynb", cell: 1, line: 1 }, ...given };
}

export function makeProject(root: string, tasks: readonly Task[] = [], given: Partial<Project> = {}): Project {
  const nodes = tasks.map((task) => task.node);
  return {
    root,
    name: "made",
    timezone: "UTC",
    logsKeep: 200,
    alerts: null,
    partials: {},
    datasets: [],
    params: [],
    stages: nodes.flatMap((node) => (node.kind === "stage" ? [node] : [])),
    reports: nodes.flatMap((node) => (node.kind === "report" ? [node] : [])),
    tasks,
    labels: new Map(),
    ignoredNotebooks: [],
    warnings: [],
    ...given,
  };
}
