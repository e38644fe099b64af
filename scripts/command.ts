import { parseArgs, type ParseArgsConfig } from "node:util";

export const exitCodes = { ok: 0, failed: 1, unusable: 2, alerted: 3, locked: 4 } as const;

type OptionsConfig = NonNullable<ParseArgsConfig["options"]>;

/** One command of `stitchbook`: what help says of it, its options, and what it does. */
export type Command = {
  readonly usage: string;
  readonly summary: string;
  readonly options: OptionsConfig;
  /** Help for each option, in order. */
  readonly optionHelp: Readonly<Record<string, string>>;
  /** Options whose value may be left out: what stands for it, and what a value looks like. */
  readonly optionalValues?: Readonly<Record<string, OptionalValue>>;
  /** Whether what stands after `--` is for another program. */
  readonly passesRest?: boolean;
  /** @returns the exit code */
  readonly run: (input: CommandInput) => Promise<number>;
};

export type OptionalValue = { readonly missing: string; readonly pattern: RegExp };

export type CommandInput = {
  readonly flags: Flags;
  readonly positionals: readonly string[];
  /** What stands after `--`, as it is; empty where the command passes nothing on. */
  readonly rest: readonly string[];
};

/** The values of options, asked for by kind so that no cast is needed. */
export class Flags {
  constructor(private readonly values: Readonly<Record<string, unknown>>) {}

  has(name: string): boolean {
    return this.values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.values[name];
    return typeof value === "string" ? value : undefined;
  }

  list(name: string): readonly string[] {
    const value = this.values[name];
    return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
  }
}

/** The command was called in a way that it does not understand: exit 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Options that every command takes. */
export const commonOptions = {
  root: { type: "string" },
  json: { type: "boolean" },
  quiet: { type: "boolean", short: "q" },
  verbose: { type: "boolean", short: "v" },
  help: { type: "boolean", short: "h" },
} as const satisfies OptionsConfig;

export const commonOptionHelp: Readonly<Record<string, string>> = {
  root: "DIR  the project (default: the nearest folder upward with stitchbook.yaml)",
  json: "JSON on standard output, and nothing else there",
  quiet: "errors and warnings only",
  verbose: "say more",
  help: "this text",
};

/**
 * Parses a command's arguments.
 *
 * @throws UsageError for an unknown option (naming the nearest known one) or a missing value
 */
export async function parseCommandLine(command: Command, args: readonly string[]): Promise<CommandInput> {
  const options = { ...command.options, ...commonOptions };
  const end = command.passesRest === true && args.includes("--") ? args.indexOf("--") : args.length;
  try {
    const { values, positionals } = parseArgs({ args: giveMissingValues(args.slice(0, end), command.optionalValues ?? {}), options, allowPositionals: true, strict: true });
    return { flags: new Flags(values), positionals, rest: args.slice(end + 1) };
  } catch (error) {
    throw new UsageError(await explain(error, Object.keys(options)));
  }
}

/** `--wait` becomes `--wait=30m`, and `--wait 10m` becomes `--wait=10m`. */
function giveMissingValues(args: readonly string[], optional: Readonly<Record<string, OptionalValue>>): string[] {
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const given: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? "";
    const value = index < end && arg.startsWith("--") ? optional[arg.slice(2)] : undefined;
    const next = index + 1 < end ? args[index + 1] : undefined;
    if (value === undefined) given.push(arg);
    else if (next !== undefined && value.pattern.test(next)) {
      given.push(`${arg}=${next}`);
      index += 1;
    } else given.push(`${arg}=${value.missing}`);
  }
  return given;
}

async function explain(error: unknown, known: readonly string[]): Promise<string> {
  const message = error instanceof Error ? error.message : String(error);
  const unknown = /Unknown option '(-[^']+)'/.exec(message)?.[1];
  if (unknown === undefined) return message;
  return `unknown option ${unknown}${await nearest(unknown.replace(/^-+/, ""), known, (name) => `--${name}`)}`;
}

/** `; did you mean run?`, or nothing where no known name is near. */
export async function nearest(found: string, known: readonly string[], show: (name: string) => string): Promise<string> {
  const { suggestName } = await import("../engine/project/suggest-name.js");
  const name = suggestName(found, known);
  return name === null ? "" : `; did you mean ${show(name)}?`;
}

/** Help for one command. */
export function commandHelp(name: string, command: Command): string {
  const shorts: OptionsConfig = { ...command.options, ...commonOptions };
  const lines = Object.entries({ ...command.optionHelp, ...commonOptionHelp }).map(([option, help]) => {
    const short = shorts[option]?.short;
    const [argument, text] = /^[A-Z=.]+ {2}/.test(help) ? [` ${help.split("  ", 1)[0]}`, help.slice(help.indexOf("  ") + 2)] : ["", help];
    return `  ${(short === undefined ? "    " : `-${short}, `) + `--${option}${argument}`.padEnd(22)} ${text}`;
  });
  return [`stitchbook ${name} ${command.usage}`.trimEnd(), "", command.summary, "", ...lines, ""].join("\n");
}
