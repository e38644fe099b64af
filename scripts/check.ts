import { readFile } from "node:fs/promises";
import { isAbsolute, join, relative, resolve } from "node:path";
import { compileNotebooks } from "../engine/notebook/compile/compile-notebooks.js";
import { warnOfUnstripped } from "../engine/notebook/strip/unstripped-notebooks.js";
import { formatAnnotation } from "../engine/observe/annotations.js";
import { checkRules, formatRehearsal, type RuleCheck } from "../engine/observe/alerts/check-rules.js";
import { readEveryRecord } from "../engine/checkpoint/records.js";
import { findFilePlace } from "../engine/project/file-place.js";
import { findNotebooks } from "../engine/project/find-notebooks.js";
import { createPlanCache, type PlanCache } from "../engine/plan/plan-cache.js";
import { findCodeProblems } from "../engine/plan/plan-run.js";
import { madePaths } from "../engine/run/upkeep/made-paths.js";
import { formatProblem, ProjectError } from "../engine/project/problems.js";
import { resolveParameters } from "../engine/project/parameters/parameter-values.js";
import { describeRowTypes } from "../engine/project/row-types/row-types.js";
import { writeRowTypes } from "../engine/project/row-types/row-types-file.js";
import { surveyProject } from "../engine/project/read-project.js";
import type { Problem, Project } from "../engine/project/types.js";
import { type Command, exitCodes, type Flags, nearest, UsageError } from "./command.js";
import { findSite, openProject, refuseArguments, type Site } from "./project-commands.js";

type Findings = { readonly problems: readonly Problem[]; readonly project: Project | null; readonly rules?: RuleCheck["rehearsals"] };

const formats = ["text", "json", "github"] as const;
type Format = (typeof formats)[number];

export const command: Command = {
  usage: "[options]",
  summary: "Read and type-check everything: configuration, front matter, graph, notebooks, templates. Runs nothing.",
  options: { param: { type: "string", multiple: true }, format: { type: "string" }, schema: { type: "string" } },
  optionHelp: {
    param: "NAME=VALUE  check this value of a parameter, too",
    format: "FORMAT  text (for people), json, or github: annotations of GitHub Actions",
    schema: "NAME  check nothing; print the JSON Schema of config (stitchbook.yaml), stage or report (front matter)",
  },
  async run({ flags, positionals }) {
    refuseArguments("check", positionals);
    const schema = flags.text("schema");
    if (schema !== undefined) return printSchema(schema);
    const format = await readFormat(flags);
    const site = findSite(flags);
    const findings = await findProblems(site, flags.list("param"));
    const errors = findings.problems.filter((problem) => problem.severity === "error").length;
    await tellFindings(findings, { site, format, isQuiet: flags.has("quiet") });
    return errors === 0 ? exitCodes.ok : exitCodes.unusable;
  },
};

async function printSchema(named: string): Promise<number> {
  const { makeSchema, schemaNames } = await import("../engine/project/shapes/json-schema.js");
  const name = schemaNames.find((each) => each === named);
  if (name === undefined) throw new UsageError(`--schema: expected ${schemaNames.join(", ")}, found ${named}${await nearest(named, schemaNames, (near) => near)}`);
  process.stdout.write(`${JSON.stringify(makeSchema(name), null, 2)}\n`);
  return exitCodes.ok;
}

async function readFormat(flags: Flags): Promise<Format> {
  const named = flags.text("format");
  const format = formats.find((each) => each === named);
  if (named !== undefined && format === undefined) {
    throw new UsageError(`--format: expected ${formats.join(", ")}, found ${named}${await nearest(named, formats, (name) => name)}`);
  }
  if (flags.has("json") && format !== undefined && format !== "json") throw new UsageError(`--json and --format ${format} are two answers; ask for one`);
  return flags.has("json") ? "json" : (format ?? "text");
}

type Telling = { readonly site: Site; readonly format: Format; readonly isQuiet: boolean };

async function tellFindings({ problems, project, rules = [] }: Findings, { site, format, isQuiet }: Telling): Promise<void> {
  if (format === "json") {
    process.stdout.write(`${JSON.stringify({ problems, ignored: project?.ignoredNotebooks ?? [], rules: rules.map(({ watched, fired, runs }) => ({ path: watched.path, metric: watched.metric, dataset: watched.dataset, below: watched.below, above: watched.above, change: watched.change, fired, runs })) })}\n`);
    return;
  }
  for (const problem of problems) {
    if (format === "github") process.stdout.write(`${await annotate(problem, site)}\n`);
    else process.stderr.write(`${problem.severity === "warning" ? "warning: " : ""}${formatProblem(problem)}\n`);
  }
  if (isQuiet) return;
  for (const notebook of project?.ignoredNotebooks ?? []) process.stdout.write(`ignored: ${notebook} has no front matter with \`stage:\`\n`);
  for (const rule of rules) process.stdout.write(`alert: ${formatRehearsal(rule)}\n`);
  const errors = problems.filter((problem) => problem.severity === "error").length;
  process.stdout.write(summarise(errors, problems.length - errors, project));
}

