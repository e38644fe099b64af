import type { Project, Stage } from "../engine/project/types.js";
import { draftReport } from "../engine/scaffold/new-report.js";
import { draftStage } from "../engine/scaffold/new-stage.js";
import { FileExistsError, type NewFiles, writeNewFiles } from "../engine/scaffold/write-new-files.js";
import { type Command, exitCodes, nearest, UsageError } from "./command.js";
import { findSite, openProject } from "./project-commands.js";

const kinds = ["stage", "report"] as const;

export const command: Command = {
  usage: "stage|report NAME [options]",
  summary: "Begin a stage (notebook, module, test) or a report that can be run at once.",
  options: { after: { type: "string" } },
  optionHelp: { after: "STAGE  read what this stage makes; for a report: embed what it shows" },
  async run({ flags, positionals }) {
    const [kind, id, other] = await readNames(positionals);
    if (other !== undefined) throw new UsageError(`new makes one ${kind}, found a second name: ${other}`);
    const project = await openProject(findSite(flags), { isReadOnly: true });
    refuseName(project, id);
    const after = await findStage(project, flags.text("after"));
    const { files, next } = draft(project, { kind, id, after });
    await writeNewFiles(project.root, files).catch((error: unknown) => {
      throw error instanceof FileExistsError ? new UsageError(error.message) : error;
    });
    if (flags.has("json")) process.stdout.write(`${JSON.stringify({ files: Object.keys(files) })}\n`);
    else if (!flags.has("quiet")) {
      for (const path of Object.keys(files)) process.stdout.write(`made  ${path}\n`);
      process.stdout.write(next);
    }
    return exitCodes.ok;
  },
};

type Kind = (typeof kinds)[number];

async function readNames([named, id, other]: readonly string[]): Promise<[Kind, string, string | undefined]> {
  if (named === undefined) throw new UsageError("new needs to know what: stitchbook new stage NAME --after STAGE");
  const kind = kinds.find((each) => each === named);
  if (kind === undefined) throw new UsageError(`new makes a stage or a report, found ${named}${await nearest(named, kinds, (name) => name)}`);
  if (id === undefined) throw new UsageError(`a ${kind} needs a name: stitchbook new ${kind} NAME`);
  if (!/^[a-z0-9-]+$/.test(id)) {
    const near = id.normalize("NFKD").replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
    throw new UsageError(`a name has small letters, digits and -, found ${id}${near === "" ? "" : `; did you mean ${near}?`}`);
  }
  return [kind, id, other];
}

function refuseName(project: Project, id: string): void {
  const present = [...project.stages, ...project.reports].find((node) => node.id === id);
  if (present !== undefined) throw new UsageError(`there is a ${present.kind} ${id} already, in ${present.file}`);
}

async function findStage(project: Project, id: string | undefined): Promise<Stage | null> {
  if (id === undefined) return null;
  const stage = project.stages.find((each) => each.id === id);
  if (stage !== undefined) return stage;
  const known = project.stages.map((each) => each.id);
  const near = await nearest(id, known, (name) => name);
  throw new UsageError(`--after: there is no stage ${id}${near === "" ? `; known: ${known.join(", ")}` : near}`);
}

type Request = { readonly kind: Kind; readonly id: string; readonly after: Stage | null };

function draft(project: Project, { kind, id, after }: Request): { readonly files: NewFiles; readonly next: string } {
  if (kind === "report") return { files: draftReport(project, { id, after }).files, next: `Next: write ${id}, then stitchbook run ${id}\n` };
  if (after?.outputs.length === 0) throw new UsageError(`--after: the stage ${after.id} makes no file that another could read`);
  const { files, module, output } = draftStage(project, { id, after });
  const owner = project.tasks.find((task) => task.outputs.some(({ path }) => path.toLowerCase() === output.toLowerCase()));
  if (owner !== undefined) throw new UsageError(`${output} is made by ${owner.id} already; choose another name`);
  return { files, next: `Next: write ${module}, then stitchbook run ${id}\n` };
}
