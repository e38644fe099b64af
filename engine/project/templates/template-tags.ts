import { Drop, Hash, Tag, CaptureTag, TypeGuards } from "liquidjs";
import type { Context, Emitter, Liquid, Parser, TagToken, Token, TopLevelToken } from "liquidjs";
import type { Place } from "../types.js";
import { hintName } from "../suggest-name.js";

/** What a template's own tag asks for. Labels, data sets and paths are written out, so that they are known before anything runs. */
export type TemplateReference =
  | { readonly kind: "embed" | "ref"; readonly label: string; readonly dataset: string | null; readonly place: Place }
  | { readonly kind: "notes"; readonly place: Place }
  | { readonly kind: "trend"; readonly metric: string; readonly place: Place }
  | { readonly kind: "table"; readonly path: string; readonly columns: readonly string[] | null; readonly limit: number | null; readonly place: Place };

/** A mistake in the use of a tag or a filter. */
export class TemplateMistake extends Error {
  constructor(readonly code: string, message: string, readonly hint?: string) {
    super(message);
  }
}

/** Text made by the template itself (a `capture`): it was escaped when it was made. */
export class Markup extends Drop {
  constructor(readonly text: string) {
    super();
  }
  override valueOf(): string {
    return this.text;
  }
  override toString(): string {
    return this.text;
  }
}

/** The built-in `capture`, whose result isn't escaped a second time. */
export class CaptureMarkupTag extends CaptureTag {
  override *render(context: Context): Generator<unknown, void, string> {
    yield* super.render(context);
    const scope: { [name: string]: unknown } = context.bottom();
    scope[this.variable] = new Markup(String(scope[this.variable]));
  }
}

/** Separates the markers that tags leave in the rendered text; values never contain it. */
export const markerEdge = "\u0000";

type PlaceAt = (token: Token) => Place;

/** `{% embed "label", dataset: "name" %}`, `{% ref ... %}`, `{% table "path", columns: "a,b", limit: 10 %}`, `{% trend "metric" %}` and `{% notes %}`. */
export abstract class ReferenceTag extends Tag {
  abstract readonly reference: TemplateReference;

  render(_context: Context, emitter: Emitter): void {
    emitter.write(`${markerEdge}${JSON.stringify(this.reference)}${markerEdge}`);
  }
}

/** The tags that Stitchbook adds to LiquidJS, by name. */
export function referenceTags(placeAt: PlaceAt) {
  class EmbedTag extends ReferenceTag {
    readonly reference: TemplateReference;
    constructor(token: TagToken, rest: TopLevelToken[], liquid: Liquid, _parser: Parser) {
      super(token, rest, liquid);
      const kind = token.name === "ref" ? "ref" : "embed";
      const [label, options] = readArguments(this, token, ["dataset"]);
      const dataset = options.get("dataset") ?? null;
      if (typeof dataset === "number") throw new TemplateMistake("template-syntax", `\`dataset\` of \`${kind}\` must be a quoted name`);
      this.reference = { kind, label, dataset, place: placeAt(token) };
    }
  }
  class TableTag extends ReferenceTag {
    readonly reference: TemplateReference;
    constructor(token: TagToken, rest: TopLevelToken[], liquid: Liquid, _parser: Parser) {
      super(token, rest, liquid);
      const [path, options] = readArguments(this, token, ["columns", "limit"]);
      const columns = options.get("columns");
      const limit = options.get("limit") ?? null;
      if (typeof columns === "number") throw new TemplateMistake("template-syntax", "`columns` of `table` must be quoted names with commas between them");
      if (limit !== null && (typeof limit !== "number" || limit < 1)) throw new TemplateMistake("template-syntax", "`limit` of `table` must be a whole number above 0");
      const names = columns?.split(",").map((name) => name.trim()) ?? null;
      this.reference = { kind: "table", path, columns: names, limit, place: placeAt(token) };
    }
  }
  class TrendTag extends ReferenceTag {
    readonly reference: TemplateReference;
    constructor(token: TagToken, rest: TopLevelToken[], liquid: Liquid, _parser: Parser) {
      super(token, rest, liquid);
      const [metric] = readArguments(this, token, []);
      this.reference = { kind: "trend", metric, place: placeAt(token) };
    }
  }
  class NotesTag extends ReferenceTag {
    readonly reference: TemplateReference;
    constructor(token: TagToken, rest: TopLevelToken[], liquid: Liquid, _parser: Parser) {
      super(token, rest, liquid);
      if (!token.tokenizer.end()) throw new TemplateMistake("template-syntax", `\`notes\` takes nothing, found \`${token.tokenizer.remaining()}\``);
      this.reference = { kind: "notes", place: placeAt(token) };
    }
  }
  return { embed: EmbedTag, ref: EmbedTag, table: TableTag, trend: TrendTag, notes: NotesTag };
}

/** What the first argument of a tag is; of the others a label. */
const subjects: Readonly<Record<string, { readonly what: string; readonly example: string }>> = {
  table: { what: "path", example: "data/table.csv" },
  trend: { what: "metric", example: "test.rmse" },
};

/** The quoted first argument of a tag and its literal options. */
function readArguments(tag: Tag, token: TagToken, known: readonly string[]): [string, ReadonlyMap<string, string | number>] {
  const { tokenizer } = token;
  const subject = tokenizer.readValue();
  if (subject === undefined || !TypeGuards.isQuotedToken(subject)) {
    const found = subject === undefined ? "nothing" : `\`${subject.getText()}\``;
    const { what, example } = subjects[tag.name] ?? { what: "label", example: "a-label" };
    throw new TemplateMistake("template-syntax", `\`${tag.name}\` needs a quoted ${what}, found ${found}`,
      `write it out, for example {% ${tag.name} "${example}" %}: what a report depends on must be known before anything runs`);
  }
  const options = new Map<string, string | number>();
  for (const [name, value] of Object.entries(new Hash(tokenizer).hash)) {
    if (!known.includes(name)) {
      const hint = hintName(name, known);
      throw new TemplateMistake("template-syntax", `\`${tag.name}\` has no option \`${name}\``, hint);
    }
    options.set(name, readLiteral(tag.name, name, value));
  }
  tokenizer.skipBlank();
  if (!tokenizer.end()) throw new TemplateMistake("template-syntax", `\`${tag.name}\` can't read \`${tokenizer.remaining()}\``);
  return [subject.content, options];
}

function readLiteral(tag: string, name: string, value: Token | undefined): string | number {
  if (value !== undefined && TypeGuards.isQuotedToken(value)) return value.content;
  if (value !== undefined && TypeGuards.isNumberToken(value) && Number.isInteger(value.content)) return value.content;
  throw new TemplateMistake("template-syntax", `\`${name}\` of \`${tag}\` must be written out, found ${value === undefined ? "nothing" : `\`${value.getText()}\``}`);
}
