import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readFileState } from "../../engine/checkpoint/file-state.js";
import type { FileSystem } from "../../engine/run/publish/file-system.js";
import type { PublishOptions } from "../../engine/run/publish/publish.js";

export const artifactPaths = ["data/processed/cleaned.csv", "model/metrics.json"] as const;
export const stalePath = "reports/images/stale.svg";
const recordPath = "records/training.json";

/** Big enough that a reader would see a part of it if it could. */
export function contentOf(path: string, version: string): string {
  return `${path} ${version}\n`.repeat(8000);
}

export async function makeProject(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "stitchbook-publish-"));
  await mkdir(join(root, ".stitchbook"));
  return root;
}

/** Fills a task's folder with one version of the artifacts, and gives the options that publish it. */
export async function drawUp(root: string, version: string, fs?: FileSystem): Promise<PublishOptions> {
  const stateFolder = join(root, ".stitchbook");
  const folder = join(stateFolder, "tasks", `training-${version}`);
  const artifacts = [];
  for (const path of artifactPaths) {
    const content = contentOf(path, version);
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
    artifacts.push({ path, sha256: createHash("sha256").update(content).digest("hex"), bytes: content.length });
  }
  const record = { path: recordPath, value: { version: 1, run: version, artifacts } };
  return { projectRoot: root, stateFolder, task: "training", folder, artifacts, remove: [stalePath], record, ...(fs === undefined ? {} : { fs }) };
}

/** Puts a file there that the next publication removes. */
export async function addStaleFile(root: string): Promise<void> {
  await mkdir(dirname(join(root, stalePath)), { recursive: true });
  await writeFile(join(root, stalePath), "<svg/>");
}

/** Which version each artifact and the record are of; the record counts only if its states are those of the files. */
export async function readVersions(root: string): Promise<{ readonly artifacts: readonly (string | null)[]; readonly record: string | null }> {
  const artifacts = await Promise.all(artifactPaths.map((path) => readVersion(join(root, path), path)));
  const text = await readFile(join(root, ".stitchbook", recordPath), "utf8").catch(() => null);
  if (text === null) return { artifacts, record: null };
  const sealed: unknown = JSON.parse(text);
  const record: unknown = typeof sealed === "object" && sealed !== null && "record" in sealed ? sealed.record : null;
  if (typeof record !== "object" || record === null || !("run" in record) || !("artifacts" in record)) throw new Error("not a record");
  const states = artifactPaths.map((path) => readFileState(join(root, path)));
  const recorded = (Array.isArray(record.artifacts) ? record.artifacts : []).map((artifact: { state?: unknown }) => artifact.state);
  const holds = JSON.stringify(recorded) === JSON.stringify(states);
  return { artifacts, record: holds ? String(record.run) : `${String(record.run)} with other file states` };
}

async function readVersion(file: string, path: string): Promise<string | null> {
  const content = await readFile(file, "utf8").catch(() => null);
  if (content === null) return null;
  return ["old", "new"].find((version) => contentOf(path, version) === content) ?? `a part: ${content.length} bytes`;
}

/** Everything in the project, but for what is left in `.stitchbook/tasks`. */
export async function listFiles(root: string): Promise<readonly string[]> {
  const names: string[] = [];
  const list = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (path === ".stitchbook/tasks") continue;
      if (entry.isDirectory()) await list(path);
      else names.push(path);
    }
  };
  await list("");
  return names.sort();
}
