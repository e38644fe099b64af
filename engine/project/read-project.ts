import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildTasks } from "./build-tasks.js";
import { configFile, readConfig } from "./config.js";
import { digestBytes, openDisk } from "./disk.js";
import { uniteIds, uniteLabels } from "./names.js";
import { noteGlob } from "./notes.js";
import { assignOwners } from "./owners.js";
import { ProjectError, makeError } from "./problems.js";
import { rememberLatest } from "./remember-latest.js";
import { nameRowTypes } from "./row-types/row-type-names.js";
import { checkDatasetValues, checkParams, checkRules } from "./settings-check.js";
import { findSources, readNotebooks, readTemplates } from "./sources.js";
import { seedTasks } from "./tasks.js";
import type { Config } from "./config.js";
import type { Disk, DiskBasis } from "./disk.js";
import type { Problem, Project } from "./types.js";
import { compareCodeUnits } from "./compare-code-units.js";

export { findRoot } from "./find-root.js";

export type ReadOptions = {
  /** Project paths of files that earlier runs made. Those that nobody declares any more are nobody's input. */
  readonly orphans?: ReadonlySet<string>;
};

/**
 * Reads a project and checks all that can be known before anything runs.
 * @param root the folder with stitchbook.yaml
 * @throws ProjectError with every problem that was found
 */
export async function readProject(root: string, options: ReadOptions = {}): Promise<Project> {
  return (await readWitnessed(root, options)).project;
}

/**
 * The same, with what the project as read rests on.
 * @throws ProjectError with every problem that was found
 */
export async function readWitnessed(root: string, options: ReadOptions = {}): Promise<{ readonly project: Project; readonly basis: DiskBasis }> {
  const { project, problems, basis } = await surveyProject(root, options);
  if (problems.some(({ severity }) => severity === "error")) throw new ProjectError(problems);
  return { project: { ...project, warnings: problems }, basis };
}

/**
 * Reads what can be read of a project, sound or not. What has an error is left out of it, and is no reason to run anything.
 * @throws ProjectError where there is no stitchbook.yaml that can be read
 */
export async function surveyProject(root: string, { orphans = new Set() }: ReadOptions = {}): Promise<{ readonly project: Project; readonly problems: readonly Problem[]; readonly basis: DiskBasis }> {
  const folder = resolve(root);
  const disk = openDisk(folder);
  const config = await loadConfig(folder, disk);
  const { project, problems } = await assemble({ root: folder, config, disk, orphans });
  return { project, problems: sortProblems(problems), basis: disk.basis };
}

type Assembly = { readonly root: string; readonly config: Config; readonly disk: Disk; readonly orphans: ReadonlySet<string> };

async function assemble({ root, config, disk, orphans }: Assembly): Promise<{ project: Project; problems: Problem[] }> {
  const sources = await readSources({ config, disk });
  const { notebooks, templates } = sources;
  const ids = uniteIds([...notebooks.stages, ...templates.reports]);
  const labels = uniteLabels(notebooks.labels);
  const stages = ids.kept.flatMap((node) => (node.kind === "stage" ? [node] : []));
  const reports = ids.kept.flatMap((node) => (node.kind === "report" ? [node] : []));
  const { datasets } = config;
  const isPartial = [config, notebooks, templates].some((each) => each.isPartial) || ids.problems.length + sources.problems.length > 0;
  const seeds = seedTasks(ids.kept, datasets);
  const rowTypes = nameRowTypes(stages);
  const owners = await assignOwners(seeds, { disk, sources: sources.files, sourceGlobs: sources.globs });
  const built = await buildTasks(seeds, {
    owners, datasets, disk, orphans, isPartial, stages, seeds, alerts: config.alerts,
    labels: new Map(labels.kept.map((each) => [each.label, each])),
  });
  // What a stage that can't be read declares is unknown, so that nothing is said about what seems to be missing.
  const settings = isPartial
    ? []
    : [
        ...checkParams(config.params, { stages, datasets }),
        ...checkDatasetValues({ stages, datasets }),
        ...(await checkRules(config.alerts, { owners, datasets, disk })),
      ];
  const fanOuts = datasets.length > 0 || config.isPartial ? [] : stages.filter(({ foreach }) => foreach);
  return {
    project: {
      root, stages, reports, datasets,
      name: config.name, timezone: config.timezone, logsKeep: config.logsKeep, params: config.params, alerts: config.alerts,
      partials: templates.partials,
      tasks: built.tasks,
      labels: new Map(labels.kept.map(({ label, stage, cell }) => [label, { stage, cell }])),
      ignoredNotebooks: notebooks.ignored,
      warnings: [],
    },
    problems: [
      ...config.problems, ...sources.problems, ...notebooks.problems, ...templates.problems, ...ids.problems, ...labels.problems, ...owners.problems, ...rowTypes.problems,
      ...fanOuts.map(({ id, place }) => makeError({
        code: "no-datasets",
        place,
        message: `the stage \`${id}\` fans out, but the project has no datasets`,
        hint: "list `datasets` in stitchbook.yaml",
      })),
      ...built.problems, ...settings,
    ],
  };
}

async function readSources({ config, disk }: Pick<Assembly, "config" | "disk">) {
  const [notebookFiles, templateFiles] = await Promise.all([
    findSources(disk, config.notebooks, config.isPartial),
    findSources(disk, config.templates, true),
  ]);
  const [notebooks, templates] = await Promise.all([readNotebooks(disk, notebookFiles.files), readTemplates(disk, templateFiles.files)]);
  return {
    notebooks,
    templates,
    files: [...notebookFiles.files, ...templateFiles.files],
    globs: [...[...config.notebooks, ...config.templates].map(({ glob }) => glob), noteGlob],
    problems: [...notebookFiles.problems, ...templateFiles.problems],
  };
}

async function loadConfig(root: string, disk: Disk): Promise<Config> {
  if (!existsSync(join(root, configFile))) {
    const hint = existsSync(join(root, "stitchbook.yml")) ? "rename stitchbook.yml" : "a project is a folder with this file; go to one, or name it with `--root DIR`";
    throw new ProjectError([makeError({ code: "no-config", place: { file: configFile }, message: `there is no such file in ${root}`, hint })]);
  }
  const { text, problem } = await disk.readText(configFile);
  if (text === null) throw new ProjectError([problem]);
  return rememberConfig(configFile, digestBytes(text), () => readConfig(text));
}

const rememberConfig = rememberLatest<Promise<Config>>();

/** stitchbook.yaml first, then files by code unit, each from top to bottom. */
function sortProblems(problems: readonly Problem[]): Problem[] {
  const rank = (file: string) => (file === configFile ? "" : file);
  return [...problems].sort(({ place: left }, { place: right }) =>
    compareCodeUnits(rank(left.file), rank(right.file)) || (left.cell ?? 0) - (right.cell ?? 0) || (left.line ?? 0) - (right.line ?? 0) || (left.column ?? 0) - (right.column ?? 0));
}
