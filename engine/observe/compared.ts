import type { ModuleNames } from "../plan/module-names.js";
import type { TaskRecord } from "../plan/types.js";
import { shortDigest } from "./format.js";

/** What a fresh task rests on. */
export type Compared = {
  readonly record: TaskRecord;
  /** Position of each cell whose code counts, in order. */
  readonly cells: readonly number[];
  readonly names: ModuleNames;
};

/** Tells in words what was found the same as in a task's last execution: one line a kind, `kind` first. */
export function describeCompared({ record, cells, names }: Compared): readonly (readonly [kind: string, text: string])[] {
  const parts = Object.entries(record.fingerprint.parts).map(([key, value]) => ({ kind: key.slice(0, key.indexOf(":")), subject: key.slice(key.indexOf(":") + 1), value }));
  const of = (kind: string) => parts.filter((part) => part.kind === kind);
  const code = of("code").filter(({ subject }) => subject !== "bundle");
  const cellParts = code.filter(({ subject }) => /^cell \d+$/.test(subject));
  const modules = code.filter((part) => !cellParts.includes(part));
  const lines: [string, string[]][] = [
    ["cells", cellParts.map(({ subject, value }) => `${cells[Number(subject.slice(5)) - 1] ?? subject.slice(5)} (${shortDigest(value)})`)],
    ["modules", modules.map(({ subject, value }) => `${subject} (${[...Object.keys(names[subject] ?? {}), shortDigest(value)].join(", ")})`)],
    ["packages", of("packages").filter(({ subject }) => subject !== "resolution").map(({ subject, value }) => `${subject} ${shortDigest(value)}`)],
    ["parameters", of("params").filter(({ subject }) => subject !== "{dataset}").map(({ subject, value }) => `${subject} = ${value}`)],
    ["env", of("env").map(({ subject, value }) => (subject === "time zone" ? `${subject} ${value}` : value === "unset" ? `${subject} (unset)` : subject))],
    ["inputs", of("input").map(({ subject, value }) => `${subject} (${shortDigest(value)})`)],
    ["outputs", record.artifacts.map(({ path, sha256 }) => `${path} (${shortDigest(sha256)})`)],
    ["engine", of("engine").map(({ subject, value }) => `${subject} ${value}`)],
  ];
  return lines.filter(([, found]) => found.length > 0).map(([kind, found]) => [kind, found.join(", ")]);
}
