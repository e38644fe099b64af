import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeTemporaryFolder } from "../notebook/temporary-folder.js";
import { repository, runStitchbook } from "./rig.js";

let folder: string;
beforeAll(async () => void (folder = await makeTemporaryFolder("stitchbook-kernel-command-")));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** In no project, and with nothing of the machine's own Jupyter. */
const kernel = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runStitchbook(["kernel", ...args], { cwd: folder, env: { HOME: join(folder, "home"), JUPYTER_DATA_DIR: "", XDG_DATA_HOME: "", VIRTUAL_ENV: "", CONDA_PREFIX: "", ...env } });

const specOf = async (kernels: string, name = "stitchbook"): Promise<unknown> => JSON.parse(await readFile(join(kernels, name, "kernel.json"), "utf8"));

describe("kernel install and kernel remove", () => {
  it("serve the user, without a project and without Jupyter", async () => {
    const kernels = join(folder, "home", process.platform === "darwin" ? "Library/Jupyter" : ".local/share/jupyter", "kernels");
    const first = await kernel(["install"]);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toContain(`Installed the kernel "Stitchbook" in ${join(kernels, "stitchbook")}\n`);
    expect(first.stdout).toContain("VS Code: open a notebook of a project, Select Kernel > Jupyter Kernel... > Stitchbook");
    expect(await specOf(kernels)).toMatchObject({ argv: [process.execPath, join(repository, "dist/kernel.js"), "--config-path={connection_file}"] });
    expect((await kernel(["install", "--user"])).stdout).toContain("Already installed: the kernel");
    expect(await kernel(["remove"])).toEqual({ code: 0, stdout: `Removed the kernel stitchbook from ${join(kernels, "stitchbook")}\n`, stderr: "" });
    expect(await readdir(kernels)).toEqual([]);
    expect(await kernel(["remove"])).toEqual({ code: 0, stdout: `There is no kernel stitchbook in ${join(kernels, "stitchbook")}; nothing to remove.\n`, stderr: "" });
  });

  it("serve an environment, a folder and another name", async () => {
    const environment = join(folder, "environment");
    expect(JSON.parse((await kernel(["install", "--sys-prefix", "--json"], { VIRTUAL_ENV: environment })).stdout)).toEqual({ action: "written", name: "stitchbook", path: join(environment, "share/jupyter/kernels/stitchbook") });
    const kernels = join(folder, "prefix/share/jupyter/kernels");
    expect(await kernel(["install", "--prefix", "prefix", "--name", "stitchbook-next", "-q"])).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await specOf(kernels, "stitchbook-next")).toMatchObject({ display_name: "Stitchbook (stitchbook-next)" });
    expect((await kernel(["remove", "--prefix", "prefix", "--name", "stitchbook-next"])).code).toBe(0);
    expect(existsSync(join(environment, "share/jupyter/kernels/stitchbook/kernel.json"))).toBe(true);
  });

  it("never touch a kernel of another origin", async () => {
    const theirs = join(folder, "theirs/share/jupyter/kernels/stitchbook");
    await mkdir(theirs, { recursive: true });
    await writeFile(join(theirs, "kernel.json"), '{"argv":["tslab"],"display_name":"Stitchbook","language":"typescript"}');
    for (const action of ["install", "remove"]) {
      const { code, stdout, stderr } = await kernel([action, "--prefix", "theirs"]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain(`the kernel in ${theirs} is not one of Stitchbook's\n  It stays as it is. Choose another name with --name`);
    }
    expect(await readFile(join(theirs, "kernel.json"), "utf8")).toContain('["tslab"]');
  });

  it.each([
    [[], "kernel: install or remove?"],
    [["instal"], "expected install or remove, found instal; did you mean install?"],
    [["install", "mine"], "takes no argument, found mine; a name goes to --name"],
    [["install", "--user", "--prefix", "x"], "--user and --prefix are different places; name one"],
    [["install", "--prefix", ""], "--prefix: expected a folder, found nothing"],
    [["install", "--name", "../x"], "--name: expected small letters, digits, -, _ and ., found ../x"],
    [["remove", "--name", "Stitchbook"], "found Stitchbook"],
  ])("refuse %j", async (args, message) => {
    const { code, stdout, stderr } = await kernel(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});

describe.skipIf(process.env["STITCHBOOK_SKIP_PYTHON"] === "1")("Jupyter", () => {
  it("finds the kernel where it was installed", async () => {
    const python = process.env["TEST_PYTHON"] ?? join(repository, ".venv/bin/python");
    const data = join(folder, "data");
    await kernel(["install"], { JUPYTER_DATA_DIR: data });
    const program = "from jupyter_client.kernelspec import KernelSpecManager; print(KernelSpecManager().get_kernel_spec('stitchbook').resource_dir)";
    const { stdout } = await promisify(execFile)(python, ["-c", program], { env: { ...process.env, JUPYTER_DATA_DIR: data } });
    expect(stdout.trim()).toBe(join(data, "kernels/stitchbook"));
  });
});
