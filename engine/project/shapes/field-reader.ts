import { z } from "zod";
import { makeError } from "../problems.js";
import { hintName, suggestName } from "../suggest-name.js";
import type { Problem } from "../types.js";
import type { YamlPath, YamlSource } from "../yaml-source.js";

/** Reads the keys of a YAML map one by one, so that one bad value hides no other. */
export type FieldReader = {
  /** The checked value of a key; null where it has a problem. */
  readonly read: <T>(key: string, schema: z.ZodType<T>) => T | null;
  /** Reports the keys that were never read; `isLetThrough` names those that belong to others. */
  readonly finish: (isLetThrough?: (key: string) => boolean) => void;
};

/**
 * Starts reading a map.
 * @param source whose value is a map
 * @param problems what is wrong is added here
 */
export function openFields(source: YamlSource, problems: Problem[]): FieldReader {
  const fields = isRecord(source.value) ? source.value : {};
  const known: string[] = [];
  return {
    read: (key, schema) => {
      known.push(key);
      const result = schema.safeParse(Object.hasOwn(fields, key) ? fields[key] : undefined, { reportInput: true });
      if (result.success) return result.data;
      problems.push(...result.error.issues.flatMap((issue) => describeIssue(source, issue, [key])));
      return null;
    },
    finish: (isLetThrough = () => false) => {
      for (const key of Object.keys(fields)) {
        if (!known.includes(key) && !isLetThrough(key)) problems.push(describeUnknownKey(source, [key], known));
      }
    },
  };
}

/** A map that takes no other keys; the issue's message carries the known ones, for the nearest name. */
export function closed<S extends z.ZodRawShape>(shape: S) {
  return z.strictObject(shape, { error: (issue) => (issue.code === "unrecognized_keys" ? Object.keys(shape).join(" ") : undefined) });
}

/** The same problem that a failed shape gives, for a check that a shape can't express. */
export function describeField(source: YamlSource, path: YamlPath, problem: { code: string; message: string; hint?: string }): Problem {
  return makeError({ ...problem, place: source.locate(path), message: `\`${formatPath(path)}\` ${problem.message}` });
}

/** `outputs[0].columns.date`. */
export function formatPath(path: YamlPath): string {
  return path.map((step, index) => (typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${String(step)}`)).join("");
}

function describeIssue(source: YamlSource, issue: z.core.$ZodIssue, base: YamlPath): Problem[] {
  const path = [...base, ...issue.path];
  const report = (code: string, message: string, hint?: string) => [
    describeField(source, path, hint === undefined ? { code, message } : { code, message, hint }),
  ];
  const isMissing = issue.input === undefined && (issue.code === "invalid_type" || issue.code === "custom" || issue.code === "invalid_value");
  if (isMissing) return [makeError({ code: "missing-key", place: source.locate(path.slice(0, -1)), message: `\`${formatPath(path)}\` is missing` })];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => describeUnknownKey(source, [...path, key], issue.message.split(" ")));
    case "invalid_type":
      return report("wrong-type", `must be ${typeName(issue.expected)}, found ${showValue(issue.input)}`);
    case "invalid_value":
      return report("wrong-value", `must be ${issue.values.map(String).join(" or ")}, found ${showValue(issue.input)}`, nearestValue(issue));
    case "custom":
      return report(textOf(issue.params?.["code"]) ?? "wrong-value", issue.message, textOf(issue.params?.["hint"]));
    default:
      return report("wrong-value", `is not possible, found ${showValue(issue.input)}: ${issue.message}`);
  }
}

function describeUnknownKey(source: YamlSource, path: YamlPath, known: readonly string[]): Problem {
  const key = String(path.at(-1));
  const inside = path.length > 1 ? ` in \`${formatPath(path.slice(0, -1))}\`` : "";
  const hint = hintName(key, known);
  return makeError({
    code: "unknown-key",
    place: source.locate(path, "key"),
    message: `unknown key \`${key}\`${inside}`,
    ...(hint === undefined ? {} : { hint }),
  });
}

function nearestValue(issue: z.core.$ZodIssueInvalidValue): string | undefined {
  const name = typeof issue.input === "string" ? suggestName(issue.input, issue.values.map(String)) : null;
  return name === null ? undefined : `did you mean \`${name}\`?`;
}

const typeNames: Readonly<Record<string, string>> = {
  string: "text", number: "a number", int: "a whole number", boolean: "true or false", array: "a list", object: "a map", record: "a map",
};

function typeName(expected: string): string {
  return typeNames[expected] ?? expected;
}

/** A value as a message shows it: short, and in its kind. */
export function showValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "an empty value";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const text = JSON.stringify(value);
  const short = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return Array.isArray(value) ? `the list ${short}` : typeof value === "object" ? `the map ${short}` : short;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