/** GitHub knows files from the top of the checkout on. */
async function annotate(problem: Problem, { root }: Site): Promise<string> {
  const path = join(root, problem.place.file);
  const bytes = await readFile(path).catch(() => new Uint8Array());
  const top = process.env["GITHUB_WORKSPACE"];
  const way = top === undefined || top === "" ? ".." : relative(resolve(top), path);
  const file = way.startsWith("..") || isAbsolute(way) ? problem.place.file : way;
  return formatAnnotation({ problem, file, ...findFilePlace(problem.place, bytes) });
}

async function findProblems(site: Site, overrides: readonly string[]): Promise<Findings> {
  let project: Project;
  try {
    project = await openProject(site, { isReadOnly: true });
  } catch (error) {
    if (!(error instanceof ProjectError)) throw error;
    return { problems: [...error.problems, ...(await checkReadable(site, error.problems)), ...(await findUnstripped(site))], project: null };
  }
  const cache = createPlanCache(project.root, { stateFolder: site.stateFolder, isReadOnly: true });
  const found = [...project.warnings, ...resolveParameters(project, overrides).problems, ...(await checkCode(project, { site, cache })), ...missingAlternatives(project), ...(await findUnstripped(site))];
  const rules = checkRules(project, site.stateFolder);
  return { problems: [...found, ...rules.warnings], project, rules: rules.rehearsals };
}

async function findUnstripped({ root }: Site): Promise<Problem[]> {
  // Where the configuration can't be read, that is what is told.
  const files = await findNotebooks(root).catch(() => []);
  return warnOfUnstripped(root, files);
}

/** Types and imports of the notebooks that could be read although the project is not sound. */
async function checkReadable(site: Site, known: readonly Problem[]): Promise<Problem[]> {
  const project = await surveyProject(site.root, { orphans: madePaths(readEveryRecord(site.stateFolder)) }).then((survey) => survey.project, () => null);
  if (project === null || project.stages.length === 0) return [];
  const told = new Set(known.map((problem) => JSON.stringify(problem)));
  const cache = createPlanCache(project.root, { stateFolder: site.stateFolder, isReadOnly: true });
  return (await checkCode(project, { site, cache })).filter((problem) => !told.has(JSON.stringify(problem)));
}

async function checkCode(project: Project, { site, cache }: { readonly site: Site; readonly cache: PlanCache }): Promise<Problem[]> {
  writeRowTypes(project, site.stateFolder);
  const [code, compilation] = await Promise.all([
    findCodeProblems({ project, cache, env: process.env }),
    compileNotebooks({ root: project.root, notebooks: project.stages, cacheFolder: join(site.stateFolder, "cache"), dataTypes: describeRowTypes(project) }),
  ]);
  return [...code, ...compilation.problems];
}

/** A figure that somebody can't see needs words; only embedded ones are figures of a report. */
function missingAlternatives(project: Project): Problem[] {
  return project.stages.flatMap((stage) =>
    stage.cells
      .filter((cell) => cell.type === "code" && cell.options.label !== undefined && cell.options.alt === undefined && cell.options.caption === undefined)
      .map((cell) => ({
        severity: "warning" as const,
        code: "no-alt",
        place: { file: stage.file, cell: cell.position, line: 1 },
        message: `the labelled cell \`${cell.options.label ?? ""}\` has neither caption nor alt text`,
        hint: "Add `//| caption: ...` and, for a chart, `//| alt: ...` that says what it shows.",
      })),
  );
}

function summarise(errors: number, warnings: number, project: Project | null): string {
  const counted = (count: number, noun: string) => `${count} ${count === 1 ? noun : `${noun}s`}`;
  if (errors > 0) return `${counted(errors, "error")}, ${counted(warnings, "warning")}\n`;
  const size = project === null ? "" : `: ${counted(project.stages.length, "stage")}, ${counted(project.reports.length, "report")}, ${counted(project.tasks.length, "task")}`;
  return `All is well${size}${warnings > 0 ? ` (${counted(warnings, "warning")})` : ""}.\n`;
}
