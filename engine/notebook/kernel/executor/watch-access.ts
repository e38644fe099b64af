import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Access } from "./messages.js";

export type WatchedStage = {
  /** Absolute. */
  readonly projectRoot: string;
  /** Project paths. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
};

/** Functions of `fs` by what they do to the file that their first argument names. */
const readers = ["readFile", "readFileSync", "createReadStream", "readdir", "readdirSync", "opendir", "opendirSync", "copyFile", "copyFileSync", "stat", "statSync", "access", "accessSync", "existsSync"] as const;
const writers = ["writeFile", "writeFileSync", "appendFile", "appendFileSync", "createWriteStream", "truncate", "truncateSync"] as const;
const openers = ["open", "openSync"] as const;

/** Folders of a project that stages never declare. */
const exempt = /^(?:node_modules|\.git|\.stitchbook)(?:\/|$)|(?:^|\/)(?:node_modules\/|package\.json$)/;

/**
 * Tells of the first access to each file of the project that the stage does not declare: a run, which works on copies of
 * what is declared, would fail there. Nothing is refused.
 */
export function watchAccess(stage: WatchedStage, tell: (access: Access) => void): void {
  const told = new Set<string>();
  const note = (purpose: Access["purpose"], subject: unknown): void => {
    const path = projectPath(stage.projectRoot, subject);
    if (path === null || path === "" || exempt.test(path) || isDeclared(stage, purpose, path) || told.has(`${purpose} ${path}`)) return;
    told.add(`${purpose} ${path}`);
    tell({ purpose, path });
  };
  for (const target of [fs, fs.promises]) {
    for (const name of readers) wrap(target, name, ([subject]) => note("read", subject));
    for (const name of writers) wrap(target, name, ([subject]) => note("write", subject));
    for (const name of openers) wrap(target, name, ([subject, flags]) => note(isWriting(flags) ? "write" : "read", subject));
  }
  syncBuiltinESMExports();
}

function wrap(target: object, name: string, before: (args: readonly unknown[]) => void): void {
  const original: unknown = Reflect.get(target, name);
  if (typeof original !== "function") return;
  Reflect.set(target, name, new Proxy(original, {
    apply: (callee, self, args: unknown[]) => {
      before(args);
      return Reflect.apply(callee, self, args);
    },
  }));
}

/** An output may be read again by the stage that made it. A folder is as declared as what lies in it. */
function isDeclared({ inputs, outputs }: WatchedStage, purpose: Access["purpose"], path: string): boolean {
  const declared = purpose === "write" ? outputs : [...inputs, ...outputs];
  return declared.some((each) => each === path || each.startsWith(`${path}/`));
}

function isWriting(flags: unknown): boolean {
  if (typeof flags === "number") return (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) !== 0;
  return typeof flags === "string" && /[wa+]/.test(flags);
}

function projectPath(root: string, subject: unknown): string | null {
  const absolute = toAbsolute(subject);
  if (absolute === null) return null;
  const between = relative(root, absolute);
  return between === ".." || between.startsWith(`..${sep}`) || isAbsolute(between) ? null : between.split(sep).join("/");
}

function toAbsolute(subject: unknown): string | null {
  try {
    if (subject instanceof URL) return fileURLToPath(subject);
    return typeof subject === "string" ? resolve(subject) : subject instanceof Uint8Array ? resolve(Buffer.from(subject).toString()) : null;
  } catch {
    return null;
  }
}
