import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildWorker, type BuiltWorker } from "./build-worker.js";
import { createRig, notebook, textOf, type WorkerRig } from "./worker-rig.js";

const undeclaredRead = {
  kind: "undeclared-access",
  path: "data/secret.csv",
  message: "data/secret.csv was to be read, but the stage does not declare it",
  hint: `Add data/secret.csv to inputs in the front matter of ${notebook}: inputs: [data/a.csv, data/secret.csv]`,
};

let built: BuiltWorker;
let rig: WorkerRig;
beforeAll(async () => void (built = await buildWorker()));
afterAll(() => built.remove());
beforeEach(async () => {
  rig = await createRig(built.workerFile, { "data/secret.csv": "a\n", "data/a.csv": "original\n", "data/raw/2.csv": "a\n", "package.json": '{"name":"p"}' });
});
afterEach(() => rig.remove());

const declared = { inputs: ["data/a.csv"], outputs: ["model/out.json"], folderFiles: { "data/a.csv": "copy\n", "model/.keep": "" } };

describe("an undeclared read", () => {
  it.each([
    ["a relative path", "fs.readFileSync('data/secret.csv')"],
    ["an absolute path", "fs.readFileSync(process.env.ROOT + '/data/secret.csv')"],
    ["__dirname of the cell", "fs.readFileSync(__dirname + '/../data/secret.csv')"],
    ["a path that climbs out of the folder", "fs.readFileSync('../../../data/secret.csv')"],
    ["a promise", "await fs.promises.readFile(process.env.ROOT + '/data/secret.csv')"],
    ["a promise and a relative path", "await fs.promises.readFile('data/secret.csv')"],
    ["a stream", "for await (const chunk of fs.createReadStream('data/secret.csv')) console.log(chunk)"],
    ["a wrapped error", "try { fs.readFileSync('data/secret.csv') } catch (cause) { throw new Error('no data', { cause }) }"],
    ["gathered errors", "await Promise.any([fs.promises.readFile('data/secret.csv')])"],
    ["existsSync of an absolute path", "fs.existsSync(process.env.ROOT + '/data/secret.csv')"],
    ["a promise that nobody awaits", "void fs.promises.readFile('data/secret.csv')"],
  ])("by %s names the missing line of front matter", async (_by, code) => {
    const result = await rig.run([`const fs = require("node:fs");\n${code}`], { ...declared, env: { ROOT: rig.projectRoot } });
    expect(result.failure).toMatchObject(undeclaredRead);
    expect(result.failure?.place).toMatchObject({ file: notebook, cell: 2 });
  });

  it.each([
    ["a declared file", "fs.readFileSync('../data/a.csv')", 'Use the path "data/a.csv": paths are relative to the project root, not to the notebook\'s folder.'],
    ["an undeclared file", "fs.readFileSync('../data/secret.csv')", 'Use the path "data/secret.csv": paths are relative to the project root, not to the notebook\'s folder. It is not declared either: inputs: [data/a.csv, data/secret.csv]'],
  ])("of %s by a path that starts at the notebook's folder says which path is meant", async (_what, code, hint) => {
    const result = await rig.run([`const fs = require("node:fs");\n${code}`], declared);
    expect(result.failure).toMatchObject({ kind: "undeclared-access", message: expect.stringMatching(/^\.\.\/data\/\w+\.csv leads out/), hint });
  });

  it("through __dirname of a local module is known as well", async () => {
    const modules = { "stages/read.ts": "import { readFileSync } from 'node:fs';\nexport function read() {\n  return readFileSync(`${__dirname}/../data/secret.csv`);\n}\n" };
    const result = await rig.run(["require('../stages/read').read()"], { ...declared, modules });
    expect(result.failure).toMatchObject({ ...undeclaredRead, place: { file: "stages/read.ts", line: 3 } });
  });

  it("of a folder asks for its files", async () => {
    const result = await rig.run(["require('node:fs').readdirSync('data/raw')"], declared);
    expect(result.failure).toMatchObject({ kind: "undeclared-access", path: "data/raw/*" });
  });

  it("is no failure where the cell catches it", async () => {
    const result = await rig.run(["try { require('node:fs').readFileSync(__dirname + '/../data/secret.csv') } catch (error) { console.log(error.code) }"], declared);
    expect(result.failure).toBeNull();
    expect(textOf(result, 2)).toBe("ERR_ACCESS_DENIED\n");
  });

  it("of a file that is nowhere is the cell's own error", async () => {
    const result = await rig.run(["require('node:fs').readFileSync('data/typo.csv')"], declared);
    expect(result.failure).toMatchObject({ kind: "cell-error", hint: null });
  });

  it("by an import with a computed name says so", async () => {
    await rig.write({ "stages/late.js": "module.exports = 1" });
    const result = await rig.run(["const name = 'late';\nrequire('../stages/' + name)"], declared);
    expect(result.failure).toMatchObject({ kind: "undeclared-access", path: "stages/late.js" });
  });
});

