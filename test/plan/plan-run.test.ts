import { afterAll, describe, expect, it } from "vitest";
import { decideOne, findCodeProblems, fingerprintForRecord, planRun, type PlanContext } from "../../engine/plan/plan-run.js";
import { createPlanCache } from "../../engine/plan/plan-cache.js";
import { mayExecute, type ArtifactMismatch } from "../../engine/plan/decide.js";
import type { Decision, TaskRecord } from "../../engine/plan/types.js";
import { ProjectError } from "../../engine/project/problems.js";
import { makeCells, makeFolder, makeOutput, makeProject, makeReport, makeStage, makeTask } from "./project-builder.js";
import { makeRecord } from "./record-builder.js";

const folders: ReturnType<typeof makeFolder>[] = [];
afterAll(() => folders.forEach((folder) => folder.remove()));

/** fetch -> clean -> train, and a report that embeds of train and quotes clean; `digests` stands for the disk. */
function makeWorld(sources: Partial<Record<"fetch" | "clean" | "train", string>> = {}, title = "clean") {
  const folder = makeFolder({ "stages/units.ts": "export const k = 1;" });
  folders.push(folder);
  const cells = (id: "fetch" | "clean" | "train") => makeCells([sources[id] ?? `// ${id}\n${id}()`]);
  const tasks = [
    makeTask(makeStage({ id: "fetch", cells: cells("fetch"), outputs: [makeOutput("raw.csv")], env: [{ name: "URL", optional: false }] }), { inputs: ["source.csv"] }),
    makeTask(makeStage({ id: "clean", title, cells: cells("clean"), outputs: [makeOutput("clean.csv")] }), { inputs: [["raw.csv", "fetch"], "stations.csv"] }),
    makeTask(makeStage({ id: "train", cells: cells("train"), outputs: [makeOutput("m.json")] }), { inputs: [["clean.csv", "clean"]] }),
    makeTask(makeReport({ id: "summary" }), { inputs: [["m.json", "train"]], dependsOn: ["clean", "train"] }),
  ];
  const digests: Record<string, string> = Object.fromEntries(["source.csv", "stations.csv", "raw.csv", "clean.csv", "m.json"].map((path) => [path, `${path} 1`]));
  return { root: folder.root, project: makeProject(folder.root, tasks), digests };
}

type World = ReturnType<typeof makeWorld>;

function makeContext({ project, digests, root }: World, given: Partial<PlanContext> = {}): PlanContext {
  return {
    project,
    parameters: new Map(),
    records: new Map(),
    env: { URL: "http://x" },
    digest: async (path) => digests[path] ?? null,
    artifactsMatch: async () => [],
    now: Date.parse("2024-01-02T00:00:00.000Z"),
    force: new Set(),
    reportInputs: async () => ({ partials: {}, embedded: [{ task: "train", notebook: "notebooks/train.ipynb", label: "fit", cell: 2, caption: null, alt: null, outputs: [] }], quotedStages: { clean: { rows: 1 } } }),
    cache: createPlanCache(root),
    ...given,
  };
}

async function recordAll(world: World): Promise<Map<string, TaskRecord>> {
  const context = makeContext(world);
  const records = new Map<string, TaskRecord>();
  for (const task of world.project.tasks) {
    const fingerprint = await fingerprintForRecord(context, task, new Map(task.inputs.map(({ path }) => [path, world.digests[path] ?? null])));
    records.set(task.id, makeRecord(task, fingerprint));
  }
  return records;
}

const brief = (decisions: ReadonlyMap<string, Decision>) => Object.fromEntries([...decisions.values()].map(({ task, reasons }) => [task, reasons.map(({ kind, subject }) => `${kind} ${subject}`).join(", ")]));

