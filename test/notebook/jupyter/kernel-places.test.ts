import { describe, expect, it } from "vitest";
import { findKernelsFolder, findUserDataFolder, NoPrefixError } from "../../../engine/notebook/jupyter/kernel-places.js";

describe("the user's data folder, by Jupyter's rules", () => {
  it.each([
    ["linux", { HOME: "/home/a" }, "/home/a/.local/share/jupyter"],
    ["linux", { HOME: "/home/a", XDG_DATA_HOME: "/data" }, "/data/jupyter"],
    ["linux", { HOME: "/home/a", XDG_DATA_HOME: "" }, "/home/a/.local/share/jupyter"],
    ["linux", { HOME: "/home/a", XDG_DATA_HOME: "/data", JUPYTER_DATA_DIR: "/mine" }, "/mine"],
    ["darwin", { HOME: "/Users/a" }, "/Users/a/Library/Jupyter"],
    ["darwin", { HOME: "/Users/a", XDG_DATA_HOME: "/data" }, "/Users/a/Library/Jupyter"],
    ["darwin", { HOME: "/Users/a", JUPYTER_PLATFORM_DIRS: "1" }, "/Users/a/Library/Application Support/Jupyter"],
    ["darwin", { HOME: "/Users/a", JUPYTER_PLATFORM_DIRS: "0" }, "/Users/a/Library/Jupyter"],
  ] as const)("on %s with %j", (platform, env, expected) => {
    expect(findUserDataFolder({ platform, env })).toBe(expected);
  });
});

describe("the folder of kernels", () => {
  const find = (scope: Parameters<typeof findKernelsFolder>[0], env: NodeJS.ProcessEnv) => findKernelsFolder(scope, { env, platform: "linux" });

  it("lies below a prefix", async () => {
    expect(await find({ kind: "prefix", prefix: "/opt/x/" }, {})).toBe("/opt/x/share/jupyter/kernels");
  });

  it("lies in the environment that is activated, a venv in conda's before conda's", async () => {
    expect(await find({ kind: "sys-prefix" }, { CONDA_PREFIX: "/conda" })).toBe("/conda/share/jupyter/kernels");
    expect(await find({ kind: "sys-prefix" }, { CONDA_PREFIX: "/conda", VIRTUAL_ENV: "/venv" })).toBe("/venv/share/jupyter/kernels");
  });

  it("can't be known without an environment or a Python", async () => {
    await expect(find({ kind: "sys-prefix" }, { PATH: "/nothing" })).rejects.toThrow(NoPrefixError);
  });
});
