import { formatPlace } from "../../../project/problems.js";
import type { Stage } from "../../../project/types.js";
import type { CellOutput } from "../../types.js";
import { explainUndeclared } from "../../worker/undeclared-access.js";
import type { Access } from "../executor/messages.js";
import type { KernelCompilation } from "./kernel-compiler.js";
import type { AppliedParameters, StageContext } from "./stage-context.js";

/** What the kernel itself says beside a cell's outputs; a run says none of it. */
export type NoteKind = "pipeline" | "parameters" | "reload" | "access" | "restart";

/** A note as an output; its metadata tell it from what a cell displays. */
export function noteOutput(kind: NoteKind, lines: readonly string[]): CellOutput {
  return {
    output_type: "display_data",
    data: { "text/markdown": lines.map((line) => `> ${line}`).join("  \n"), "text/plain": lines.map(plain).join("\n") },
    metadata: { stitchbook: { note: kind } },
  };
}

function plain(line: string): string {
  return line.replaceAll("`", "");
}

export function describeParameters({ task, stage }: StageContext, changed: AppliedParameters["changed"]): string[] {
  if (changed.length === 0) return [];
  return [`Parameters of ${task?.id ?? stage.id}:`, ...changed.map(({ name, value, inCell }) => `\`${name}\` is \`${JSON.stringify(value)}\` (in the cell: \`${JSON.stringify(inCell)}\`)`)];
}

export function describeReloads(reloaded: KernelCompilation["reloaded"]): string[] {
  return reloaded.map(({ path, importers }) => `Reloaded \`${path}\`${importers.length === 0 ? "" : `, and what imports it: ${importers.map((each) => `\`${each}\``).join(", ")}`}.`);
}

/** What a run would say of an access, before it fails at it. */
export function describeAccess({ purpose, path }: Access, stage: Stage, declared: { readonly inputs: readonly string[]; readonly outputs: readonly string[] }): string[] {
  const request = { ...declared, notebook: { notebook: stage.file } };
  const { message, hint } = explainUndeclared({ purpose }, path, request);
  return [`${formatPlace({ file: stage.file })}: ${message}; a run will fail here.`, hint];
}

/** What stands before a task in the pipeline that is not up to date. */
export type Upstream = { readonly missing: readonly string[]; readonly stale: readonly string[]; readonly command: string };

export function describeUpstream({ missing, stale, command }: Upstream): string[] {
  const list = (paths: readonly string[]): string => paths.map((path) => `\`${path}\``).join(", ");
  return [
    ...(missing.length === 0 ? [] : [`Missing: ${list(missing)}.`]),
    ...(stale.length === 0 ? [] : [`Out of date: ${list(stale)}.`]),
    ...(missing.length + stale.length === 0 ? [] : [`\`${command}\` makes ${missing.length + stale.length === 1 ? "it" : "them"}.`]),
  ];
}
