import { compareCodeUnits } from "./compare-code-units.js";
import type { Disk } from "./disk.js";
import { splitFrontMatter } from "./front-matter.js";
import type { Tolerance } from "./shapes/note-shape.js";
import { makeError } from "./problems.js";
import { hintName } from "./suggest-name.js";
import type { Place, Problem } from "./types.js";
import { parseYaml } from "./yaml-source.js";

/** Where people's comments lie. */
export const noteGlob = "templates/notes/*.md";

/** What somebody wrote about a report, on a day. */
export type Note = {
  /** Project path. */
  readonly file: string;
  /** `2026-11-24`. */
  readonly date: string;
  /** Id of the report that shows it; null for every report. */
  readonly report: string | null;
  /** What it speaks of, with the values of that day. */
  readonly metrics: readonly (readonly [name: string, value: number])[];
  readonly tolerance: Tolerance;
  /** Markdown. */
  readonly text: string;
  readonly place: Place;
};

/** Reads every note, the newest first. */
export async function readNotes(disk: Disk): Promise<{ readonly notes: readonly Note[]; readonly problems: readonly Problem[] }> {
  const files = await disk.glob(noteGlob);
  const read = await Promise.all(
    files.map(async (file) => {
      const { text, problem } = await disk.readText(file);
      return text === null ? { note: null, problems: [problem] } : readNote(file, text);
    }),
  );
  const notes = read.flatMap(({ note }) => note ?? []).sort((a, b) => compareCodeUnits(b.date, a.date) || compareCodeUnits(a.file, b.file));
  return { notes, problems: read.flatMap(({ problems }) => problems) };
}

async function readNote(file: string, text: string): Promise<{ readonly note: Note | null; readonly problems: readonly Problem[] }> {
  const split = await splitFrontMatter(text);
  if (split === null) return { note: null, problems: [makeError({ code: "front-matter", place: { file, line: 1 }, message: "a note begins with a front matter that holds its date", hint: "begin it with the lines `---`, `date: 2026-11-24`, `---`" })] };
  if (split.kind === "broken") return { note: null, problems: [makeError({ code: "front-matter", place: { file, line: split.line }, message: split.message, hint: split.hint })] };
  const source = parseYaml(split.yaml, { file });
  if (source.problems.length > 0) return { note: null, problems: source.problems };
  const [{ openFields }, { noteShape }] = await Promise.all([import("./shapes/field-reader.js"), import("./shapes/note-shape.js")]);
  const problems: Problem[] = [];
  const fields = openFields(source, problems);
  const date = fields.read("date", noteShape.date);
  const report = fields.read("report", noteShape.report);
  const metrics = fields.read("metrics", noteShape.metrics);
  const tolerance = fields.read("tolerance", noteShape.tolerance);
  fields.finish();
  if (date === null || metrics === null || tolerance === null) return { note: null, problems };
  const note = { file, date, report: report ?? null, metrics: Object.entries(metrics), tolerance, text: split.body.trim(), place: source.locate([report === null || report === undefined ? "date" : "report"]) };
  return { note, problems };
}

/** Finds notes for a report that isn't there. */
export function checkNotes(notes: readonly Note[], reports: readonly string[]): Problem[] {
  return notes.flatMap(({ report, place }) => {
    if (report === null || reports.includes(report)) return [];
    const hint = hintName(report, reports);
    return [makeError({ code: "unknown-report", place, message: `there is no report \`${report}\``, ...(hint === undefined ? {} : { hint }) })];
  });
}
