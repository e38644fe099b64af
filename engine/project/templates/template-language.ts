import { Liquid, LiquidError, Parser, Tokenizer } from "liquidjs";
import type { FilterImplOptions, Template, Token } from "liquidjs";
import type { Place, Problem } from "../types.js";
import { makeError } from "../problems.js";
import { hintName } from "../suggest-name.js";
import { CaptureMarkupTag, TemplateMistake, referenceTags } from "./template-tags.js";

/** A template's text, where it stands, and the partials it may render (project path or name -> text). */
export type TemplateSource = {
  readonly file: string;
  readonly body: string;
  readonly bodyLineOffset: number;
  readonly partials: ReadonlyMap<string, string>;
};

export type TemplateLanguage = {
  readonly liquid: Liquid;
  placeAt(token: Token): Place;
  /** Place of a 1-based position in a text that was parsed under the name `file`. */
  placeOf(file: string | undefined, line: number, column: number): Place;
  /** The key of the partial that `{% render "name" %}` means; null where there is none. */
  findPartial(name: string): string | null;
  /** Parses all that can be parsed; `file` is the template's own file or the key of a partial. */
  parse(file: string, text: string): { readonly templates: Template[]; readonly problems: Problem[] };
  /** One problem, or several, for an error of LiquidJS. */
  explain(error: unknown, fallback: Place): Problem[];
};

/** LiquidJS's tags that give the same text for the same data and have a use in a report. */
const keptTags = ["#", "assign", "break", "capture", "case", "comment", "continue", "echo", "for", "if", "include", "liquid", "raw", "render", "unless"];
/** Filters that read the clock, roll dice, or hang on the machine's time zone. */
const droppedFilters = ["sample", "date_to_xmlschema", "date_to_rfc822", "date_to_string", "date_to_long_string"];
const ownFilters = ["format", "date"];

/**
 * LiquidJS as Stitchbook's templates speak it: a missing name is an error, `embed`, `ref` and `table` are known.
 * @param source the template and its partials
 * @param output how values are written; without it the language only reads
 */
export function createTemplateLanguage(
  source: TemplateSource,
  output?: { readonly filters: Readonly<Record<string, FilterImplOptions>>; readonly escape: (value: unknown) => string },
): TemplateLanguage {
  const findPartial = (name: string) => findPartialKey(source.partials, name);
  const liquid = new Liquid({
    strictFilters: true,
    strictVariables: true,
    ownPropertyOnly: true,
    relativeReference: false,
    catchAllErrors: true,
    timezoneOffset: 0,
    fs: partialFiles(source.partials),
    ...(output === undefined ? {} : { outputEscape: output.escape }),
  });
  const placeOf = (file: string | undefined, line: number, column: number): Place =>
    file === undefined || file === source.file
      ? { file: source.file, line: line + source.bodyLineOffset, column }
      : { file: partialFile(source.file, file), line, column };
  const placeAt = (token: Token): Place => {
    const [line = 1, column = 1] = token.getPosition();
    // LiquidJS names the file of tags, not of every token inside them.
    const file = token.file ?? [...source.partials].find(([, text]) => text === token.input && text !== source.body)?.[0];
    return placeOf(file, line, column);
  };
  for (const name of Object.keys(liquid.tags)) if (!keptTags.includes(name)) delete liquid.tags[name];
  for (const name of droppedFilters) liquid.unregisterFilter(name);
  for (const name of ownFilters) liquid.registerFilter(name, output?.filters[name] ?? ((value: unknown) => value));
  for (const [name, tag] of Object.entries(referenceTags(placeAt))) liquid.registerTag(name, tag);
  liquid.registerTag("capture", CaptureMarkupTag);
  const explain = (error: unknown, fallback: Place) => explainError(error, fallback, { liquid, placeAt });
  return { liquid, placeAt, placeOf, findPartial, explain, parse: (file, text) => parseAll({ liquid, file, text, explain, placeOf }) };
}

