import type { StaticAnalysis, Template } from "liquidjs";
import type { TemplateLanguage, TemplateSource } from "./template-language.js";
import type { TemplateReference } from "./template-tags.js";
import type { LabelReference, Place, PreviousQuote, Problem, ReportReferences, StageQuote } from "../types.js";
import { compareCodeUnits } from "../compare-code-units.js";
import { makeError } from "../problems.js";
import { hintName } from "../suggest-name.js";

/** All that a template names, in the order of its text, and what is wrong with it. */
export type TemplateReferences = Omit<ReportReferences, "notes"> & {
  readonly refs: readonly LabelReference[];
  readonly problems: readonly Problem[];
};

/** Names that every template has besides its inputs. */
const givenNames = ["stages", "run", "previous"];
const runNames = ["id", "date"];
/** What a report can quote of an output. */
const outputNames = ["rows", "bytes", "schema_hash"];

/**
 * Reads what a report's template refers to, without rendering it.
 * @param template file (project path), text after the front matter, number of lines before it, partials (project path or name -> text), names of the inputs
 * @returns references of the template and of the partials it renders, with places in the file each stands in
 */
export async function readTemplateReferences(template: TemplateSource & { readonly inputNames: readonly string[] }): Promise<TemplateReferences> {
  const [{ createTemplateLanguage }, tags, { analyzeSync, toValueSync }] = await Promise.all([
    import("./template-language.js"), import("./template-tags.js"), import("liquidjs"),
  ]);
  const language = createTemplateLanguage(template);
  const found: Found = { embeds: [], refs: [], tables: [], stages: [], previous: [], trends: [], problems: [], texts: [], locals: new Set() };
  const referenceOf = (each: Template): TemplateReference | null => (each instanceof tags.ReferenceTag ? each.reference : null);
  const visit = (templates: readonly Template[], trail: readonly string[]): void => {
    for (const each of templates) {
      addReference(found, referenceOf(each));
      for (const name of each.blockScope?.() ?? []) found.locals.add(name);
      for (const name of each.localScope?.() ?? []) found.locals.add(name.content);
      if (each.children === undefined) continue;
      const partial = partialOf(each);
      if (partial === null) visit(toValueSync(each.children(false, true)), trail);
      else if (partial === "dynamic") found.problems.push(dynamicPartial(language.placeAt(each.token)));
      else {
        partial.names.forEach((name) => found.locals.add(name));
        visitPartial(partial.name, language.placeAt(each.token), trail);
      }
    }
  };
  const visitPartial = (name: string, place: Place, trail: readonly string[]): void => {
    const key = language.findPartial(name);
    if (key === null) found.problems.push(unknownPartial(name, place, template.partials));
    else if (trail.includes(key)) found.problems.push(problem("partial-cycle", place, `the partial \`${name}\` renders itself: ${[...trail, key].join(" -> ")}`));
    else read(key, template.partials.get(key) ?? "", [...trail, key]);
  };
  const read = (file: string, text: string, trail: readonly string[]): void => {
    const isNew = !found.texts.some((each) => each.file === file);
    const { templates, problems } = language.parse(file, text);
    if (isNew) found.problems.push(...problems);
    if (problems.length > 0) namesOfBlocks(text).forEach((name) => found.locals.add(name));
    if (isNew) found.texts.push({ file, globals: analyzeSync(templates, { partials: false }).globals });
    visit(templates, trail);
  };
  read(template.file, template.body, []);
  for (const { file, globals } of found.texts) checkNames(found, { file, globals, language, inputNames: template.inputNames });
  checkEmbeds(found);
  const { embeds, refs, tables, stages, previous, trends } = found;
  const partials = found.texts.map(({ file }) => file).filter((file) => file !== template.file);
  return { embeds, refs, tables, stages, previous, trends, partials, problems: sortByPlace(found.problems, template.file) };
}

type Variables = StaticAnalysis["globals"];
type Variable = Variables[string][number];
type Found = {
  embeds: LabelReference[]; refs: LabelReference[]; tables: { path: string; place: Place }[];
  stages: StageQuote[]; previous: PreviousQuote[]; trends: { metric: string; place: Place }[]; problems: Problem[];
  texts: { file: string; globals: Variables }[];
  /** Names made by `assign`, `capture`, `for` and by the arguments of partials, anywhere. */
  locals: Set<string>;
};

function addReference(found: Found, reference: TemplateReference | null): void {
  if (reference === null || reference.kind === "notes") return;
  if (reference.kind === "trend") found.trends.push({ metric: reference.metric, place: reference.place });
  else if (reference.kind === "table") found.tables.push({ path: reference.path, place: reference.place });
  else found[reference.kind === "embed" ? "embeds" : "refs"].push({ label: reference.label, dataset: reference.dataset, place: reference.place });
}

