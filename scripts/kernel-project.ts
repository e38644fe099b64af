import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Upstream } from "../engine/notebook/kernel/session/notes.js";
import type { Project } from "../engine/project/types.js";
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
  const command = fileURLToPath(new URL("./stitchbook.js", import.meta.url));
  const child = spawn(process.execPath, [command, "plan", "--json", "--root", root, "--until", task], { cwd: root, stdio: ["ignore", "pipe", "ignore"] });
  const answer: unknown = JSON.parse((await text(child.stdout)).trim() || "{}");
  const tasks: unknown = typeof answer === "object" && answer !== null ? Reflect.get(answer, "tasks") : null;
  return Array.isArray(tasks) ? tasks.filter(isPlanned) : [];
}

function isPlanned(value: unknown): value is PlannedTask {
  return typeof value === "object" && value !== null && "task" in value && typeof value.task === "string" && "action" in value && "stage" in value;
}
