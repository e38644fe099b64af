import type { Drop } from "liquidjs";
import type { ArtifactDescription } from "../checkpoint/types.js";
import type { JsonValue, Problem, Report } from "../project/types.js";
import type { TemplateReference } from "../project/templates/template-tags.js";
import { hintName } from "../project/suggest-name.js";
import { readInput } from "./read-input.js";
import { RenderError } from "./render-error.js";

/** What a template may quote besides its labels. */
export type QuotedValues = {
  /** Absolute folder in which the declared inputs lie under their project paths. */
  readonly inputs: string;
  /** Stage id -> its artifacts, those of all its data sets. */
  readonly stages: Readonly<Record<string, readonly ArtifactDescription[]>>;
  /** `date` is RFC 3339. */
  readonly run: { readonly id: string; readonly date: string };
  /** Same names as the inputs, with the values of the last run that differed; null where there is none. */
  readonly previous: JsonValue;
  /** People's comments as Markdown; empty where there are none. */
  readonly notes?: string;
};

/** What is put into a report's text once its figures are made. */
export type PlacedReference = Exclude<TemplateReference, { readonly kind: "notes" }>;

/** The text of a report, with what its own tags asked for standing between its pieces of Markdown. */
export type RenderedTemplate = {
  readonly pieces: readonly (string | PlacedReference)[];
  /** Project path of a declared input -> its data. */
  readonly data: ReadonlyMap<string, JsonValue>;
};

/**
 * Renders a report's template to Markdown, with markers where figures, references and tables come.
 * @param context the report, its partials (project path -> text) and the values it may quote
 * @throws RenderError with every name that is missing and every value that can't be written, each with its place
 */
export async function renderTemplate(context: QuotedValues & { readonly report: Report; readonly partials: ReadonlyMap<string, string> }): Promise<RenderedTemplate> {
  const { report, partials } = context;
  const [{ createTemplateLanguage }, { markerEdge }, { templateFilters }, { escapeValue }] = await Promise.all([
    import("../project/templates/template-language.js"), import("../project/templates/template-tags.js"), import("./filters.js"), import("./escape.js"),
  ]);
  const data = await readInputs(report, context.inputs);
  const language = createTemplateLanguage({ file: report.file, body: report.body, bodyLineOffset: report.bodyLineOffset, partials }, { filters: templateFilters, escape: escapeValue });
  const { templates, problems } = language.parse(report.file, report.body);
  if (problems.length > 0) throw new RenderError(problems);
  const names = await namesFor(context, data);
  try {
    // As globals: partials rendered in a scope of their own see them too.
    const text: unknown = await language.liquid.render(templates, {}, { globals: names });
    const pieces = String(text).split(markerEdge).map((piece, index) => (index % 2 === 0 ? piece : (JSON.parse(piece) as TemplateReference)));
    return { pieces: placeNotes(pieces, context.notes ?? ""), data };
  } catch (error) {
    const found = language.explain(error, { file: report.file, line: report.bodyLineOffset + 1, column: 1 });
    throw new RenderError(unique(found.map((problem) => explainMissing(problem, names))));
  }
}

/** Puts comments where the text asks for them, or at its end. */
function placeNotes(pieces: readonly (string | TemplateReference)[], notes: string): RenderedTemplate["pieces"] {
  const isAsked = pieces.some((piece) => typeof piece !== "string" && piece.kind === "notes");
  const placed = pieces.map((piece) => (typeof piece !== "string" && piece.kind === "notes" ? notes : piece));
  return isAsked || notes === "" ? placed : [...placed, `\n\n## Notes\n\n${notes}\n`];
}

async function readInputs(report: Report, folder: string): Promise<Map<string, JsonValue>> {
  const files = Object.values(report.inputs);
  const read = await Promise.allSettled(files.map(({ pattern, place }) => readInput({ folder, file: pattern, place })));
  const problems = read.flatMap((each) => (each.status === "rejected" && each.reason instanceof RenderError ? each.reason.problems : []));
  if (problems.length > 0) throw new RenderError(problems);
  return new Map(read.flatMap((each, index) => {
    if (each.status === "rejected") throw each.reason;
    const file = files[index];
    return file === undefined ? [] : [[file.pattern, each.value] as const];
  }));
}

/** Everything a template can name: inputs, `stages`, `run`, `previous`. */
async function namesFor(context: QuotedValues & { report: Report }, data: ReadonlyMap<string, JsonValue>): Promise<Record<string, unknown>> {
  const inputs = Object.entries(context.report.inputs).map(([name, { pattern }]) => [name, data.get(pattern) ?? null] as const);
  const stages = Object.entries(context.stages).map(([id, artifacts]) => [id, { outputs: outputsByPath(artifacts) }] as const);
  return { stages: Object.fromEntries(stages), run: { ...context.run }, previous: await lenient(context.previous), ...Object.fromEntries(inputs) };
}

function outputsByPath(artifacts: readonly ArtifactDescription[]) {
  return Object.fromEntries(artifacts.map(({ path, rows, schemaHash, bytes }) => [path, { rows, schema_hash: schemaHash, bytes }]));
}

/** Values of which any may be missing: an absent one counts as false and takes `default`. */
async function lenient(value: JsonValue): Promise<unknown> {
  const { Drop } = await import("liquidjs");
  class Lenient extends Drop {
    constructor(readonly values: { readonly [key: string]: JsonValue }) {
      super();
    }
    override liquidMethodMissing(key: string | number): unknown {
      return Object.hasOwn(this.values, key) ? wrap(this.values[key] ?? null) : null;
    }
  }
  const wrap = (each: JsonValue): JsonValue | Drop => (typeof each === "object" && each !== null && !isList(each) ? new Lenient(each) : each);
  return wrap(value ?? {}) ?? {};
}

/** A missing name as people read it, with the nearest name that is there. */
function explainMissing(problem: Problem, names: Readonly<Record<string, unknown>>): Problem {
  const [, missing] = /^undefined variable: (.*)$/.exec(problem.message) ?? [];
  if (missing === undefined) return problem;
  const { parent, key } = walk(names, missing);
  const hint = typeof parent === "object" && parent !== null && !Array.isArray(parent) ? hintName(key, Object.keys(parent)) : undefined;
  return { ...problem, code: "unknown-name", message: `there is no \`${missing}\``, ...(hint === undefined ? {} : { hint }) };
}

/** The deepest thing that a dotted path leads to, and the part that isn't there. Keys may hold dots themselves. */
function walk(from: unknown, path: string): { parent: unknown; key: string } {
  const parts = path.split(".");
  for (let count = 1; count < parts.length && typeof from === "object" && from !== null; count += 1) {
    const key = parts.slice(0, count).join(".");
    if (Object.hasOwn(from, key)) return walk(Reflect.get(from, key), parts.slice(count).join("."));
  }
  return { parent: from, key: path };
}

function unique(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const key = JSON.stringify(problem);
    return !seen.has(key) && seen.add(key);
  });
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
