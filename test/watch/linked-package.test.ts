import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeProject } from "../project/make-project.js";
import { stopWatching, watchProject } from "./watch-rig.js";

test("an edit in a package that is linked from elsewhere begins a round, one in any other does not", async () => {
  const outer = await makeProject({ "tools/package.json": '{ "name": "tools", "version": "1.0.0", "main": "index.js" }', "tools/index.js": "exports.factor = 2;\n", "other/index.js": "exports.factor = 1;\n" });
  const root = await makeProject({
    "stitchbook.yaml": "name: linked\n",
    "notebooks/scale.ipynb": ["---\nstage: scale\noutputs: [data/scaled.txt]\n---", 'import { writeFileSync } from "node:fs";\nimport { factor } from "tools";\nwriteFileSync("data/scaled.txt", String(10 * factor));'],
  });
  await mkdir(join(root, "node_modules"));
  await symlink(join(outer, "tools"), join(root, "node_modules/tools"));
  await symlink(join(outer, "other"), join(root, "node_modules/other"));
  const watching = await watchProject(root);
  try {
    const runs = () => watching.events.filter(({ event, action }) => event === "task.done" && action === "run").length;
    await watching.until("the first round", (all) => all.at(-1)?.event === "run.done");
    await writeFile(join(outer, "other/index.js"), "exports.factor = 3;\n");
    await writeFile(join(outer, "tools/index.js"), "exports.factor = 5;\n");
    await watching.until("a round for the package", () => runs() === 2);
    const [, second] = watching.events.filter(({ event }) => event === "watch.round");
    expect((second?.["changes"] as readonly { readonly path: string }[]).map(({ path }) => path.split("/").slice(-2).join("/"))).toEqual(["tools/index.js"]);
  } finally {
    await stopWatching(watching);
  }
});
