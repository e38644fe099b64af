import { describe, expect, it, vi } from "vitest";
import { editAgainAndAgain, startCounting } from "./random-edits.js";

vi.mock("../../engine/notebook/worker/worker-process.js", async () => ({ startWorker: (await import("./plain-worker.js")).startPlainWorker }));
// Without a build nothing is kept of a project as it was read.
vi.mock("../../engine/project/build-id.js", () => ({ buildId: "a build" }));
vi.mock("../../engine/notebook/compile/compile-notebooks.js", async () => ({ compileNotebooks: (await import("./plain-worker.js")).passCells }));

const PROJECTS = Number(process.env["PROPERTY_PROJECTS"] ?? 5);
const FIRST = Number(process.env["PROPERTY_SEED"] ?? 101);

describe("after every random edit of a large project", () => {
  const seen = startCounting();

  it.each(Array.from({ length: PROJECTS }, (_, index) => FIRST + index))("a run gives what a clean run gives, and executes no more than it must (seed %i)", async (seed) => {
    await editAgainAndAgain(seed, { size: "large", edits: 50, seen });
  }, 300_000);

  it("much was edited, much had to run, and more did not", () => {
    expect(seen.edits).toBeGreaterThanOrEqual(PROJECTS * 50);
    expect(seen.executed).toBeGreaterThan(PROJECTS * 30);
    expect(seen.restored).toBeGreaterThan(PROJECTS * 10);
    expect(seen.fresh).toBeGreaterThan(seen.executed);
    if (PROJECTS < 5) return;
    expect([...seen.kinds]).toEqual(expect.arrayContaining(["artifact", "code", "env", "input", "never-run", "packages", "params"]));
    expect(seen.names.size).toBeGreaterThan(45);
  });
});
