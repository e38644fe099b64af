/** The program that Jupyter starts as kernel: `node kernel.js --config-path=CONNECTION_FILE [--root DIR]`. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { runKernel } from "../engine/notebook/kernel/run-kernel.js";
import { kernelInfo } from "../engine/notebook/kernel/session/kernel-info.js";
import { findRoot } from "../engine/project/find-root.js";
import { ProjectError } from "../engine/project/problems.js";
import { findPackageFile } from "../engine/report/package-file.js";
import { declaredEnvironment, secretValues } from "../engine/run/workers/declared-environment.js";
import type { KernelEffects } from "../engine/notebook/kernel/session/effects.js";

function readVersion(path: string): string {
  const found: unknown = JSON.parse(readFileSync(path, "utf8"));
  return typeof found === "object" && found !== null && "version" in found ? String(found.version) : "0.0.0";
}

function findFile(name: string): string {
  const file = findPackageFile(name, `dist/${name}`);
  if (file === null) throw new Error(`Internal error: ${name} is missing; build the package`);
  return file;
}

/** The compiler's version, without loading it. */
function typescriptVersion(): string {
  const tslab = createRequire(createRequire(import.meta.url).resolve("tslab/package.json"));
  return readVersion(tslab.resolve("@tslab/typescript-for-tslab/package.json"));
}

function createEffects(root: string, isProject: boolean): KernelEffects {
  return {
    openProject: async () => {
      if (!isProject) return null;
      const { surveyProject } = await import("../engine/project/read-project.js");
      const { openSite } = await import("./kernel-project.js");
      try {
        return { project: await openSite(root), problems: [] };
      } catch (error) {
        if (!(error instanceof ProjectError)) throw error;
        const { project } = await surveyProject(root);
        return { project, problems: error.problems };
      }
    },
    environment: (stage) => ({ env: declaredEnvironment(stage, process.env), secrets: secretValues([stage], process.env) }),
    drawChart: async (spec) => (await import("./kernel-project.js")).drawChart(root, spec),
    findUpstream: async (task) => (await import("./kernel-project.js")).findUpstream(root, task),
  };
}

const { values } = parseArgs({ options: { "config-path": { type: "string" }, root: { type: "string" } } });
const connectionFile = values["config-path"];
if (connectionFile === undefined) {
  process.stderr.write("usage: node kernel.js --config-path=CONNECTION_FILE [--root DIR]; Jupyter starts it (see `stitchbook lab`)\n");
  process.exit(2);
}
const folder = process.cwd();
const found = values.root === undefined ? findRoot(folder) : resolve(values.root);
const root = found ?? folder;
await runKernel({
  connectionFile: resolve(connectionFile),
  root,
  folder,
  executorFile: findFile("kernel-executor.cjs"),
  env: process.env,
  info: kernelInfo(readVersion(findFile("package.json")), typescriptVersion()),
  effects: createEffects(root, found !== null),
});
