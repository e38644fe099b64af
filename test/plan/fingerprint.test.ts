import { afterAll, describe, expect, it } from "vitest";
import { missingEnvironment } from "../../engine/plan/environment.js";
import { fingerprintTask, type FingerprintContext } from "../../engine/plan/fingerprint.js";
import { createPlanCache } from "../../engine/plan/plan-cache.js";
import { fingerprintReport, type ReportFingerprintContext } from "../../engine/plan/report-fingerprint.js";
import { ProjectError } from "../../engine/project/problems.js";
import { makeCells, makeFolder, makeOutput, makeProject, makeReport, makeStage, makeTask } from "./project-builder.js";

const folders: ReturnType<typeof makeFolder>[] = [];
afterAll(() => folders.forEach((folder) => folder.remove()));

const place = { file: "x" };
const parameters = [{ name: "seed", type: "number", value: 1, place }, { name: "names", type: "string[]", value: [], place }];

function makeContext(given: Partial<FingerprintContext> & { timezone?: string; stage?: Partial<Parameters<typeof makeStage>[0]>; dataset?: string } = {}): FingerprintContext {
  const folder = makeFolder();
  folders.push(folder);
  const { timezone, stage: changes, dataset, ...rest } = given;
  const stage = makeStage({ id: "a", cells: makeCells(["seed"]), parameters, env: [{ name: "REGION", optional: true }], secrets: [{ name: "TOKEN", optional: false }], outputs: [makeOutput("out.csv")], ...changes });
  const task = { ...makeTask(stage, { inputs: ["in.csv"], ...(dataset === undefined ? {} : { dataset: { name: dataset, values: { unused: 1 } } }) }), node: stage };
  const project = makeProject(folder.root, [task], timezone === undefined ? {} : { timezone });
  return { project, task, parameters: { seed: 1, names: ["a"] }, env: { REGION: "eu", TOKEN: "secret" }, inputDigests: new Map([["in.csv", "aa"]]), cache: createPlanCache(folder.root), ...rest };
}

const differing = async (given: Parameters<typeof makeContext>[0]) => {
  const [before, after] = [await fingerprintTask(makeContext()), await fingerprintTask(makeContext(given))];
  expect(before.hash === after.hash).toBe(JSON.stringify(before.parts) === JSON.stringify(after.parts));
  return [...new Set([...Object.keys(before.parts), ...Object.keys(after.parts)])].filter((key) => before.parts[key] !== after.parts[key]);
};

describe("fingerprintTask", () => {
  it.each<[string, Parameters<typeof makeContext>[0], string[]]>([
    ["nothing", {}, []],
    ["a parameter's value", { parameters: { seed: 2, names: ["a"] } }, ["params:seed"]],
    ["a parameter that the stage doesn't declare", { parameters: { seed: 1, names: ["a"], other: 5 } }, []],
    ["a declared variable", { env: { REGION: "us", TOKEN: "secret" } }, ["env:REGION"]],
    ["a declared variable that is gone", { env: { TOKEN: "secret" } }, ["env:REGION"]],
    ["a declared variable that is empty", { env: { REGION: "", TOKEN: "secret" } }, ["env:REGION"]],
    ["a secret, or a variable that nobody declares", { env: { REGION: "eu", TOKEN: "other", HOME: "/x" } }, []],
    ["the time zone", { timezone: "Europe/Rome" }, ["env:time zone"]],
    ["the bytes of an input", { inputDigests: new Map([["in.csv", "bb"]]) }, ["input:in.csv"]],
    ["an input that is not there", { inputDigests: new Map([["in.csv", null]]) }, ["input:in.csv"]],
    ["the path of an output", { stage: { outputs: [makeOutput("other.csv")] } }, ["artifact:out.csv", "artifact:other.csv"]],
    ["the contract of an output", { stage: { title: "T", outputs: [makeOutput("out.csv", { key: ["a"] })] } }, []],
    ["retries, time limit and age", { stage: { retry: { attempts: 3, delayMs: 5 }, timeoutMs: 1, maxAgeMs: 5, idempotent: false } }, []],
    ["a dataset", { dataset: "rome" }, ["params:{dataset}"]],
    ["code", { stage: { cells: makeCells(["seed + 1"]) } }, ["code:cell 1"]],
  ])("changes in the right part with %s", async (_, given, keys) => {
    expect(await differing(given)).toEqual(keys);
  });

  it("holds what of the engine and the machine counts", async () => {
    const { parts } = await fingerprintTask(makeContext());
    expect(parts).toMatchObject({ "engine:node": process.versions.node.split(".")[0], "engine:platform": `${process.platform} ${process.arch}`, "engine:cache version": expect.stringMatching(/^\d+$/) });
  });

  it("never shows the value of a variable or of a secret", async () => {
    const text = JSON.stringify(await fingerprintTask(makeContext({ env: { REGION: "hidden-region", TOKEN: "hidden-token" } })));
    expect(text).not.toContain("hidden");
  });

  it("is the same in another folder", async () => {
    expect((await fingerprintTask(makeContext())).hash).toBe((await fingerprintTask(makeContext())).hash);
  });

  it("is refused where code can't be followed", async () => {
    await expect(fingerprintTask(makeContext({ stage: { cells: makeCells(["import(seed)"]) } }))).rejects.toThrow(ProjectError);
  });
});

