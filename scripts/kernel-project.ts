import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Upstream } from "../engine/notebook/kernel/session/notes.js";
import { buildId } from "../engine/project/build-id.js";
import type { JsonValue, Project } from "../engine/project/types.js";
import { type Artist, createArtist } from "../engine/report/artist.js";
import { checkChart } from "../engine/report/chart-check.js";
import { findPackageFile } from "../engine/report/package-file.js";
import { openProject } from "./project-commands.js";

/** Opens the project in a folder as the commands do. @param root - absolute */
export function openSite(root: string): Promise<Project> {
  return openProject({ root, stateFolder: join(root, ".stitchbook") }, { isReadOnly: true });
}

type PlannedTask = { readonly task: string; readonly stage: string; readonly action: string };

/**
 * Finds what must be made before a task, as `plan` sees it: in a process of its own, while the kernel loads.
 *
 * @returns null where nothing can be planned
 */
export async function findUpstream(root: string, task: string): Promise<Upstream | null> {
  const project = await openSite(root).catch(() => null);
  const own = project?.tasks.find(({ id }) => id === task);
  if (project === null || own === undefined) return null;
  const planned = await planUntil(root, task);
  const stale = new Set(planned.filter(({ action, task: id }) => action !== "fresh" && id !== task).map(({ task: id }) => id));
  const paths = own.inputs.filter(({ producer }) => producer !== null);
  const missing = own.inputs.filter(({ path }) => !existsSync(join(root, path))).map(({ path }) => path);
  const outdated = paths.filter(({ path, producer }) => producer !== null && stale.has(producer) && !missing.includes(path)).map(({ path }) => path);
  const stages = [...new Set(paths.flatMap(({ producer }) => project.tasks.find(({ id }) => id === producer)?.node.id ?? []))];
  return { missing, stale: outdated, command: `npx stitchbook run${stages.map((stage) => ` --until ${stage}`).join("")}` };
}

async function planUntil(root: string, task: string): Promise<readonly PlannedTask[]> {
  // This module's own bundle lies in a folder below the command's.
  const command = findPackageFile("stitchbook.cjs", "dist/stitchbook.cjs");
  if (command === null) throw new Error("Internal error: stitchbook.cjs is missing; build the package");
  const child = spawn(process.execPath, [command, "plan", "--json", "--root", root, "--until", task], { cwd: root, stdio: ["ignore", "pipe", "ignore"] });
  const answer: unknown = JSON.parse((await text(child.stdout)).trim() || "{}");
  const tasks: unknown = typeof answer === "object" && answer !== null ? Reflect.get(answer, "tasks") : null;
  return Array.isArray(tasks) ? tasks.filter(isPlanned) : [];
}

function isPlanned(value: unknown): value is PlannedTask {
  return typeof value === "object" && value !== null && "task" in value && typeof value.task === "string" && "action" in value && "stage" in value;
}

let artist: Artist | null = null;

/** Draws a chart in a thread of its own, which starts with the first one. */
export async function drawChart(root: string, spec: JsonValue): Promise<string | null> {
  if (checkChart(spec, { file: "" }).some(({ severity }) => severity === "error")) return null;
  const cacheFolder = existsSync(join(root, "stitchbook.yaml")) ? join(root, ".stitchbook/cache/plots") : join(tmpdir(), "stitchbook-plots");
  artist ??= createArtist({ threadFile: findPackageFile("artist-thread.js", "dist/artist-thread.js"), cacheFolder, version: buildId ?? "" });
  const { svg } = await artist.plot(spec);
  return svg === "" ? null : artist.picture(svg);
}
