import { readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bundlePackages, makeBundleFolder } from "../../../engine/notebook/compile/bundle-packages.js";
import { createPackageLoader } from "../../../engine/notebook/execute/package-loader.js";
import type { CompiledNotebook } from "../../../engine/notebook/types.js";
import { makeProject } from "../../project/make-project.js";

const log = "globalThis.loadedPackages ??= []; globalThis.loadedPackages.push(";
const packages = {
  "node_modules/one/package.json": '{"name":"one","type":"module","exports":"./index.js"}',
  "node_modules/one/index.js": `${log}"one"); import { shared } from "shared"; export class Table {} export const all = [shared];`,
  "node_modules/two/package.json": '{"name":"two","type":"module","exports":"./index.js","sideEffects":false}',
  "node_modules/two/index.js": `import "./effect.js"; import { shared } from "shared"; import old from "old"; class Table {} export default { shared, old, Table };`,
  "node_modules/two/effect.js": `${log}"effect");`,
  "node_modules/shared/package.json": '{"name":"shared","type":"module","exports":"./index.js"}',
  "node_modules/shared/index.js": "export const shared = { is: 'one object' };",
  "node_modules/old/package.json": '{"name":"old","main":"index.cjs"}',
  "node_modules/old/index.cjs": "module.exports = { is: 'CommonJS' };",
  "node_modules/placed/package.json": '{"name":"placed","type":"module","exports":"./index.js"}',
  "node_modules/placed/index.js": "export const place = import.meta.url;",
  "node_modules/waits/package.json": '{"name":"waits","type":"module","exports":"./index.js"}',
  "node_modules/waits/index.js": "export const value = await 1;",
  "node_modules/computes/package.json": '{"name":"computes","type":"module","exports":"./index.js"}',
  "node_modules/computes/index.js": "export const load = (name) => import(name);",
};

let root: string;
let folder: string;
beforeEach(async () => {
  root = await makeProject(packages);
  folder = makeBundleFolder(root);
  Reflect.deleteProperty(globalThis, "loadedPackages");
});
afterEach(() => rm(root, { recursive: true, force: true }));

function notebook(...specifiers: string[]): CompiledNotebook {
  const code = specifiers.map((specifier) => `require("${specifier}");`).join("\n");
  return { notebook: "notebooks/a.ipynb", cells: [{ position: 1, code, isAsync: false, lastExpression: null, map: null, isParameters: false }], modules: [], imports: {} };
}

async function load(...specifiers: string[]) {
  const bundle = await bundlePackages(notebook(...specifiers), { root, folder });
  expect(bundle).not.toBeNull();
  const loader = createPackageLoader({ ownFile: join(root, "own.js"), temporaryFolder: root, bundle });
  return (specifier: string) => loader.load(specifier, join(root, "notebooks/a.ipynb")) as Record<string, never>;
}

describe("bundled packages", () => {
  it("load when they are asked for, once, with all their side effects, and share what they share", async () => {
    const require = await load("one", "two");
    expect(Reflect.get(globalThis, "loadedPackages")).toBeUndefined();
    const [two, one] = [require("two"), require("one")];
    expect(Reflect.get(globalThis, "loadedPackages")).toEqual(["effect", "one"]);
    expect(require("one")).toBe(one);
    expect(Reflect.get(two, "default")["shared"]).toBe(Reflect.get(one, "all")[0]);
  });

  it("keep the names of what they export, and leave CommonJS where everybody finds it", async () => {
    const require = await load("one", "two");
    expect([Reflect.get(require("one"), "Table")["name"], Reflect.get(require("two"), "default")["Table"]["name"]]).toEqual(["Table", "Table"]);
    expect(Reflect.get(require("two"), "default")["old"]).toBe(require("old"));
  });

  it("look like what require gives: __esModule where there is a default export, else only the names", async () => {
    const require = await load("one", "two");
    expect(Reflect.get(require("two"), "__esModule")).toBe(true);
    expect(Reflect.get(require("one"), "__esModule")).toBeUndefined();
    expect(Object.keys(require("one"))).toEqual(["Table", "all"]);
  });

  it("are not made of packages that would notice it", async () => {
    for (const name of ["placed", "waits", "computes", "old"]) expect(await bundlePackages(notebook(name, name === "old" ? "node:fs" : "one"), { root, folder })).toBeNull();
  });

  it("are made anew when a file has changed, and when the bundle is damaged", async () => {
    const long = new Date(Date.now() - 60_000);
    for (const path of Object.keys(packages)) await utimes(join(root, path), long, long);
    const file = (await bundlePackages(notebook("one"), { root, folder }))?.file ?? "";
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace("one object", "damaged"));
    await bundlePackages(notebook("one"), { root, folder });
    expect(await readFile(file, "utf8")).toBe(text);
    await writeFile(join(root, "node_modules/shared/index.js"), "export const shared = { is: 'another' };");
    await bundlePackages(notebook("one"), { root, folder });
    expect(await readFile(file, "utf8")).toContain("another");
    expect((await readdir(folder)).length).toBe(2);
  });
});
