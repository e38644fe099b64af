import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";

/** Name -> value; an empty value counts as none. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The environment, and beneath it the project's `.env`. */
export function readVariables(root: string, env: Variables): Variables {
  return { ...readDotEnv(join(root, ".env")), ...withoutEmpty(env) };
}

export type Filled =
  | { readonly value: string; readonly used: Readonly<Record<string, string>> }
  | { readonly value: null; readonly unset: readonly string[] };

/**
 * Puts values in the place of `${NAME}`.
 *
 * @returns `used`: the variables and their values, each a secret; or those that are unset
 */
export function fillVariables(text: string, variables: Variables): Filled {
  const names = [...new Set([...text.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1] ?? ""))];
  const used = names.flatMap((name) => {
    const value = variables[name];
    return value === undefined || value === "" ? [] : [[name, value] as const];
  });
  const values = new Map(used);
  const unset = names.filter((name) => !values.has(name));
  if (unset.length > 0) return { value: null, unset };
  return { value: text.replace(/\$\{(\w+)\}/g, (_, name: string) => values.get(name) ?? ""), used: Object.fromEntries(used) };
}

function readDotEnv(file: string): Variables {
  try {
    return withoutEmpty(parseEnv(readFileSync(file, "utf8")) as Variables);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
    throw error;
  }
}

function withoutEmpty(variables: Variables): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined && value !== ""));
}