describe("a declared file", () => {
  it("is read from the folder's copy", async () => {
    const result = await rig.run(["console.log(require('node:fs').readFileSync('data/a.csv', 'utf8'), process.cwd())"], declared);
    expect(textOf(result, 2)).toBe(`copy\n ${rig.folder}\n`);
  });

  it("by an absolute path is refused with the path to use", async () => {
    const result = await rig.run(["require('node:fs').readFileSync(__dirname + '/../data/a.csv')"], declared);
    expect(result.failure).toMatchObject({ kind: "undeclared-access", path: "data/a.csv" });
    expect(result.failure?.hint).toContain('Use the path "data/a.csv"');
  });

  it("may be written as an output, but not past the folder", async () => {
    const result = await rig.run(["const fs = require('node:fs'); fs.writeFileSync('model/out.json', '{}');\nfs.writeFileSync(__dirname + '/../model/out.json', '{}')"], declared);
    expect(result.failure).toMatchObject({ kind: "undeclared-access", path: "model/out.json" });
    expect(result.failure?.hint).toContain('Use the path "model/out.json"');
    expect(existsSync(join(rig.folder, "model/out.json"))).toBe(true);
    expect(existsSync(join(rig.projectRoot, "model/out.json"))).toBe(false);
  });
});

describe("an undeclared write", () => {
  it.each([
    ["an absolute path", "fs.writeFileSync(__dirname + '/../data/secret.csv', 'x')", "data/secret.csv"],
    ["a folder that is not there", "fs.writeFileSync('extra/new.csv', 'x')", "extra/new.csv"],
    ["a promise", "await fs.promises.writeFile(__dirname + '/../extra.csv', 'x')", "extra.csv"],
  ])("by %s names the missing line of front matter", async (_by, code, path) => {
    const result = await rig.run([`const fs = require("node:fs");\n${code}`], declared);
    expect(result.failure).toMatchObject({
      kind: "undeclared-access",
      path,
      hint: `Add ${path} to outputs in the front matter of ${notebook}: outputs: [model/out.json, ${path}]`,
      place: { file: notebook, cell: 2, line: 2 },
    });
    expect(readFileSync(join(rig.projectRoot, "data/secret.csv"), "utf8")).toBe("a\n");
  });
});

describe("outside of the project", () => {
  it("nothing may be read, and the message says what may", async () => {
    const result = await rig.run(["require('node:fs').readFileSync('/etc/passwd')"], declared);
    expect(result.failure).toMatchObject({ kind: "undeclared-access", path: "/etc/passwd" });
    expect(result.failure?.hint).toContain("os.tmpdir()");
  });

  it("the temporary folder lies in the task's own, for child processes too", async () => {
    const result = await rig.run([
      "const fs = require('node:fs'), os = require('node:os'); const made = fs.mkdtempSync(os.tmpdir() + '/x-'); fs.writeFileSync(made + '/f', '1'); console.log(made); console.log(require('node:child_process').execSync('echo $TMPDIR').toString())",
    ]);
    expect(result.failure).toBeNull();
    expect(textOf(result, 2)).toContain(`${rig.folder}/.tmp/x-`);
    expect(textOf(result, 2)).toContain(`${rig.folder}/.tmp\n`);
  });

  it("looking upward for package files does no harm", async () => {
    const result = await rig.run([
      `const fs = require("node:fs"), path = require("node:path");
      const found = [];
      for (let folder = process.cwd(); ; folder = path.dirname(folder)) {
        for (const name of ["package.json", "node_modules"]) if (fs.existsSync(path.join(folder, name))) found.push(path.join(folder, name));
        try { fs.readFileSync(path.join(folder, "package.json")) } catch (error) { if (error.code !== "ENOENT") throw error }
        if (path.dirname(folder) === folder) break;
      }
      console.log(found.includes(process.env.ROOT + "/package.json"), fs.existsSync("/etc/passwd"), fs.existsSync(path.dirname(process.cwd())), fs.realpathSync("."))`,
      "const { existsSync } = await import('node:fs'); console.log(existsSync('/etc/passwd'))",
    ], { env: { ROOT: rig.projectRoot } });
    expect(result.failure).toBeNull();
    expect(textOf(result, 2)).toBe(`true false true ${rig.folder}\n`);
    expect(textOf(result, 3)).toBe("false\n");
  });

  it("linked packages may be read, a link to the project opens nothing", async () => {
    const elsewhere = await realpath(await mkdtemp(join(tmpdir(), "stitchbook-linked-")));
    try {
      await mkdir(join(elsewhere, "node_modules", "deep"), { recursive: true });
      await writeFile(join(elsewhere, "package.json"), '{"name":"linked","main":"main.js"}');
      await writeFile(join(elsewhere, "main.js"), "module.exports = require('deep') + 1");
      await writeFile(join(elsewhere, "node_modules", "deep", "index.js"), "module.exports = 41");
      await mkdir(join(rig.projectRoot, "node_modules", "@scope"), { recursive: true });
      await symlink(elsewhere, join(rig.projectRoot, "node_modules", "@scope", "linked"));
      await symlink(rig.projectRoot, join(rig.projectRoot, "node_modules", "self"));
      const result = await rig.run(["console.log(require('@scope/linked'));\nrequire('node:fs').readFileSync(__dirname + '/../data/secret.csv')"], declared);
      expect(textOf(result, 2)).toBe("42\n");
      expect(result.failure).toMatchObject(undeclaredRead);
    } finally {
      await rm(elsewhere, { recursive: true });
    }
  });

  it("threads and child processes are let through", async () => {
    const result = await rig.run(["const { Worker } = require('node:worker_threads');\nconst thread = new Worker('require(\"node:worker_threads\").parentPort.postMessage(7)', { eval: true });\nconsole.log(await new Promise((r) => thread.once('message', r)))"]);
    expect(textOf(result, 2)).toBe("7\n");
  });
});