describe("planRun", () => {
  it("finds all fresh after a good run", async () => {
    const world = makeWorld();
    const decisions = await planRun(makeContext(world, { records: await recordAll(world) }));
    expect([...decisions.values()].map(({ action }) => action)).toEqual(["fresh", "fresh", "fresh", "fresh"]);
  });

  it("runs all in a new project, each for its own reason", async () => {
    expect(brief(await planRun(makeContext(makeWorld())))).toEqual({ fetch: "never-run fetch", clean: "never-run clean", train: "never-run train", summary: "never-run summary" });
  });

  it("gives what follows a stale task the single reason that this one may change", async () => {
    const world = makeWorld();
    const records = await recordAll(world);
    const edited = { ...makeWorld({ fetch: "other()" }), digests: world.digests };
    expect(brief(await planRun(makeContext(edited, { records })))).toEqual({ fetch: "code cell 2", clean: "upstream fetch", train: "upstream clean", summary: "upstream clean" });
  });

  it("gives own reasons alone to a task that has some, leaving out inputs that are yet to be made", async () => {
    const world = makeWorld();
    const records = await recordAll(world);
    world.digests["source.csv"] = "2";
    world.digests["stations.csv"] = "2";
    world.digests["raw.csv"] = "changed by hand";
    const artifactsMatch = async ({ task }: TaskRecord): Promise<ArtifactMismatch[]> => (task === "fetch" ? [{ path: "raw.csv", problem: "changed" }] : []);
    expect(brief(await planRun(makeContext(world, { records, artifactsMatch })))).toEqual({ fetch: "input source.csv, artifact raw.csv", clean: "input stations.csv", train: "upstream clean", summary: "upstream clean" });
  });

  it("leaves out of a report what unknown tasks display and what is quoted of them", async () => {
    const world = makeWorld();
    const records = await recordAll(world);
    const context = makeContext(world, { records, force: new Set(["clean"]), reportInputs: async () => ({ partials: {}, embedded: [], quotedStages: {} }) });
    expect(brief(await planRun(context))).toEqual({ fetch: "", clean: "forced clean", train: "upstream clean", summary: "upstream clean" });
  });

  it("takes the bytes of a task that is only verified again as known", async () => {
    const records = await recordAll(makeWorld());
    expect(brief(await planRun(makeContext(makeWorld({}, "A new title"), { records })))).toEqual({ fetch: "", clean: "contract clean", train: "", summary: "" });
  });

  it("does not take them so while a task before that one may change", async () => {
    const records = await recordAll(makeWorld());
    const decisions = await planRun(makeContext(makeWorld({}, "A new title"), { records, force: new Set(["fetch"]) }));
    expect(brief(decisions)).toEqual({ fetch: "forced fetch", clean: "contract clean", train: "upstream clean", summary: "upstream clean" });
  });

  it("tells that what is verified again may have to execute after all, where a task before it may change", async () => {
    const records = await recordAll(makeWorld());
    const alone = await planRun(makeContext(makeWorld({}, "A new title"), { records }));
    const behind = await planRun(makeContext(makeWorld({}, "A new title"), { records, force: new Set(["fetch"]) }));
    expect([alone, behind].map((decisions) => mayExecute(decisions.get("clean") ?? { task: "clean", action: "fresh", reasons: [] }))).toEqual([false, true]);
  });

  it("lists all that is wrong with code and environment together", async () => {
    const world = makeWorld({ fetch: "import(x)", train: 'import "./gone";' });
    const error = await planRun(makeContext(world, { env: {} })).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProjectError);
    if (error instanceof ProjectError) expect(error.problems.map(({ code }) => code)).toEqual(["import-not-literal", "import-not-found", "unset-variable"]);
    expect(await findCodeProblems(makeContext(world))).toHaveLength(2);
  });

  it("names a problem of a module once, however many stages reach it", async () => {
    const world = makeWorld({ fetch: 'import "../stages/bad";', clean: 'import "../stages/bad";' });
    folders.at(-1)?.write("stages/bad.ts", 'import "./gone";');
    expect(await findCodeProblems(makeContext(world))).toMatchObject([{ code: "import-not-found", place: { file: "stages/bad.ts" } }]);
  });
});