describe("fingerprintReport", () => {
  const report = makeReport({ id: "summary", body: "# {{ m.r2 }}", inputs: { m: { pattern: "m.json", place } } });
  const output = { task: "train", notebook: "notebooks/train.ipynb", label: "fit", cell: 4, caption: "Fit", alt: "A line", outputs: [{ output_type: "stream", name: "stdout", text: "1" }] } as const;
  const context = (given: Partial<ReportFingerprintContext> = {}, changes: Partial<typeof report> = {}): ReportFingerprintContext => {
    const node = { ...report, ...changes };
    const task = { ...makeTask(node, { inputs: [["m.json", "train"]] }), node };
    return { project: makeProject("/nowhere", [task]), task, partials: { "templates/p.md": "p" }, inputDigests: new Map([["m.json", "aa"]]), embedded: [output], quotedStages: { clean: { rows: 5 } }, ...given };
  };
  const differingReport = (given?: Partial<ReportFingerprintContext>, changes?: Partial<typeof report>) => {
    const [before, after] = [fingerprintReport(context()), fingerprintReport(context(given, changes))];
    return [...new Set([...Object.keys(before.parts), ...Object.keys(after.parts)])].filter((key) => before.parts[key] !== after.parts[key]);
  };

  it.each<[string, Partial<ReportFingerprintContext>, Partial<typeof report>, string[]]>([
    ["nothing", {}, {}, []],
    ["its text", {}, { body: "other" }, ["code:templates/summary.md"]],
    ["its title", {}, { title: "other" }, ["code:title"]],
    ["its images folder", {}, { outputs: { ...report.outputs, images: "other" } }, ["code:outputs"]],
    ["a partial", { partials: { "templates/p.md": "q" } }, {}, ["code:templates/p.md"]],
    ["what a name of an input means", {}, { inputs: { m: { pattern: "n.json", place } } }, ["code:input m"]],
    ["an input", { inputDigests: new Map([["m.json", "bb"]]) }, {}, ["input:m.json"]],
    ["an embedded output", { embedded: [{ ...output, outputs: [] }] }, {}, ["input:train#fit"]],
    ["the notebook that its figure links to", { embedded: [{ ...output, notebook: "notebooks/04-train.ipynb" }] }, {}, ["input:train#fit"]],
    ["a caption", { embedded: [{ ...output, caption: "Other" }] }, {}, ["input:train#fit"]],
    ["an alt text", { embedded: [{ ...output, alt: null }] }, {}, ["input:train#fit"]],
    ["a quoted value", { quotedStages: { clean: { rows: 6 } } }, {}, ["input:stages.clean"]],
    ["a value of an earlier run", { quotedPrevious: { r2: 1 } }, {}, ["input:previous"]],
    ["outputs of a task that is to run", { unknownTasks: new Set(["train"]) }, {}, ["input:train#fit"]],
  ])("changes in the right part with %s", (_, given, changes, keys) => {
    expect(differingReport(given, changes)).toEqual(keys);
  });
});

describe("missingEnvironment", () => {
  it("names each variable that is declared without ? and not set", () => {
    const stage = makeStage({ id: "a", env: [{ name: "A", optional: false }, { name: "B", optional: true }, { name: "E", optional: false }], secrets: [{ name: "S", optional: false }] });
    const problems = missingEnvironment({ stages: [stage] }, { E: "" });
    expect(problems.map(({ code, message }) => [code, /\b[AS]\b/.exec(message)?.[0]])).toEqual([["unset-variable", "A"], ["unset-variable", "S"]]);
    expect(problems[0]).toMatchObject({ severity: "error", place: stage.place, hint: "Set A, or write A? if the stage can do without it." });
  });
});
