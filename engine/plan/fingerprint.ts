import { ProjectError } from "../project/problems.js";
import type { JsonValue, Project, Stage, Task } from "../project/types.js";
import { CACHE_VERSION } from "./cache-version.js";
import { canonicalJson, hashText, hashValue } from "./canonical.js";
import type { StageCode } from "./code-closure.js";
import type { PlanCache } from "./plan-cache.js";
import type { Fingerprint, FingerprintParts } from "./types.js";

/** Stands for the digest of an input that a task is yet to make. A fingerprint that holds it must not be recorded. */
export const UNKNOWN_DIGEST = "unknown";

/** Digests by project path; null is a file that isn't there, and a path without an entry is not known yet. */
export type InputDigests = ReadonlyMap<string, string | null>;

export type FingerprintContext = {
  readonly project: Project;
  readonly task: Task & { readonly node: Stage };
  /** Value of every parameter that the stage declares. */
  readonly parameters: Readonly<Record<string, JsonValue>>;
  readonly env: NodeJS.ProcessEnv;
  readonly inputDigests: InputDigests;
  readonly cache: PlanCache;
  /** The recorded fingerprint: where the parts are the same, so is the hash, and need not be computed. */
  readonly recorded?: Fingerprint | undefined;
};

/**
 * Computes the fingerprint of a stage's task: all that its result depends on.
 *
 * @throws ProjectError where the stage's code imports what it can't.
 */
export async function fingerprintTask(context: FingerprintContext): Promise<Fingerprint> {
  const { project, task, parameters, env, inputDigests, cache } = context;
  const code = await cache.code(project, task.node);
  const errors = code.problems.filter((problem) => problem.severity === "error");
  if (errors.length > 0) throw new ProjectError(errors);
  const parts: Record<string, string> = { ...describeCode(code, cache), ...describeEngine(project) };
  for (const { name } of task.node.parameters) {
    if (!Object.hasOwn(parameters, name)) throw new Error(`Internal error: the parameter ${name} of ${task.id} has no value`);
    parts[`params:${name}`] = canonicalJson(parameters[name]);
  }
  if (task.dataset !== null) parts["params:{dataset}"] = JSON.stringify(task.dataset.name);
  for (const { name } of task.node.env) parts[`env:${name}`] = hashVariable(name, env[name]);
  addFiles(parts, task, inputDigests);
  return makeFingerprint(parts, context.recorded);
}

const codeParts = new WeakMap<StageCode, FingerprintParts>();

/** What all tasks of a stage share; found out once for each reading of its code. */
function describeCode(code: StageCode, { packages }: PlanCache): FingerprintParts {
  const known = codeParts.get(code) ?? { ...code.parts, ...packages.describe(code.packages) };
  codeParts.set(code, known);
  return known;
}

/**
 * Joins parts into a fingerprint; the order of their keys does not matter.
 *
 * @param known A fingerprint that is given back if it has the same parts.
 */
export function makeFingerprint(parts: FingerprintParts, known?: Fingerprint): Fingerprint {
  return known !== undefined && hasSameParts(known.parts, parts) ? known : { hash: hashValue(parts), parts };
}

function hasSameParts(a: FingerprintParts, b: FingerprintParts): boolean {
  let count = 0;
  for (const key in a) {
    if (a[key] !== b[key]) return false;
    count += 1;
  }
  for (const _ in b) count -= 1;
  return count === 0;
}

/** Adds `input:<path>` -> digest of its bytes, and `artifact:<path>` for each output. */
export function addFiles(parts: Record<string, string>, task: Task, digests: InputDigests): void {
  for (const { path } of task.inputs) {
    const digest = digests.get(path);
    parts[`input:${path}`] = digest === undefined ? UNKNOWN_DIGEST : (digest ?? "missing");
  }
  for (const { path } of task.outputs) parts[`artifact:${path}`] = "output";
}

/** What of the engine and the machine counts. */
export function describeEngine(project: Project): FingerprintParts {
  return {
    "env:time zone": project.timezone,
    "engine:node": process.versions.node.split(".")[0] ?? "",
    "engine:platform": `${process.platform} ${process.arch}`,
    "engine:cache version": String(CACHE_VERSION),
  };
}

/** The parts are stored, so a value must not be readable in them. */
function hashVariable(name: string, value: string | undefined): string {
  return value === undefined ? "unset" : hashText(`${name}\0${value}`);
}
