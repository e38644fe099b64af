import { readEveryRecord } from "../engine/checkpoint/records.js";
import { madePaths } from "../engine/run/upkeep/made-paths.js";
import { ProjectError } from "../engine/project/problems.js";
import { surveyProject } from "../engine/project/read-project.js";
import type { Project } from "../engine/project/types.js";
import { applyClean, planClean, type CleanPlan } from "../engine/run/upkeep/clean.js";
import { recoverPublications } from "../engine/run/publish/recover-publications.js";
import { createRunId } from "../engine/run/run-id.js";
import { type Command, type CommandInput, exitCodes, type Flags } from "./command.js";
import { findSite, refuseArguments, type Site } from "./project-commands.js";
import { readWait, takeLock, waitHelp, waitValue } from "./wait.js";

export const command: Command = {
  usage: "[options]",
  summary: "Remove what runs made: artifacts and executed notebooks. Logs and .stitchbook/ stay. What was changed since it was made stays, too.",
  options: { orphans: { type: "boolean" }, force: { type: "boolean", short: "f" }, "dry-run": { type: "boolean", short: "n" }, wait: { type: "string" } },
  optionHelp: {
    orphans: "only what no stage, report or dataset declares any more",
    force: "also what was changed since, and declared outputs that are not on record",
    "dry-run": "show, and remove nothing",
    wait: waitHelp,
  },
  optionalValues: { wait: waitValue },
  run: clean,
};

async function clean({ flags, positionals }: CommandInput): Promise<number> {
  refuseArguments("clean", positionals);
  const waitMs = readWait(flags);
  const site = findSite(flags);
  if (flags.has("dry-run")) {
    tell(await cleanSite(site, flags), flags);
    return exitCodes.ok;
  }
  const lock = await takeLock(site, { runId: createRunId(Date.now(), Math.random), waitMs });
  if (lock === null) return exitCodes.locked;
  try {
    await recoverPublications({ projectRoot: site.root, stateFolder: site.stateFolder });
    tell(await cleanSite(site, flags), flags);
    return exitCodes.ok;
  } finally {
    await lock.release();
  }
}

async function cleanSite(site: Site, flags: Flags): Promise<CleanPlan> {
  const records = readEveryRecord(site.stateFolder);
  const project = await readDeclared(site, madePaths(records));
  const request = { project, records, onlyOrphans: flags.has("orphans"), isForced: flags.has("force") };
  const plan = await planClean(request);
  if (!flags.has("dry-run")) await applyClean(plan, request, site.stateFolder);
  return plan;
}

/** An input that is missing may be just what was left behind: then the way out must not be barred. All else may hide what is declared. */
async function readDeclared(site: Site, made: ReadonlySet<string>): Promise<Project> {
  const { project, problems } = await surveyProject(site.root, { orphans: made });
  const errors = problems.filter(({ severity, code }) => severity === "error" && code !== "missing-input" && code !== "glob-no-match");
  if (errors.length > 0) throw new ProjectError(errors);
  return project;
}

function tell({ remove, keep }: CleanPlan, flags: Flags): void {
  const isDry = flags.has("dry-run");
  if (flags.has("json")) {
    process.stdout.write(`${JSON.stringify({ dry_run: isDry, removed: remove, kept: keep })}\n`);
    return;
  }
  for (const { path, task } of flags.has("quiet") ? [] : remove) process.stdout.write(`${isDry ? "would remove" : "removed"}  ${path}  (${task})\n`);
  for (const { path, task, reason } of keep) {
    process.stderr.write(`kept  ${path}  (${reason === "changed" ? `changed since ${task} made it` : `declared by ${task}, but not on record`}; --force removes it, too)\n`);
  }
  if (!flags.has("quiet")) process.stdout.write(`${remove.length === 0 ? "Nothing" : remove.length === 1 ? "1 file" : `${remove.length} files`} ${isDry ? "to remove" : "removed"}.\n`);
}
