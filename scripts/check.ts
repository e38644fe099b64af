import { join } from "node:path";
import { compileNotebooks } from "../engine/notebook/compile/compile-notebooks.js";
import { readEveryRecord } from "../engine/checkpoint/records.js";
import { createPlanCache, type PlanCache } from "../engine/plan/plan-cache.js";
import { findCodeProblems } from "../engine/plan/plan-run.js";
import { formatProblem, ProjectError } from "../engine/project/problems.js";
import { resolveParameters } from "../engine/project/parameter-values.js";
import { surveyProject } from "../engine/project/read-project.js";
import type { Problem, Project } from "../engine/project/types.js";
import { type Command, exitCodes } from "./command.js";
import { findSite, madePaths, openProject, refuseArguments, type Site } from "./project-commands.js";

type Findings = { readonly problems: readonly Problem[]; readonly project: Project | null };

export const command: Command = {
  usage: "[options]",
  summary: "Read and type-check everything: configuration, front matter, graph, notebooks, templates. Runs nothing.",
  options: { param: { type: "string", multiple: true } },
  optionHelp: { param: "NAME=VALUE  check this value of a parameter, too" },
  async run({ flags, positionals }) {
    refuseArguments("check", positionals);
    const site = findSite(flags);
    const { problems, project } = await findProblems(site, flags.list("param"));
    const errors = problems.filter((problem) => problem.severity === "error").length;
    if (flags.has("json")) process.stdout.write(`${JSON.stringify({ problems, ignored: project?.ignoredNotebooks ?? [] })}\n`);
    else {
      for (const problem of problems) process.stderr.write(`${problem.severity === "warning" ? "warning: " : ""}${formatProblem(problem)}\n`);
      for (const notebook of flags.has("quiet") ? [] : (project?.ignoredNotebooks ?? [])) process.stdout.write(`ignored: ${notebook} has no front matter with \`stage:\`\n`);
      if (!flags.has("quiet")) process.stdout.write(summarise(errors, problems.length - errors, project));
    }
    return errors === 0 ? exitCodes.ok : exitCodes.unusable;
  },
};

async function findProblems(site: Site, overrides: readonly string[]): Promise<Findings> {
  let project: Project;
  try {
    project = await openProject(site, { isReadOnly: true });
  } catch (error) {
    if (!(error instanceof ProjectError)) throw error;
    return { problems: [...error.problems, ...(await checkReadable(site, error.problems))], project: null };
  }
  const cache = createPlanCache(project.root, { stateFolder: site.stateFolder, isReadOnly: true });
  const found = [...project.warnings, ...resolveParameters(project, overrides).problems, ...(await checkCode(project, { site, cache })), ...missingAlternatives(project)];
  return { problems: found, project };
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
  const [code, compilation] = await Promise.all([
    findCodeProblems({ project, cache, env: process.env }),
    compileNotebooks({ root: project.root, notebooks: project.stages, cacheFolder: join(site.stateFolder, "cache") }),
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
