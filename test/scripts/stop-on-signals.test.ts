import { spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleEntry } from "../run/bundle-entry.js";

let entry = "";
beforeAll(async () => void (entry = await bundleEntry("stop-child.ts")));
afterAll(() => rm(dirname(entry), { recursive: true, force: true }));

/** Sends signals once the process listens, and tells what came of it. */
async function signal(isDeaf: boolean, ...signals: readonly NodeJS.Signals[]): Promise<{ readonly code: number | null; readonly lines: readonly string[]; readonly tookMs: number }> {
  const child = spawn(process.execPath, [entry, JSON.stringify({ isDeaf })], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  let sentAt = 0;
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const wasReady = text.includes("ready");
    text += chunk;
    if (wasReady || !text.includes("ready")) return;
    sentAt = performance.now();
    for (const each of signals) child.kill(each);
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, lines: text.trim().split("\n").slice(1), tookMs: performance.now() - sentAt };
}

describe("a signal", () => {
  it.each([["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const)("%s lets work end in order: exit code %i", async (name, code) => {
    expect(await signal(false, name)).toMatchObject({ code, lines: ["in order"] });
  });

  it("ends work that goes on after four seconds, with a last word", async () => {
    const { code, lines, tookMs } = await signal(true, "SIGTERM");
    expect({ code, lines }).toEqual({ code: 143, lines: ["last word"] });
    expect(tookMs).toBeGreaterThan(3900);
    expect(tookMs).toBeLessThan(5000);
  });

  it("that comes second ends it at once", async () => {
    const { code, lines, tookMs } = await signal(true, "SIGTERM", "SIGINT");
    expect([130, 143]).toContain(code);
    expect(lines).toEqual(["last word"]);
    expect(tookMs).toBeLessThan(3000);
  });
});
