import { mkdirSync } from "node:fs";
import { join, posix } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { resolveFromCell, resolveLocal } from "../../engine/notebook/compile/resolve-local.js";
import { createMadeTest, resolveImport } from "../../engine/plan/resolve-import.js";
import { createSourceReader } from "../../engine/plan/source-reader.js";
import { makeFolder, makeOutput, makeProject, makeReport, makeStage, makeTask } from "./project-builder.js";
import { createRandom } from "./seeded-random.js";

const folders: ReturnType<typeof makeFolder>[] = [];
afterAll(() => folders.forEach((folder) => folder.remove()));

function makeContext(files: readonly string[]) {
  const folder = makeFolder(Object.fromEntries(files.map((path) => [path, ""])));
  folders.push(folder);
  return { root: folder.root, context: { reader: createSourceReader(folder.root), isMade: () => false } };
}

describe("resolveImport", () => {
  it("tries the notebook's own folder before the project root", () => {
    const { context } = makeContext(["notebooks/stages/a.ts", "stages/a.ts", "stages/b.ts"]);
    expect(resolveImport("./stages/a", ["notebooks", ""], context)).toEqual({ kind: "local", path: "notebooks/stages/a.ts" });
    expect(resolveImport("./stages/b.js", ["notebooks", ""], context)).toEqual({ kind: "local", path: "stages/b.ts" });
    expect(resolveImport("../stages/b", ["notebooks", ""], context)).toEqual({ kind: "local", path: "stages/b.ts" });
  });

  it("tells what lies outside from what is missing", () => {
    const { context } = makeContext([]);
    expect(resolveImport("../../x", ["notebooks", ""], context)).toEqual({ kind: "outside" });
    expect(resolveImport("./x", ["notebooks", ""], context)).toMatchObject({ kind: "missing" });
  });

  it("finds what the compiler finds, in random layouts", () => {
    const random = createRandom(5);
    const names = ["a.ts", "a.tsx", "a.js", "a.jsx", "a.d.ts", "a.json", "a.mts", "a.mjs", "a.cjs", "a/index.ts", "a/index.js", "a/index.d.ts", "index.ts", "index.js"];
    const specifiers = ["./a", "./a.js", "./a.ts", "./a.jsx", "./a.mjs", "./a.cjs", "./a.json", "./a/", "./a/index", ".", "./", "..", "../a", "../a.js", "../stages/a", "./stages/a", "../../a"];
    let compared = 0;
    for (let round = 0; round < 60; round += 1) {
      const files = ["notebooks/", "stages/", ""].flatMap((folder) => names.filter(() => random.chance(0.25)).map((name) => folder + name));
      const { root, context } = makeContext(files);
      mkdirSync(join(root, "notebooks"), { recursive: true });
      for (const specifier of specifiers) {
        const theirs = random.chance(0.5) ? resolveFromCell(root, "notebooks/x.ipynb", specifier) : null;
        const found = theirs === null ? resolveImport(specifier, ["stages"], context) : resolveImport(specifier, ["notebooks", ""], context);
        const expected = theirs ?? resolveLocal(root, "stages", specifier);
        if (expected.kind === "found" && !expected.path.endsWith(".d.ts")) {
          compared += 1;
          expect(found, `${specifier} among ${files.join(" ")}`).toEqual({ kind: "local", path: posix.normalize(expected.path) });
        } else if (expected.kind === "outside" && found.kind === "local") {
          // JSON without its ending is none to the compiler; it is followed here only to say that a task makes it.
          expect(found.path).toMatch(/json$/);
        }
      }
    }
    expect(compared).toBeGreaterThan(200);
  });
});

describe("createMadeTest", () => {
  it("knows declared outputs, images of reports, and the engine's own places", () => {
    const stage = makeStage({ id: "train", outputs: [makeOutput("model/metrics.json")] });
    const isMade = createMadeTest(makeProject("/nowhere", [makeTask(stage), makeTask(makeReport({ id: "summary" }))]));
    const made = ["model/metrics.json", "reports/images/a.svg", "reports/summary.md", ".stitchbook/x.json", "logs/a.jsonl", "reports/notebooks/a.ipynb"];
    expect(made.filter(isMade)).toEqual(made);
    expect(["model/other.json", "stages/a.ts"].filter(isMade)).toEqual([]);
  });
});
