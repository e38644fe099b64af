import type { JsonValue, Project, Report, Task } from "../project/types.js";
import { hashText, hashValue } from "./canonical.js";
import { addFiles, describeEngine, makeFingerprint, UNKNOWN_DIGEST, type InputDigests } from "./fingerprint.js";
import type { Fingerprint, LabelledOutput } from "./types.js";

/** A labelled output, the task whose execution displayed it, and the notebook (project path) that its figure links to. */
export type EmbeddedOutput = LabelledOutput & { readonly task: string; readonly notebook: string };

/** What a report takes from elsewhere. */
export type ReportInputs = {
  /** Project path -> text of each partial that the template reaches. */
  readonly partials: Readonly<Record<string, string>>;
  /** In the order of the text. Caption and alt text are the present ones of the notebook. */
  readonly embedded: readonly EmbeddedOutput[];
  /** Stage -> the values that the text quotes of it. */
  readonly quotedStages: JsonValue;
  /** The values of earlier runs that the text quotes; absent where it quotes none. */
  readonly quotedPrevious?: JsonValue;
  /** People's comments as they are shown; absent where there are none. */
  readonly notes?: string;
};

export type ReportFingerprintContext = ReportInputs & {
  readonly project: Project;
  readonly task: Task & { readonly node: Report };
  readonly inputDigests: InputDigests;
  /** Tasks whose results are not known yet. */
  readonly unknownTasks?: ReadonlySet<string>;
  /** As in `FingerprintContext`. */
  readonly recorded?: Fingerprint | undefined;
};

/** Computes the fingerprint of a report: its text, and everything that it shows. */
export function fingerprintReport(context: ReportFingerprintContext): Fingerprint {
  const { project, task, partials, inputDigests, quotedPrevious, notes, unknownTasks = new Set<string>() } = context;
  const report = task.node;
  const parts: Record<string, string> = {
    [`code:${report.file}`]: hashText(report.body),
    "code:title": JSON.stringify(report.title),
    "code:outputs": hashValue(report.outputs),
  };
  for (const [path, text] of Object.entries(partials)) parts[`code:${path}`] = hashText(text);
  for (const [name, { pattern }] of Object.entries(report.inputs)) parts[`code:input ${name}`] = pattern;
  for (const output of context.embedded) {
    // The position of the cell is for messages: prose above it moves it, and nothing shows that.
    parts[`input:${labelKey(output.task, output.label)}`] = unknownTasks.has(output.task) ? UNKNOWN_DIGEST : hashOutput(output);
  }
  for (const [stage, values] of Object.entries(asObject(context.quotedStages))) {
    const isUnknown = [...unknownTasks].some((id) => id === stage || id.startsWith(`${stage}@`));
    parts[`input:${quoteKey(stage)}`] = isUnknown ? UNKNOWN_DIGEST : hashValue(values);
  }
  if (quotedPrevious !== undefined) parts["input:previous"] = hashValue(quotedPrevious);
  if (notes !== undefined) parts["input:notes"] = hashText(notes);
  addFiles(parts, task, inputDigests);
  return makeFingerprint({ ...parts, ...describeEngine(project) }, context.recorded);
}

/** The order of keys is the one in which the cell's process wrote them, in records and in the store too: with it a large chart is hashed ten times quicker. */
function hashOutput({ task, notebook, label, caption, alt, outputs }: EmbeddedOutput): string {
  const digest = outputDigests.get(outputs) ?? hashText(JSON.stringify(outputs));
  outputDigests.set(outputs, digest);
  return hashText(JSON.stringify([task, notebook, label, caption, alt, digest]));
}

/** A record is read once, and asked for several times. */
const outputDigests = new WeakMap<EmbeddedOutput["outputs"], string>();

/** Names a labelled output in a fingerprint. */
export function labelKey(task: string, label: string): string {
  return `${task}#${label}`;
}

/** Names what a report quotes of a stage in a fingerprint. */
export function quoteKey(stage: string): string {
  return `stages.${stage}`;
}

function asObject(value: JsonValue): { readonly [key: string]: JsonValue } {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as { readonly [key: string]: JsonValue };
  return value === null ? {} : { "": value };
}
