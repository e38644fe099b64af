import { existsSync } from "node:fs";
import { join } from "node:path";
import { configFile, readConfig } from "./config.js";
import { openDisk } from "./disk.js";
import { ProjectError } from "./problems.js";
import { findSources } from "./sources.js";

/**
 * Finds the notebooks that `notebooks` of stitchbook.yaml means, stages or not; none of them is read.
 *
 * @param root the project's folder, absolute
 * @returns project paths, in code-unit order
 * @throws ProjectError where stitchbook.yaml can't be read
 */
export async function findNotebooks(root: string): Promise<readonly string[]> {
  if (!existsSync(join(root, configFile))) return [];
  const disk = openDisk(root);
  const { text, problem } = await disk.readText(configFile);
  if (text === null) throw new ProjectError([problem]);
  const { notebooks, problems } = await readConfig(text);
  const errors = problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new ProjectError(errors);
  return (await findSources(disk, notebooks, true)).files;
}
