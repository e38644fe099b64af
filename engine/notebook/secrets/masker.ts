import type { JsonValue } from "../../project/types.js";
import type { CellOutput, ExecutionFailure } from "../types.js";
import { asLatin1, formsOf, placeholderOf, shortestValue, type Form } from "./forms.js";
import { createFormMatcher, type FormMatcher, type Range } from "./match-forms.js";
import { StreamMasker } from "./stream-masker.js";

/** Variable -> value. */
export type Secrets = Readonly<Record<string, string>>;

/** Hides the values of secrets: each is replaced by `[secret NAME]`. */
export type Masker = {
  /** False where there is nothing to hide. */
  readonly isActive: boolean;
  text(text: string): string;
  output(output: CellOutput): CellOutput;
  failure(failure: ExecutionFailure): ExecutionFailure;
  /** For one stream of text that comes in pieces. */
  stream(): StreamMasker;
};

/** @param secrets - values of fewer than four characters are not hidden */
export function createMasker(secrets: Secrets): Masker {
  const forms = formsOfAll(secrets);
  if (forms.length === 0) return nothingToHide;
  const matcher = createFormMatcher(forms);
  const numbers = new Map(Object.entries(secrets).filter(([, value]) => value.length >= shortestValue).map(([name, value]) => [value, name]));
  const text = (shown: string) => replaceRanges(shown, matcher.find(shown));
  const value = (shown: JsonValue): JsonValue => maskValue(shown, { text, numbers });
  return {
    isActive: true,
    text,
    output: (output) => maskOutput(output, { text, value, isShownIn: createByteSearch(forms) }),
    failure: (failure) => maskFailure(failure, text),
    stream: () => new StreamMasker(matcher),
  };
}

const nothingToHide: Masker = {
  isActive: false,
  text: (text) => text,
  output: (output) => output,
  failure: (failure) => failure,
  stream: () => new StreamMasker(createFormMatcher([])),
};

/** Text with the given stretches replaced. */
function replaceRanges(text: string, ranges: readonly Range[]): string {
  if (ranges.length === 0) return text;
  const pieces: string[] = [];
  let offset = 0;
  for (const { start, end, name } of ranges) {
    pieces.push(text.slice(offset, start), placeholderOf(name));
    offset = end;
  }
  return pieces.join("") + text.slice(offset);
}

/** A value that is a part of a placeholder must not be found in one: what is masked may be masked again. */
function formsOfAll(secrets: Secrets): Form[] {
  const forms = Object.entries(secrets).flatMap(([name, value]) => formsOf(name, value));
  const names = [...new Set(forms.map(({ name }) => name))];
  const isAmbiguous = names.some((name) => Object.values(secrets).some((value) => value.length >= shortestValue && placeholderOf(name).includes(value)));
  return isAmbiguous ? [...names.map((name) => ({ name, characters: [...placeholderOf(name)].map((character) => [character]) })), ...forms] : forms;
}

type Masking = { readonly text: (text: string) => string; readonly numbers: ReadonlyMap<string, string> };

function maskValue(value: JsonValue, masking: Masking): JsonValue {
  if (typeof value === "string") return masking.text(value);
  if (typeof value === "number") {
    const name = masking.numbers.get(String(value));
    return name === undefined ? value : placeholderOf(name);
  }
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((each: JsonValue) => maskValue(each, masking));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [masking.text(key), maskValue(each, masking)]));
}

type OutputMasking = {
  readonly text: (text: string) => string;
  readonly value: (value: JsonValue) => JsonValue;
  readonly isShownIn: (bytes: Buffer) => boolean;
};

function maskOutput(output: CellOutput, { text, value, isShownIn }: OutputMasking): CellOutput {
  switch (output.output_type) {
    case "stream":
      return { ...output, text: text(output.text) };
    case "error":
      return { ...output, ename: text(output.ename), evalue: text(output.evalue), traceback: output.traceback.map(text) };
    case "display_data":
    case "execute_result": {
      const isLeftOut = ([type, content]: readonly [string, JsonValue]) => isBinaryType(type) && typeof content === "string" && isShownIn(Buffer.from(content, "base64"));
      const kept = Object.entries(output.data).filter((entry) => !isLeftOut(entry));
      const data = kept.map(([type, content]) => [type, isBinaryType(type) ? content : value(content)] as const);
      const notice = kept.length === Object.keys(output.data).length ? [] : [["text/plain", "A picture that holds a secret was left out."] as const];
      const metadata = Object.entries(output.metadata).map(([key, each]) => [key, value(each)] as const);
      return { ...output, data: Object.fromEntries([...notice, ...data]), metadata: Object.fromEntries(metadata) };
    }
  }
}

/** Jupyter keeps these as Base64. */
function isBinaryType(type: string): boolean {
  return /^(image|audio|video|font)\/(?!svg)/.test(type) || type === "application/pdf" || type === "application/octet-stream";
}

function createByteSearch(forms: readonly Form[]): (bytes: Buffer) => boolean {
  let matcher: FormMatcher | null = null;
  return (bytes) => (matcher ??= createFormMatcher(forms.map(asLatin1))).find(bytes.toString("latin1")).length > 0;
}

function maskFailure(failure: ExecutionFailure, text: (text: string) => string): ExecutionFailure {
  return {
    ...failure,
    message: text(failure.message),
    hint: failure.hint === null ? null : text(failure.hint),
    traceback: failure.traceback.map(text),
    ...(failure.path === undefined ? {} : { path: text(failure.path) }),
  };
}