describe("planRun with a store", () => {
  const brief = (decisions: ReadonlyMap<string, Decision>) => Object.fromEntries([...decisions.values()].map(({ task, action, reasons }) => [task, [action, ...reasons.map(({ kind }) => kind)].join(" ")]));
  const missingRaw = async ({ task }: TaskRecord): Promise<ArtifactMismatch[]> => (task === "fetch" ? [{ path: "raw.csv", problem: "missing" }] : []);

  /** A store that holds, for `fetch`, raw.csv with this digest, as of the start of 2024. */
  const storing = (sha256: string, given: Partial<PlanContext> = {}) => {
    const asked: string[] = [];
    const stored: PlanContext["stored"] = async (task) => {
      asked.push(task.id);
      if (task.id !== "fetch") return null;
      return { startedAt: "2024-01-01T00:00:00.000Z", artifacts: [{ path: "raw.csv", bytes: 1, sha256, rows: null, schema: null, schemaHash: null }], labels: [] };
    };
    return { asked, given: { ...given, artifactsMatch: missingRaw, stored } };
  };

  it("takes the bytes of what it restores as known", async () => {
    const world = makeWorld();
    const records = await recordAll(world);
    const { asked, given } = storing("raw.csv 1", { records });
    world.digests["raw.csv"] = "changed by hand";
    expect(brief(await planRun(makeContext(world, given)))).toEqual({ fetch: "restore artifact", clean: "fresh", train: "fresh", summary: "fresh" });
    expect(asked).toEqual(["fetch"]);
  });

  it("runs what follows where these are others", async () => {
    const world = makeWorld();
    const { asked, given } = storing("others", { records: await recordAll(world) });
    expect(brief(await planRun(makeContext(world, given)))).toEqual({ fetch: "restore artifact", clean: "run input", train: "run upstream", summary: "run upstream" });
    expect(asked).toEqual(["fetch", "clean"]);
  });

  it("does not look for what is forced, and for nothing of what is up to date", async () => {
    const world = makeWorld();
    const records = await recordAll(world);
    const { asked, given } = storing("raw.csv 1", { records, force: new Set(["fetch"]) });
    expect(brief(await planRun(makeContext(world, given)))).toMatchObject({ fetch: "run artifact forced" });
    expect(brief(await planRun(makeContext(world, { ...given, force: new Set(), artifactsMatch: async () => [] })))).toMatchObject({ fetch: "fresh" });
    expect(asked).toEqual([]);
  });

  it("does not look where only the contract changed", async () => {
    const records = await recordAll(makeWorld());
    const { asked, given } = storing("raw.csv 1", { records });
    expect(brief(await planRun(makeContext(makeWorld({}, "A new title"), { ...given, artifactsMatch: async () => [] })))).toMatchObject({ clean: "run contract" });
    expect(asked).toEqual([]);
  });
});

describe("decideOne", () => {
  const after = async (change: (world: World) => void): Promise<Decision> => {
    const world = makeWorld();
    const records = await recordAll(world);
    change(world);
    const clean = world.project.tasks[1];
    if (clean === undefined) throw new Error("no task");
    return decideOne(makeContext(world, { records }), clean);
  };

  it("leaves a task fresh when the one before gave the same bytes again", async () => {
    expect((await after(() => undefined)).action).toBe("fresh");
  });

  it("runs it when those bytes are others", async () => {
    expect((await after(({ digests }) => (digests["raw.csv"] = "2"))).reasons).toEqual([{ kind: "input", subject: "raw.csv", detail: "changed" }]);
  });
});

describe("fingerprintForRecord", () => {
  it("refuses to describe an execution whose inputs it does not know", async () => {
    const world = makeWorld();
    const task = world.project.tasks[0];
    if (task === undefined) throw new Error("no task");
    await expect(fingerprintForRecord(makeContext(world), task, new Map())).rejects.toThrow("Internal error");
  });
});

