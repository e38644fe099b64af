import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ForeignKernelError, makeKernelSpec, placeKernelSpec, removeKernelSpec } from "../../../engine/notebook/jupyter/kernel-spec.js";
import { makeTemporaryFolder } from "../temporary-folder.js";

const spec = makeKernelSpec({ node: "/bin/node", kernelFile: "/opt/stitchbook/kernel.js", version: "1.2.3" });

let parent: string;
let folder: string;
beforeEach(async () => {
  parent = await makeTemporaryFolder("stitchbook-kernel-spec-");
  folder = join(parent, "kernels/stitchbook");
});
afterEach(() => rm(parent, { recursive: true, force: true }));

describe("a kernel's specification", () => {
  it("says all that Jupyter needs, with absolute paths", async () => {
    await placeKernelSpec(folder, spec);
    expect(JSON.parse(await readFile(join(folder, "kernel.json"), "utf8"))).toEqual({
      argv: ["/bin/node", "/opt/stitchbook/kernel.js", "--config-path={connection_file}"],
      display_name: "Stitchbook",
      language: "typescript",
      interrupt_mode: expect.stringMatching(/^(signal|message)$/),
      metadata: { debugger: false, stitchbook: { version: "1.2.3" } },
    });
    expect(await readdir(folder)).toEqual(["kernel.json", "logo-svg.svg"]);
  });

  it("says what was done, and does nothing twice", async () => {
    const newer = { ...spec, argv: ["/bin/node22", ...spec.argv.slice(1)] };
    expect(await placeKernelSpec(folder, spec)).toBe("written");
    expect(await placeKernelSpec(folder, spec)).toBe("unchanged");
    expect(await placeKernelSpec(folder, newer)).toBe("replaced");
    expect(await placeKernelSpec(folder, newer)).toBe("unchanged");
  });

  it("is removed with its folder, once", async () => {
    await placeKernelSpec(folder, spec);
    expect(await removeKernelSpec(folder)).toEqual({ isRemoved: true, kept: [] });
    expect(await readdir(join(parent, "kernels"))).toEqual([]);
    expect(await removeKernelSpec(folder)).toEqual({ isRemoved: false, kept: [] });
  });

  it("is removed alone where somebody put a file beside it", async () => {
    await placeKernelSpec(folder, spec);
    await writeFile(join(folder, "logo-64x64.png"), "mine");
    expect(await removeKernelSpec(folder)).toEqual({ isRemoved: true, kept: ["logo-64x64.png"] });
    expect(await readdir(folder)).toEqual(["logo-64x64.png"]);
  });
});

describe("what is not ours", () => {
  const foreign: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["another kernel", () => writeFile(join(folder, "kernel.json"), JSON.stringify({ argv: ["tslab"], display_name: "x", language: "typescript", metadata: {} }))],
    ["a kernel without metadata", () => writeFile(join(folder, "kernel.json"), JSON.stringify({ argv: ["tslab"], display_name: "Stitchbook" }))],
    ["a kernel that can't be read", () => writeFile(join(folder, "kernel.json"), "{")],
    ["a folder of other things", () => writeFile(join(folder, "notes.txt"), "mine")],
  ];
  it.each(foreign)("stays as it is: %s", async (_, write) => {
    await mkdir(folder, { recursive: true });
    await write();
    const [name = ""] = await readdir(folder);
    const before = await readFile(join(folder, name), "utf8");
    await expect(placeKernelSpec(folder, spec)).rejects.toThrow(ForeignKernelError);
    await expect(removeKernelSpec(folder)).rejects.toThrow(ForeignKernelError);
    expect(await readdir(folder)).toEqual([name]);
    expect(await readFile(join(folder, name), "utf8")).toBe(before);
  });

  it("stays as it is: a link, even to one of ours", async () => {
    const elsewhere = join(parent, "elsewhere");
    await placeKernelSpec(elsewhere, spec);
    await mkdir(join(parent, "kernels"));
    await symlink(elsewhere, folder);
    await expect(placeKernelSpec(folder, { ...spec, display_name: "changed" })).rejects.toThrow(ForeignKernelError);
    await expect(removeKernelSpec(folder)).rejects.toThrow(ForeignKernelError);
    expect(await readFile(join(elsewhere, "kernel.json"), "utf8")).toContain('"Stitchbook"');
  });
});
