import { spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import { checkLiveness, identifyProcess, listGroup, readMachine } from "../../../engine/run/lock/process-identity.js";

describe("identifyProcess", () => {
  it("tells this process from every other", async () => {
    const own = await identifyProcess(process.pid);
    const parent = await identifyProcess(process.ppid);
    expect(own).toMatchObject({ ...(await readMachine()), pid: process.pid });
    expect(own?.startTime).not.toBe("");
    expect(parent?.pid).toBe(process.ppid);
  });

  it("survives a name with blanks and parentheses, and knows when a process is gone", async () => {
    const child = spawn(process.execPath, ["-e", "process.title = ') S 1 (x y'; console.log(1); setInterval(() => {}, 1000)"], { detached: true });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const identity = await identifyProcess(child.pid ?? 0);
    if (identity === null) throw new Error("not found");
    expect(await checkLiveness(identity)).toBe("alive");
    expect((await listGroup(identity.pid)).map((member) => member.pid)).toEqual([identity.pid]);
    expect(await checkLiveness({ ...identity, startTime: "another" })).toBe("gone");
    expect(await checkLiveness({ ...identity, pidNamespace: "another" })).toBe("unknown");
    expect(await checkLiveness({ ...identity, bootId: "another", hostname: "another" })).toBe("unknown");
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    expect(await identifyProcess(identity.pid)).toBeNull();
    expect(await checkLiveness(identity)).toBe("gone");
  });
});