/** The partial that a `render` or `include` names; null for other tags. */
function partialOf(template: Template): { name: string; names: string[] } | "dynamic" | null {
  if (template.partialScope === undefined) return null;
  const scope = template.partialScope();
  if (scope === undefined) return "dynamic";
  return { name: scope.name, names: [...scope.scope].map((each) => (typeof each === "string" ? each : each[0])) };
}

/** Names of a text that couldn't be parsed whole: those of its blocks would seem unknown. */
function namesOfBlocks(text: string): string[] {
  return [...text.matchAll(/\{%-?\s*(?:for|assign|capture)\s+([\w-]+)/g)].map((match) => match[1] ?? "").concat("forloop");
}

function checkNames(found: Found, context: { file: string; globals: Variables; language: TemplateLanguage; inputNames: readonly string[] }): void {
  const known = [...context.inputNames, ...givenNames, ...found.locals];
  for (const variable of Object.values(context.globals).flat()) {
    const name = String(variable.segments[0]);
    const { row, col, file } = variable.location;
    const place = context.language.placeOf(file ?? context.file, row, col);
    if (!known.includes(name)) found.problems.push(problem("unknown-name", place, `there is no \`${name}\` here`, hintName(name, known)));
    else if (name === "stages" && !context.inputNames.includes(name)) addStage(found, variable, place);
    else if (name === "previous") found.previous.push({ path: writtenPath(variable), place });
    else if (name === "run") checkRun(found, variable, place);
  }
}

/** The names after `previous`, or those up to one that is computed; then all within is quoted. */
function writtenPath({ segments: [, ...names] }: Variable): string[] {
  const computed = names.findIndex((each) => typeof each !== "string" && typeof each !== "number");
  return (computed === -1 ? names : names.slice(0, computed)).map(String);
}

function addStage(found: Found, variable: Variable, place: Place): void {
  const [, id, outputs, path, value] = variable.segments;
  if (typeof id !== "string" || (path !== undefined && typeof path !== "string")) {
    found.problems.push(problem("dynamic-reference", place, "the stage and the path after `stages` must be written out",
      'for example stages.cleaning.outputs["data/cleaned.csv"].rows: what a report depends on must be known before anything runs'));
    return;
  }
  if (outputs !== undefined && outputs !== "outputs") {
    found.problems.push(problem("unknown-name", place, `a stage has \`outputs\`, not \`${String(outputs)}\``));
    return;
  }
  if (path !== undefined && typeof value === "string" && !outputNames.includes(value)) {
    found.problems.push(problem("unknown-name", place, `an output has no \`${value}\``, hintName(value, outputNames)));
    return;
  }
  const values = path !== undefined && typeof value === "string" ? [value] : null;
  const index = found.stages.findIndex((each) => each.id === id && each.path === (path ?? null));
  const known = found.stages[index];
  if (known === undefined) found.stages.push({ id, path: path ?? null, values, place });
  else found.stages[index] = { ...known, values: known.values === null || values === null ? null : [...new Set([...known.values, ...values])] };
}

function checkRun(found: Found, variable: Variable, place: Place): void {
  const name = variable.segments[1];
  if (typeof name === "string" && !runNames.includes(name)) {
    found.problems.push(problem("unknown-name", place, `there is no \`run.${name}\``, hintName(name, runNames)));
  }
}

/** A label is embedded once, and only what is embedded can be referred to. */
function checkEmbeds(found: Found): void {
  const key = (each: LabelReference) => (each.dataset === null ? each.label : `${each.label}@${each.dataset}`);
  const embedded = new Set<string>();
  for (const embed of found.embeds) {
    if (embedded.has(key(embed))) found.problems.push(problem("duplicate-embed", embed.place, `\`${key(embed)}\` is embedded a second time`, `refer to the first with {% ref "${embed.label}" %}`));
    embedded.add(key(embed));
  }
  for (const ref of found.refs) {
    if (!embedded.has(key(ref))) found.problems.push(problem("unembedded-reference", ref.place, `\`${key(ref)}\` is not embedded in this report`, hintName(key(ref), embedded)));
  }
}

function dynamicPartial(place: Place): Problem {
  return problem("dynamic-reference", place, "the name of a partial must be written out", 'for example {% render "footer" %}');
}

function unknownPartial(name: string, place: Place, partials: ReadonlyMap<string, string>): Problem {
  const known = [...partials.keys()].map((key) => key.slice(key.lastIndexOf("/") + 1).replace(/\.md$/, ""));
  return problem("unknown-partial", place, `there is no partial \`${name}\``, hintName(name, known));
}

function sortByPlace(problems: readonly Problem[], first: string): Problem[] {
  const rank = (place: Place) => (place.file === first ? "" : place.file);
  return [...problems].sort((a, b) =>
    compareCodeUnits(rank(a.place), rank(b.place)) || (a.place.line ?? 0) - (b.place.line ?? 0) || (a.place.column ?? 0) - (b.place.column ?? 0));
}

function problem(code: string, place: Place, message: string, hint?: string): Problem {
  return makeError({ code, place, message, ...(hint === undefined ? {} : { hint }) });
}
