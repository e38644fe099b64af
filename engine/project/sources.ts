import { digestBytes } from "./disk.js";
import { findBadGlob } from "./patterns.js";
import { checkNotes, type Note, readNotes } from "./notes.js";
import { makeError } from "./problems.js";
import { parseNotebook } from "./notebook-source.js";
import { rememberLatest } from "./remember-latest.js";
import { readReport, type ReportMatter } from "./templates/report.js";
import { readStage } from "./stage.js";
import type { SourceGlob } from "./config.js";
import type { Disk } from "./disk.js";
import type { LabelPlace } from "./stage.js";
import type { Problem, Report, Stage } from "./types.js";
import { compareCodeUnits } from "./compare-code-units.js";

export type Notebooks = {
  readonly stages: readonly Stage[];
  readonly ignored: readonly string[];
  readonly labels: readonly LabelPlace[];
  /** True where some notebook could not be read whole. */
  readonly isPartial: boolean;
  readonly problems: readonly Problem[];
};

/** Reads notebooks as stages, each file once. */
export async function readNotebooks(disk: Disk, files: readonly string[]): Promise<Notebooks> {
  const read = await Promise.all(files.map(async (file) => ({ file, ...(await readNotebook(disk, file)) })));
  return {
    stages: read.flatMap(({ stage }) => stage ?? []),
    ignored: read.flatMap(({ file, isStage }) => (isStage ? [] : [file])),
    labels: read.flatMap(({ labels }) => labels),
    isPartial: read.some(({ isPartial }) => isPartial),
    problems: read.flatMap(({ problems }) => problems),
  };
}

async function readNotebook(disk: Disk, file: string) {
  const { text, problem } = await disk.readText(file);
  return text === null ? readStages(file, { cells: [], problems: [problem] }) : rememberNotebook(file, digestBytes(text), () => readStages(file, parseNotebook(file, text)));
}

const rememberNotebook = rememberLatest<ReturnType<typeof readStages>>();

async function readStages(file: string, notebook: ReturnType<typeof parseNotebook>) {
  const isBroken = notebook.problems.length > 0;
  const read = await readStage(file, notebook.cells);
  // A notebook that can't be read may well be a stage: it is not listed as ignored.
  return { ...read, isStage: read.isStage || isBroken, isPartial: read.isPartial || isBroken, problems: [...notebook.problems, ...read.problems] };
}

export type Templates = {
  readonly reports: readonly Report[];
  readonly partials: Readonly<Record<string, string>>;
  readonly isPartial: boolean;
  readonly problems: readonly Problem[];
};

/** Reads templates as reports and partials, each file once. */
export async function readTemplates(disk: Disk, files: readonly string[]): Promise<Templates> {
  const { notes, problems } = await readNotes(disk);
  const read = await Promise.all(
    files.map(async (file) => {
      const { text, problem } = await disk.readText(file);
      if (text === null) return { file, text: "", report: null, isReport: true, isPartial: true, problems: [problem] };
      return { file, text, ...(await readReport(file, text)) };
    }),
  );
  const partials = Object.fromEntries(read.flatMap(({ file, text, isReport }) => (isReport ? [] : [[file, text]])));
  const followed = await Promise.all(read.flatMap(({ report }) => (report === null ? [] : [addReferences(report, { partials, notes })])));
  const isPartial = read.some((each) => each.isPartial);
  return {
    reports: followed.map(({ report }) => report),
    partials,
    isPartial,
    problems: [...read.flatMap((each) => each.problems), ...problems, ...(isPartial ? [] : checkNotes(notes, followed.map(({ report }) => report.id))), ...followed.flatMap(({ problems }) => problems)],
  };
}

async function addReferences(report: ReportMatter, { partials, notes }: Pick<Templates, "partials"> & { readonly notes: readonly Note[] }): Promise<{ readonly report: Report; readonly problems: readonly Problem[] }> {
  const { readTemplateReferences } = await import("./templates/template-references.js");
  const { embeds, tables, stages, previous, trends, partials: rendered, problems } = await readTemplateReferences({
    file: report.file,
    body: report.body,
    bodyLineOffset: report.bodyLineOffset,
    partials: new Map(Object.entries(partials)),
    inputNames: Object.keys(report.inputs),
  });
  return { report: { ...report, references: { embeds, tables, stages, previous, trends, partials: rendered, notes: notes.filter((note) => note.report === null || note.report === report.id) } }, problems };
}

/**
 * Finds the files that the globs of stitchbook.yaml mean.
 * @param mayBeEmpty true where a glob that nobody wrote may match nothing
 */
export async function findSources(disk: Disk, globs: readonly SourceGlob[], mayBeEmpty: boolean): Promise<{ files: string[]; problems: Problem[] }> {
  const files = new Set<string>();
  const problems: Problem[] = [];
  for (const { glob, place, isDefault } of globs) {
    const bad = findBadGlob(glob);
    if (bad !== null) {
      problems.push(makeError({ ...bad, place, message: `this ${bad.message}` }));
      continue;
    }
    const found = await disk.glob(glob);
    found.forEach((file) => files.add(file));
    if (found.length > 0 || (isDefault && mayBeEmpty)) continue;
    const hint = isDefault ? "add a notebook, or set `notebooks` to where they are" : "correct the glob, or add the files";
    problems.push(makeError({ code: "glob-no-match", place, message: `\`${glob}\` matches no file`, hint }));
  }
  return { files: [...files].sort(compareCodeUnits), problems };
}