/** Parses token by token, so that one mistake doesn't hide the others. */
function parseAll(context: {
  liquid: Liquid; file: string; text: string;
  explain: TemplateLanguage["explain"]; placeOf: TemplateLanguage["placeOf"];
}): { templates: Template[]; problems: Problem[] } {
  const { liquid, file, text, explain, placeOf } = context;
  const templates: Template[] = [];
  const problems: Problem[] = [];
  const start = placeOf(file, 1, 1);
  try {
    const tokens = new Tokenizer(text, liquid.options.operators, file).readTopLevelTokens(liquid.options);
    const parser = new Parser(liquid);
    for (let token = tokens.shift(); token !== undefined; token = tokens.shift()) {
      try {
        templates.push(parser.parseToken(token, tokens));
      } catch (error) {
        const found = explain(error, start);
        // A mistake inside a block leaves the block's own end behind: not a second mistake.
        problems.push(...(problems.length > 0 ? found.filter((each) => each.code !== "stray-tag") : found));
      }
    }
  } catch (error) {
    problems.push(...explain(error, start));
  }
  return { templates, problems };
}

function explainError(error: unknown, fallback: Place, context: { liquid: Liquid; placeAt(token: Token): Place }): Problem[] {
  if (!(error instanceof Error)) throw error;
  const several: unknown = Reflect.get(error, "errors");
  if (Array.isArray(several)) return several.flatMap((each: unknown) => explainError(each, fallback, context));
  const cause = LiquidError.is(error) ? error.originalError : undefined;
  if (cause !== undefined && (LiquidError.is(cause) || Array.isArray(Reflect.get(cause, "errors")))) return explainError(cause, fallback, context);
  const place = LiquidError.is(error) ? context.placeAt(error.token) : fallback;
  const mistake = cause ?? error;
  if (mistake instanceof TemplateMistake) return [problem(mistake.code, place, mistake.message, mistake.hint)];
  const message = mistake === error && LiquidError.is(error) ? withoutPlace(error.message) : mistake.message;
  const [, unknownTag] = /^tag "(.+)" not found$/.exec(message) ?? [];
  if (unknownTag !== undefined) return [explainUnknownTag(unknownTag, place, Object.keys(context.liquid.tags))];
  const [, unknownFilter] = /^undefined filter: (.+)$/.exec(message) ?? [];
  if (unknownFilter !== undefined) {
    return [problem("unknown-filter", place, `there is no filter \`${unknownFilter}\``, hintName(unknownFilter, Object.keys(context.liquid.filters)))];
  }
  return [problem("template-syntax", place, message)];
}

function explainUnknownTag(name: string, place: Place, known: readonly string[]): Problem {
  if (/^(end\w*|else|elsif|when)$/.test(name)) return problem("stray-tag", place, `\`${name}\` without the tag that it belongs to`);
  return problem("unknown-tag", place, `there is no tag \`${name}\``, hintName(name, known) ?? `known: ${known.join(", ")}`);
}

/** LiquidJS appends the place as it counts it, without the front matter's lines. */
function withoutPlace(message: string): string {
  return message.replace(/(, file:.*)?, line:\d+, col:\d+$/, "");
}

function problem(code: string, place: Place, message: string, hint?: string): Problem {
  return makeError({ code, place, message, ...(hint === undefined ? {} : { hint }) });
}

function findPartialKey(partials: ReadonlyMap<string, string>, name: string): string | null {
  const endings = [name, `${name}.md`];
  const exact = endings.find((ending) => partials.has(ending));
  if (exact !== undefined) return exact;
  return [...partials.keys()].sort().find((key) => endings.some((ending) => key.endsWith(`/${ending}`))) ?? null;
}

function partialFile(templateFile: string, key: string): string {
  if (key.includes("/")) return key;
  const folder = templateFile.slice(0, templateFile.lastIndexOf("/") + 1);
  return `${folder}${key}${key.includes(".") ? "" : ".md"}`;
}

function partialFiles(partials: ReadonlyMap<string, string>) {
  const read = (key: string): string => partials.get(key) ?? "";
  return {
    exists: async (key: string) => partials.has(key),
    existsSync: (key: string) => partials.has(key),
    readFile: async (key: string) => read(key),
    readFileSync: read,
    resolve: (_folder: string, name: string) => findPartialKey(partials, name) ?? name,
    sep: "/",
  };
}
