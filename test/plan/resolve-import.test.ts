import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { afterAll, describe, expect, it } from "vitest";
import { madeTestOf, resolveImport } from "../../engine/plan/resolve-import.js";
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
    expect(resolveImport("./stages/a", ["notebooks", ""], context)).toMatchObject({ kind: "local", path: "notebooks/stages/a.ts" });
    expect(resolveImport("./stages/b.js", ["notebooks", ""], context)).toMatchObject({ kind: "local", path: "stages/b.ts" });
    expect(resolveImport("../stages/b", ["notebooks", ""], context)).toMatchObject({ kind: "local", path: "stages/b.ts" });
  });

  it("tells what lies outside from what is missing", () => {
    const { context } = makeContext([]);
    expect(resolveImport("../../x", ["notebooks", ""], context)).toEqual({ kind: "outside" });
    expect(resolveImport("./x", ["notebooks", ""], context)).toMatchObject({ kind: "missing" });
  });

  it("finds what TypeScript finds, in random layouts", () => {
    const random = createRandom(5);
    const names = ["a.ts", "a.tsx", "a.js", "a.jsx", "a.d.ts", "a.json", "a.mts", "a.mjs", "a.cjs", "a/index.ts", "a/index.js", "a/index.d.ts", "index.ts", "index.js"];
    const specifiers = ["./a", "./a.js", "./a.ts", "./a.jsx", "./a.mjs", "./a.cjs", "./a.json", "./a/", "./a/index", ".", "./", "..", "../a", "../a.js", "../stages/a", "./stages/a", "../../a"];
    let compared = 0;
    for (let round = 0; round < 60; round += 1) {
      const files = ["notebooks/", "stages/", ""].flatMap((folder) => names.filter(() => random.chance(0.25)).map((name) => folder + name));
      const { root, context } = makeContext(files);
      mkdirSync(join(root, "notebooks"), { recursive: true });
      mkdirSync(join(root, "stages"), { recursive: true });
      for (const specifier of specifiers) {
        const found = resolveImport(specifier, ["stages"], context);
        const types = found.kind === "types" ? found.path : found.kind === "local" ? found.types : null;
        expect(types, `${specifier} among ${files.join(" ")}`).toBe(askTypeScript(root, "stages", specifier));
        if (types !== null) compared += 1;
        const own = askTypeScript(root, "notebooks", specifier);
        const fromCell = resolveImport(specifier, ["notebooks", ""], context);
        expect(fromCell.kind === "types" ? fromCell.path : fromCell.kind === "local" ? fromCell.types : null, `cell ${specifier} among ${files.join(" ")}`).toBe(own ?? askTypeScript(root, "", specifier));
      }
    }
    expect(compared).toBeGreaterThan(300);
  });

  it("says that JSON without its ending can't be imported where a task makes it", () => {
    const { context } = makeContext([]);
    expect(resolveImport("../model/metrics", ["notebooks", ""], { ...context, isMade: (path) => path === "model/metrics.json" })).toEqual({ kind: "made", path: "model/metrics.json" });
  });

  it("finds the JavaScript beside its declarations, and declarations alone", () => {
    const { context } = makeContext(["stages/a.d.ts", "stages/b.d.ts", "stages/b.js"]);
    expect(resolveImport("./a", ["stages"], context)).toEqual({ kind: "types", path: "stages/a.d.ts" });
    expect(resolveImport("./b", ["stages"], context)).toEqual({ kind: "local", path: "stages/b.js", types: "stages/b.d.ts" });
  });
});

/** What TypeScript's bundler resolution finds within the project; null for nothing. */
function askTypeScript(root: string, folder: string, specifier: string): string | null {
  const options = { moduleResolution: ts.ModuleResolutionKind.Bundler, module: ts.ModuleKind.ESNext, allowJs: true, resolveJsonModule: true, allowImportingTsExtensions: true };
  const found = ts.resolveModuleName(specifier, join(root, folder, "importer.ts"), options, ts.sys).resolvedModule?.resolvedFileName;
  const path = found === undefined ? ".." : relative(root, found);
  // By `./a.ts` TypeScript finds a.jsx, too, so that it can complain of it.
  return path.startsWith("..") || (specifier === "./a.ts" && !/(^|\/)a\.ts$/.test(path)) ? null : path;
}

describe("madeTestOf", () => {
  it("knows declared outputs, images of reports, and the engine's own places", () => {
    const stage = makeStage({ id: "train", outputs: [makeOutput("model/metrics.json")] });
    const isMade = madeTestOf(makeProject("/nowhere", [makeTask(stage), makeTask(makeReport({ id: "summary" }))]));
    const made = ["model/metrics.json", "reports/images/a.svg", "reports/summary.md", ".stitchbook/x.json", "logs/a.jsonl", "reports/notebooks/a.ipynb"];
    expect(made.filter(isMade)).toEqual(made);
    expect(["model/other.json", "stages/a.ts"].filter(isMade)).toEqual([]);
  });
});
