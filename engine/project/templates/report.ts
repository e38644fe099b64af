import { posix } from "node:path";
import { splitFrontMatter } from "../front-matter.js";
import { makeError } from "../problems.js";
import { parseYaml } from "../yaml-source.js";
import type { DeclarationContext } from "../declared-paths.js";
import type { InputPattern, Problem, Report } from "../types.js";

/** A report whose text was not looked into yet. */
export type ReportMatter = Omit<Report, "references">;

export type ReadReport = {
  /** Null for a partial, and for a report without a usable id or outputs. */
  readonly report: ReportMatter | null;
  readonly isReport: boolean;
  readonly isPartial: boolean;
  readonly problems: readonly Problem[];
};

const ownKeys = ["report", "outputs", "inputs"];

/** Names that the text of every report has already. */
const givenNames = ["stages", "run", "previous"];

/**
 * Reads a template as a report.
 * @param file the template's project path
 * @param text its text
 */
export async function readReport(file: string, text: string): Promise<ReadReport> {
  const split = await splitFrontMatter(text);
  if (split === null) return { report: null, isReport: false, isPartial: false, problems: [] };
  if (split.kind === "broken") {
    return broken([makeError({ code: "front-matter", place: { file, line: split.line }, message: split.message, hint: split.hint })]);
  }
  const source = parseYaml(split.yaml, { file });
  if (source.problems.length > 0) return broken(source.problems);
  const isReport = typeof source.value === "object" && source.value !== null && Object.keys(source.value).some((key) => ownKeys.includes(key));
  if (!isReport) return { report: null, isReport: false, isPartial: false, problems: [] };
  const problems: Problem[] = [];
  const { id, title, outputs, inputs } = await readReportMatter({ source, problems });
  if (id === null || outputs === null) return broken(problems);
  const { body, bodyLineOffset } = split;
  const place = source.locate(["report"], "key");
  const report: ReportMatter = { kind: "report", id, title: title ?? id, file, outputs, inputs, body, bodyLineOffset, place };
  return { report, isReport: true, isPartial: false, problems };
}

async function readReportMatter(context: DeclarationContext) {
  const [{ openFields }, { reportShape }] = await Promise.all([import("../shapes/field-reader.js"), import("../shapes/report-shape.js")]);
  const fields = openFields(context.source, context.problems);
  const id = fields.read("report", reportShape.report);
  const title = fields.read("title", reportShape.title);
  const outputs = fields.read("outputs", reportShape.outputs);
  const inputs = fields.read("inputs", reportShape.inputs) ?? {};
  fields.finish();
  return {
    id,
    title,
    outputs: outputs === null ? null : await readReportOutputs(context, outputs),
    inputs: await readReportInputs(context, inputs),
  };
}

type OutputPaths = { readonly markdown: string; readonly html?: string | undefined; readonly images?: string | undefined };

async function readReportOutputs(context: DeclarationContext, outputs: OutputPaths): Promise<Report["outputs"] | null> {
  const { readOutputPath } = await import("../declared-paths.js");
  const read = async (key: keyof OutputPaths): Promise<string | null | undefined> => {
    const written = outputs[key];
    // The images are a folder, so a slash at its end is no mistake.
    if (written === undefined) return undefined;
    const path = readOutputPath(context, ["outputs", key], key === "images" ? written.replace(/\/+$/, "") : written);
    return path !== null && (await refuseDataset(context, ["outputs", key], path)) ? null : path;
  };
  const [markdown, html, images] = await Promise.all([read("markdown"), read("html"), read("images")]);
  if (markdown === null || markdown === undefined || html === null || images === null) return null;
  return { markdown, html: html ?? null, images: images ?? posix.join(posix.dirname(markdown), "images") };
}

async function readReportInputs(context: DeclarationContext, inputs: Readonly<Record<string, string>>): Promise<Record<string, InputPattern>> {
  const { readInputPattern } = await import("../declared-paths.js");
  const { describeField } = await import("../shapes/field-reader.js");
  const read: Record<string, InputPattern> = {};
  for (const [name, written] of Object.entries(inputs)) {
    const at = ["inputs", name];
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || givenNames.includes(name)) {
      const hint = givenNames.includes(name) ? `every report has \`${givenNames.join("`, `")}\` already` : "use letters, digits and `_`";
      context.problems.push(describeField(context.source, at, { code: "bad-input-name", message: "can't be the name of an input", hint }));
      continue;
    }
    const input = readInputPattern(context, at, written);
    if (input !== null && !(await refuseDataset(context, at, input.pattern))) read[name] = input;
  }
  return read;
}

async function refuseDataset({ source, problems }: DeclarationContext, at: readonly string[], path: string): Promise<boolean> {
  if (!path.includes("{dataset}")) return false;
  const { describeField } = await import("../shapes/field-reader.js");
  problems.push(describeField(source, at, {
    code: "dataset-without-foreach",
    message: "holds `{dataset}`, but a report doesn't fan out",
    hint: "name the file of one dataset",
  }));
  return true;
}

function broken(problems: readonly Problem[]): ReadReport {
  return { report: null, isReport: true, isPartial: true, problems };
}

