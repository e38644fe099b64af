import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { makeProject, notebook } from "../project/make-project.js";
import { repository, runStitchbook } from "./rig.js";

const clean = notebook(["---\nstage: a\n---", "1"]);
const dirty = clean.replace('"execution_count": null', '"execution_count": 3').replace('"outputs": []', '"outputs": [{"output_type": "stream", "name": "stdout", "text": ["secret\\n"]}]');
const folders: string[] = [];
let root = "";

beforeEach(async () => {
  root = await makeProject({ "stitchbook.yaml": "name: strip\n", "notebooks/a.ipynb": dirty, "notebooks/b.ipynb": clean.replace("stage: a", "stage: b") });
  folders.push(root);
});
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

const strip = (...args: string[]) => runStitchbook(["strip", ...args], { cwd: root });
const read = (path: string) => readFileSync(join(root, path), "utf8");
const git = (...args: string[]) => execFileSync("git", ["-c", "user.name=A", "-c", "user.email=a@example.org", ...args], { cwd: root, encoding: "utf8", stdio: "pipe" });

describe("strip", () => {
  it("writes what changed and nothing else, through links and with its mode", async () => {
    mkdirSync(join(root, "elsewhere"));
    writeFileSync(join(root, "elsewhere/c.ipynb"), dirty);
    chmodSync(join(root, "elsewhere/c.ipynb"), 0o640);
    symlinkSync("../elsewhere/c.ipynb", join(root, "notebooks/c.ipynb"));
    const before = statSync(join(root, "notebooks/b.ipynb")).mtimeMs;
    const { code, stdout } = await strip();
    expect([code, stdout]).toEqual([0, "stripped  notebooks/a.ipynb  (1 output, 1 execution count)\nstripped  notebooks/c.ipynb  (1 output, 1 execution count)\n"]);
    expect(read("notebooks/a.ipynb")).not.toContain("secret");
    expect(statSync(join(root, "notebooks/b.ipynb")).mtimeMs).toBe(before);
    expect([read("elsewhere/c.ipynb").includes("secret"), statSync(join(root, "elsewhere/c.ipynb")).mode & 0o777]).toEqual([false, 0o640]);
    expect(await strip()).toEqual({ code: 0, stdout: "Nothing to strip: 3 notebooks.\n", stderr: "" });
  });

  it("leaves a broken notebook alone, names its place, and strips the others", async () => {
    writeFileSync(join(root, "notebooks/b.ipynb"), '{\n"cells": [}');
    const { code, stdout, stderr } = await strip();
    expect([code, stdout]).toEqual([2, expect.stringContaining("stripped  notebooks/a.ipynb")]);
    expect(stderr).toContain("notebooks/b.ipynb, line 2, column 11: this is not valid JSON");
    expect(read("notebooks/b.ipynb")).toBe('{\n"cells": [}');
  });

  it("shows under --dry-run and fails under --check, and writes in neither", async () => {
    expect(await strip("-n")).toMatchObject({ code: 0, stdout: "would strip  notebooks/a.ipynb  (1 output, 1 execution count)\n" });
    expect(await strip("--check", "notebooks/a.ipynb")).toMatchObject({ code: 1, stderr: expect.stringContaining("notebooks/a.ipynb carries 1 output") });
    expect(await strip("--check", "notebooks/b.ipynb")).toMatchObject({ code: 0 });
    expect(JSON.parse((await strip("-n", "--json")).stdout)).toMatchObject({ written: false, stripped: [{ file: "notebooks/a.ipynb", outputs: 1, counts: 1, metadata: [], ids: 0 }], clean: ["notebooks/b.ipynb"], problems: [] });
    expect(read("notebooks/a.ipynb")).toBe(dirty);
  });

  it.each([
    [["notebooks"], "this is a folder"],
    [["nope.ipynb"], "there is no such file"],
    [["--check", "--install"], "two tasks"],
    [["--chekc"], "did you mean --check?"],
  ])("%j is told", async (args, says) => {
    expect(await strip(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(says) });
  });

  it("is a filter that takes what git gives it", () => {
    const filter = (input: string) => execFileSync(process.execPath, [join(repository, "dist/stitchbook.js"), "strip", "-"], { input, encoding: "utf8", stdio: "pipe" });
    expect(filter(clean)).toBe(clean);
    expect(filter(dirty)).toBe(filter(filter(dirty)));
    expect(filter(dirty)).not.toContain("secret");
    expect(() => filter("<<<<<<<")).toThrow(/standard input, line 1, column 1/);
  });
});

describe("check", () => {
  it("warns of outputs until git's filter takes them out", async () => {
    const check = () => runStitchbook(["check"], { cwd: root });
    expect(await check()).toMatchObject({ code: 0, stderr: expect.stringContaining("warning: notebooks/a.ipynb: this notebook carries 1 output, 1 execution count") });
    git("init", "-q");
    await strip("--install");
    expect(await check()).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("strip --install", () => {
  it("keeps outputs out of commits and in the working copy, twice the same, and is taken back whole", async () => {
    git("init", "-q");
    expect(await strip("--install")).toMatchObject({ code: 0, stdout: expect.stringContaining(".gitattributes: added") });
    const files = [".gitattributes", ".git/config", ".git/hooks/pre-commit"];
    const once = files.map(read);
    expect(await strip("--install")).toMatchObject({ code: 0, stdout: expect.stringContaining("already") });
    expect(files.map(read)).toEqual(once);
    git("add", ".");
    git("commit", "-q", "-m", "first");
    expect(git("show", "HEAD:notebooks/a.ipynb")).not.toContain("secret");
    expect(read("notebooks/a.ipynb")).toBe(dirty);
    expect(git("status", "--short")).toBe("");
    await strip("--uninstall");
    expect(files.map((file) => existsSync(join(root, file)))).toEqual([false, true, false]);
    expect(read(".git/config")).not.toContain("stitchbook");
    expect(await strip("--uninstall")).toMatchObject({ code: 0, stdout: "nothing was installed\n" });
  });

  it("refuses a commit of outputs that came in past the filter", async () => {
    git("init", "-q");
    await strip("--install");
    writeFileSync(join(root, ".gitattributes"), "");
    git("add", ".");
    expect(() => git("commit", "-q", "-m", "x")).toThrow(/notebooks\/a.ipynb carries 1 output[\s\S]*git add/);
    await strip();
    // What counts is what is staged, not the file.
    expect(() => git("commit", "-q", "-m", "x")).toThrow(/carries/);
    git("add", ".");
    git("commit", "-q", "-m", "x");
  });

  it("replaces nobody's hook and nobody's filter", async () => {
    git("init", "-q");
    mkdirSync(join(root, ".git/hooks"), { recursive: true });
    writeFileSync(join(root, ".git/hooks/pre-commit"), "#!/bin/sh\necho mine\n");
    writeFileSync(join(root, ".gitattributes"), "*.ipynb filter=nbstripout");
    const { code, stderr } = await strip("--install");
    expect(code).toBe(0);
    expect(stderr).toMatch(/\.git\/hooks\/pre-commit is a hook of your own[\s\S]*strip --staged/);
    expect(stderr).toContain("the filter nbstripout");
    await strip("--uninstall");
    expect([read(".git/hooks/pre-commit"), read(".gitattributes")]).toEqual(["#!/bin/sh\necho mine\n", "*.ipynb filter=nbstripout"]);
  });

  it("outside of git is told", async () => {
    expect(await strip("--install")).toMatchObject({ code: 1, stderr: expect.stringContaining("is in no git work tree") });
  });
});
