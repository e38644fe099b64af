import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createPackageReader, packageName } from "../../engine/plan/packages.js";
import { makeFolder } from "./project-builder.js";

const folders: ReturnType<typeof makeFolder>[] = [];
afterAll(() => folders.forEach((folder) => folder.remove()));

function makePackages(files: Readonly<Record<string, string>>) {
  const folder = makeFolder(files);
  folders.push(folder);
  mkdirSync(join(folder.root, "project"), { recursive: true });
  const describeNow = (specifier: string, importer = "notebooks/a.ipynb") => createPackageReader(join(folder.root, "project")).describe([{ specifier, importer }]);
  return { ...folder, describeNow };
}

const manifest = (version: string, dependencies: object = {}, more: object = {}) => JSON.stringify({ version, dependencies, ...more });

describe("installed packages", () => {
  it("count by version, with all they depend on", () => {
    const { describeNow, write } = makePackages({
      "project/node_modules/a/package.json": manifest("1.0.0", { b: "*" }, { peerDependencies: { c: "*" }, optionalDependencies: { absent: "*" } }),
      "project/node_modules/b/package.json": manifest("2.0.0", { a: "*" }),
      "project/node_modules/c/package.json": manifest("3.0.0"),
      "project/node_modules/other/package.json": manifest("4.0.0"),
    });
    const before = describeNow("a/sub/path");
    expect(before).toMatchObject({ "packages:a": "1.0.0", "packages:b": "2.0.0", "packages:c": "3.0.0" });
    expect(Object.keys(before)).toHaveLength(4);
    write("project/node_modules/other/package.json", manifest("4.0.1"));
    expect(describeNow("a")).toEqual(before);
    write("project/node_modules/b/package.json", manifest("2.0.1", { a: "*" }));
    expect(describeNow("a")["packages:b"]).toBe("2.0.1");
  });

  it("are traced to who imports them, the shortest way", () => {
    const { root } = makePackages({
      "project/node_modules/a/package.json": manifest("1.0.0", { b: "*" }),
      "project/node_modules/b/package.json": manifest("1.0.0", { a: "*", c: "*" }),
      "project/node_modules/c/package.json": manifest("1.0.0"),
      "project/node_modules/d/package.json": manifest("1.0.0", { c: "*" }),
    });
    const trace = createPackageReader(join(root, "project")).trace([
      { specifier: "a/sub", importer: "stages/z.ts" },
      { specifier: "a", importer: "notebooks/a.ipynb" },
      { specifier: "d", importer: "stages/z.ts" },
      { specifier: "gone", importer: "stages/z.ts" },
    ]);
    expect(Object.fromEntries(trace)).toEqual({
      a: "imported by notebooks/a.ipynb, stages/z.ts",
      b: "through a, imported by notebooks/a.ipynb, stages/z.ts",
      c: "through d, imported by stages/z.ts",
      d: "imported by stages/z.ts",
      gone: "imported by stages/z.ts",
    });
  });

  it("are found from the importing place, the nearest first", () => {
    const { describeNow } = makePackages({
      "node_modules/a/package.json": manifest("1.0.0"),
      "project/stages/node_modules/a/package.json": manifest("2.0.0"),
    });
    expect(describeNow("a")["packages:a"]).toBe("1.0.0");
    expect(describeNow("a", "stages/x.ts")["packages:a"]).toBe("2.0.0");
  });

  it("are told apart where the same versions are used by others", () => {
    const tree = (x: string, y: string) => ({
      "project/node_modules/a/package.json": manifest("1.0.0", { x: "*", y: "*" }),
      "project/node_modules/x/package.json": manifest("1.0.0", { z: "*" }),
      "project/node_modules/y/package.json": manifest("1.0.0", { z: "*" }),
      "project/node_modules/x/node_modules/z/package.json": manifest(x),
      "project/node_modules/y/node_modules/z/package.json": manifest(y),
    });
    const [one, two] = [makePackages(tree("1.0.0", "2.0.0")).describeNow("a"), makePackages(tree("2.0.0", "1.0.0")).describeNow("a")];
    expect(one["packages:z"]).toBe("1.0.0, 2.0.0");
    expect({ ...two, "packages:resolution": "" }).toEqual({ ...one, "packages:resolution": "" });
    expect(two["packages:resolution"]).not.toBe(one["packages:resolution"]);
  });

  it("come from Stitchbook's own installation where the project has none", () => {
    expect(makePackages({}).describeNow("arquero")["packages:arquero"]).toMatch(/^\d+\.\d+\.\d+/);
    expect(makePackages({}).describeNow("nowhere-to-be-found")["packages:nowhere-to-be-found"]).toBe("not installed");
  });

  it("of a real tree are read quickly", () => {
    const { describeNow } = makePackages({});
    describeNow("picomatch");
    const started = performance.now();
    const parts = createPackageReader(join(import.meta.dirname, "../..")).describe([{ specifier: "vega", importer: "a.ts" }, { specifier: "arquero", importer: "a.ts" }, { specifier: "vega-lite", importer: "a.ts" }]);
    expect(Object.keys(parts).length).toBeGreaterThan(40);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe("linked packages", () => {
  function makeLinked() {
    const folder = makePackages({ "lib/package.json": manifest("1.0.0", { dep: "*" }), "lib/src/a.js": "1", "lib/node_modules/dep/package.json": manifest("5.0.0"), "lib/.git/HEAD": "x" });
    mkdirSync(join(folder.root, "project/node_modules"), { recursive: true });
    symlinkSync(join(folder.root, "lib"), join(folder.root, "project/node_modules/lib"));
    return folder;
  }

  it("count by the content of their files, wherever they lie", () => {
    const { describeNow, write } = makeLinked();
    const before = describeNow("lib");
    expect(makeLinked().describeNow("lib")).toEqual(before);
    expect(before["packages:dep"]).toBe("5.0.0");
    write("lib/.git/HEAD", "y");
    write("lib/node_modules/dep/index.js", "y");
    expect(describeNow("lib")).toEqual(before);
    write("lib/src/a.js", "2");
    expect(describeNow("lib")["packages:lib"]).not.toBe(before["packages:lib"]);
  });

  it("leave out the project that lies within, and end where links go round", () => {
    const { describeNow, root, write } = makeLinked();
    symlinkSync(join(root, "lib"), join(root, "lib/src/round"));
    const before = describeNow("lib");
    symlinkSync(join(root, "project"), join(root, "lib/project"));
    write("project/data/made.csv", "1");
    expect(describeNow("lib")).toEqual(before);
  });

  it("installed through a store of packages count by version", () => {
    const folder = makePackages({ "project/node_modules/.store/a@1/node_modules/a/package.json": manifest("1.0.0") });
    symlinkSync(join(folder.root, "project/node_modules/.store/a@1/node_modules/a"), join(folder.root, "project/node_modules/a"));
    expect(folder.describeNow("a")["packages:a"]).toBe("1.0.0");
  });
});

describe("packageName", () => {
  it("reads scopes and leaves out Stitchbook itself and URLs", () => {
    expect(["a", "a/b", "@s/a", "@s/a/b/c", "stitchbook/notebook", "stitchbook/data", "https://x.org/a.js", "data:text/javascript,1"].map(packageName)).toEqual(["a", "a", "@s/a", "@s/a", null, null, null, null]);
  });
});
