import { createServer, type Server } from "node:http";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeProject, notebook, type NotebookCells } from "../project/make-project.js";
import { copyProject, executed, parseEvents, readArtifacts, runForEvents, runStitchbook } from "./rig.js";

const timeout = 120_000;
const use = "notebooks/02-use.ipynb";
const fileSystem = 'import { readFileSync, writeFileSync } from "node:fs";';
const write = 'writeFileSync("out/b.csv", "k,v\\n1,2\\n");';

/** The front matter of the stage under test, with further lines. */
function matter(...lines: readonly string[]): string {
  return ["---", "stage: use", "inputs: [data/a.csv]", ...lines, ...(lines.some((line) => line.startsWith("outputs")) ? [] : ["outputs: [out/b.csv]"]), "---"].join("\n");
}

function contract(...lines: readonly string[]): string {
  return matter("outputs:", "  - path: out/b.csv", ...lines.map((line) => `    ${line}`));
}

let template = "";
const roots: string[] = [];

beforeAll(async () => {
  template = await makeProject({
    "stitchbook.yaml": "name: failing\n",
    "raw/secret.csv": "x\n1\n",
    "notebooks/01-make.ipynb": ["---\nstage: make\noutputs: [data/a.csv]\n---", `${fileSystem}\nwriteFileSync("data/a.csv", "x\\n1\\n");`],
    [use]: [matter(), `${fileSystem}\n${write}`],
    "notebooks/03-after.ipynb": ["---\nstage: after\ninputs: [out/b.csv]\noutputs: [out/c.txt]\n---", `${fileSystem}\nwriteFileSync("out/c.txt", readFileSync("out/b.csv"));`],
    "stages/peek.ts": 'import { readFileSync } from "node:fs";\nimport { join } from "node:path";\nexport function peek(): string {\n  return readFileSync(join(__dirname, "../raw/secret.csv"), "utf8");\n}\n',
  });
  expect(await runStitchbook(["run"], { cwd: template })).toMatchObject({ code: 0, stderr: "" });
}, timeout);

afterAll(async () => {
  for (const root of [template, ...roots]) await rm(root, { recursive: true, force: true });
});

async function copyOf(files: Readonly<Record<string, string | NotebookCells>>): Promise<string> {
  const root = await copyProject(template);
  roots.push(root);
  for (const [path, content] of Object.entries(files)) await writeFile(join(root, path), typeof content === "string" ? content : notebook(content));
  return root;
}

const all = ["data", "out", "raw", "stages"];

type Case = {
  readonly title: string;
  readonly cells: NotebookCells;
  readonly kind: string;
  readonly says: readonly (string | RegExp)[];
  readonly place?: Readonly<Record<string, unknown>>;
};

const cases: readonly Case[] = [
  { title: "a cell that throws", cells: [matter(), fileSystem, `const rows: number[] = [];\n\nfunction check(): void {\n  throw new RangeError("no rows in data/a.csv");\n}\n${write}\ncheck();`], kind: "cell-error", says: ["RangeError: no rows in data/a.csv"], place: { file: use, cell: 3, line: 4 } },
  { title: "a missing output", cells: [matter("outputs: [out/b.csv, out/d.csv]"), `${fileSystem}\n${write}`], kind: "missing-output", says: ["out/b.csv, out/d.csv", "not written: out/d.csv"], place: { file: use, cell: 1 } },
  { title: "a file left behind that is not declared", cells: [matter(), `${fileSystem}\n${write}\nwriteFileSync("out/extra.csv", "x");`], kind: "undeclared-file", says: ["out/extra.csv", "Add `- out/extra.csv` to outputs in the front matter of notebooks/02-use.ipynb"], place: { file: use, cell: 1 } },
  { title: "an undeclared read by a relative path", cells: [matter(), `${fileSystem}\n${write}\nreadFileSync("raw/secret.csv");`], kind: "undeclared-access", says: ["raw/secret.csv", "inputs: [data/a.csv, raw/secret.csv]"], place: { file: use, cell: 2, line: 3 } },
  { title: "an undeclared read by a path that a module makes of __dirname", cells: [matter(), `import { peek } from "../stages/peek";\n${fileSystem}\n${write}\npeek();`], kind: "undeclared-access", says: ["raw/secret.csv", "inputs: [data/a.csv, raw/secret.csv]"], place: { file: "stages/peek.ts", line: 4 } },
  { title: "a write outside of the project", cells: [matter(), `${fileSystem}\n${write}\nwriteFileSync("/var/tmp/stitchbook-stray.csv", "x");`], kind: "undeclared-access", says: ["/var/tmp/stitchbook-stray.csv", "outside of the project"], place: { file: use, cell: 2, line: 3 } },
  { title: "a changed input", cells: [matter(), `${fileSystem}\n${write}\nwriteFileSync("data/a.csv", "changed");`], kind: "changed-input", says: ["changed its input data/a.csv"] },
  { title: "too few rows", cells: [contract('rows: ">= 3"'), `${fileSystem}\n${write}`], kind: "contract", says: ["out/b.csv: rows: expected >= 3, found 1"] },
  { title: "a missing column", cells: [contract("columns: { k: integer, w: number }"), `${fileSystem}\n${write}`], kind: "contract", says: ["out/b.csv", "w", /expected .*found/] },
  { title: "a column of another type", cells: [contract("columns: { v: integer }"), `${fileSystem}\nwriteFileSync("out/b.csv", "k,v\\n1,2\\n2,two\\n3,3\\n4,four\\n");`], kind: "contract", says: ["integer", "two", "row 2", "row 4"] },
  { title: "a value out of its bounds", cells: [contract("columns: { v: { type: number, minimum: 0 } }"), `${fileSystem}\nwriteFileSync("out/b.csv", "k,v\\n1,2\\n2,-7\\n");`], kind: "contract", says: ["-7", "row 2"] },
  { title: "a key that comes twice", cells: [contract("key: [k]"), `${fileSystem}\nwriteFileSync("out/b.csv", "k,v\\n1,2\\n5,3\\n5,4\\n");`], kind: "contract", says: ["key", "row 3", "5"] },
  { title: "process.exit", cells: [matter(), `${fileSystem}\n${write}\nprocess.exit(0);`], kind: "exit", says: [/process\.exit|exit/], place: { file: use, cell: 2, line: 3 } },
  { title: "an unhandled rejection", cells: [matter(), `${fileSystem}\n${write}\nvoid Promise.reject(new Error("nobody waits"));`], kind: "unhandled-rejection", says: ["nobody waits"], place: { file: use, cell: 2, line: 3 } },
  { title: "an exception in a timer", cells: [matter(), `${fileSystem}\n${write}\nsetTimeout(() => {\n  throw new Error("too late");\n}, 5);`], kind: "uncaught-exception", says: ["too late"], place: { file: use, cell: 2, line: 4 } },
  { title: "a time limit", cells: [matter("timeout: 1s"), `${fileSystem}\n${write}\nfor (;;);`], kind: "timeout", says: [/1 ?s/], place: { file: use, cell: 2 } },
  { title: "a worker that is killed", cells: [matter(), `${fileSystem}\n${write}\nprocess.kill(process.pid, "SIGKILL");`], kind: "crash", says: ["SIGKILL"] },
];

describe("a stage that fails", () => {
  it.each(cases)("$title: exit 1, with its place, and the artifacts as they were", async ({ cells, kind, says, place }) => {
    const root = await copyOf({ [use]: cells });
    await expectFailure(root, { kind, says, place: place ?? {} });
  }, timeout);

  it("an undeclared read by an absolute path", async () => {
    const root = await copyOf({});
    await writeFile(join(root, use), notebook([matter(), `${fileSystem}\n${write}\nreadFileSync(${JSON.stringify(join(root, "raw/secret.csv"))});`]));
    await expectFailure(root, { kind: "undeclared-access", says: ["raw/secret.csv", "inputs: [data/a.csv, raw/secret.csv]"], place: { file: use, cell: 2, line: 3 } });
  }, timeout);

  it("says the same on the console, with what to do next", async () => {
    const root = await copyOf({ [use]: [matter(), `${fileSystem}\n${write}\nreadFileSync("raw/secret.csv");`] });
    const { code, stdout, stderr } = await runStitchbook(["run"], { cwd: root });
    expect(code).toBe(1);
    expect(stderr).toContain(`${use}, cell 2, line 3`);
    expect(stderr).toContain("inputs: [data/a.csv, raw/secret.csv]");
    expect(stderr).toContain("1 failed, 1 not run (after)");
    expect(stderr).toContain("See reports/notebooks/use.ipynb");
    expect(stdout).not.toContain("raw/secret.csv");
    const view: unknown = JSON.parse(await readFile(join(root, "reports/notebooks/use.ipynb"), "utf8"));
    expect(JSON.stringify(view)).toContain('"output_type":"error"');
  }, timeout);

  it("goes on from there once it is mended", async () => {
    const root = await copyOf({ [use]: [matter(), `${fileSystem}\nthrow new Error("not yet");`] });
    const { code: failed, stderr } = await runStitchbook(["run"], { cwd: root });
    expect(failed).toBe(1);
    expect(stderr.match(/Error: not yet/g), "the message once, and its place below").toHaveLength(1);
    expect(stderr).toContain(`at ${use}, cell 2, line 2`);
    await writeFile(join(root, use), notebook([matter(), `${fileSystem}\nwriteFileSync("out/b.csv", "k,v\\n1,3\\n");`]));
    const { code, events } = await runForEvents(root);
    expect(code).toBe(0);
    expect(executed(events)).toEqual(["after", "use"]);
  }, timeout);
});

async function expectFailure(root: string, expected: { readonly kind: string; readonly says: readonly (string | RegExp)[]; readonly place: Readonly<Record<string, unknown>> }): Promise<void> {
  const before = await readArtifacts(root, all);
  const { code, events, stderr } = await runForEvents(root);
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  const failed = events.find((each) => each.event === "task.failed");
  expect(failed).toMatchObject({ task: "use", level: "error", kind: expected.kind });
  const text = [failed?.["message"], failed?.["hint"]].join("\n");
  for (const each of expected.says) expect(text).toMatch(each instanceof RegExp ? each : new RegExp(each.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")));
  expect(failed?.["place"] ?? {}).toMatchObject(expected.place);
  expect(events.at(-1)).toMatchObject({ event: "run.done", status: "failed", failed: 1, not_run: ["after"] });
  expect(await readArtifacts(root, all)).toEqual(before);
  expect(await readdir(join(root, ".stitchbook/tasks")).catch(() => [])).toEqual([]);
}

describe("errors that are known before anything runs", () => {
  it("a type error in a later notebook keeps the first one from running", async () => {
    const root = await copyOf({
      "notebooks/01-make.ipynb": ["---\nstage: make\noutputs: [data/a.csv]\n---", `${fileSystem}\nwriteFileSync("data/a.csv", "x\\n2\\n");`],
      "notebooks/03-after.ipynb": ["---\nstage: after\ninputs: [out/b.csv]\noutputs: [out/c.txt]\n---", "const ready = 1;", `${fileSystem}\nconst count: number = "three";\nwriteFileSync("out/c.txt", String(count));`],
    });
    const before = await readArtifacts(root, all);
    const logs = await readdir(join(root, "logs"));
    const { code, stdout, stderr } = await runStitchbook(["run"], { cwd: root });
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("notebooks/03-after.ipynb, cell 3, line 2");
    expect(stderr).toContain("Type 'string' is not assignable to type 'number'");
    expect(stderr).toContain("nothing was run");
    expect(await readArtifacts(root, all)).toEqual(before);
    expect(await readdir(join(root, "logs"))).toEqual(logs);
    expect((await runStitchbook(["check"], { cwd: root })).code).toBe(2);
  }, timeout);
});

describe("retries", () => {
  let server: Server;
  let answers: readonly number[] = [];
  let asked = 0;
  let url = "";
  beforeAll(async () => {
    server = createServer((_, response) => {
      response.statusCode = answers[asked] ?? 200;
      asked += 1;
      response.end("k,v\n1,2\n");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    url = `http://127.0.0.1:${address.port}/`;
  });
  afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));

  const fetching = `${fileSystem}\nconst response = await fetch(process.env.DATA_URL ?? "");\nif (!response.ok) throw new Error(\`status \${response.status}\`);\nwriteFileSync("out/b.csv", await response.text());`;

  async function runFetching(lines: readonly string[], statuses: readonly number[]) {
    const root = await copyOf({ [use]: [matter("env: [DATA_URL]", ...lines), fetching] });
    answers = statuses;
    asked = 0;
    const { code, stdout } = await runStitchbook(["run", "--json"], { cwd: root, env: { DATA_URL: url } });
    return { code, events: parseEvents(stdout) };
  }

  it("tries again as often as the stage asks for, and logs every attempt", async () => {
    const { code, events } = await runFetching(["retry: { attempts: 3, delay: 20ms }"], [500, 500, 200]);
    expect(code).toBe(0);
    expect(asked).toBe(3);
    expect(events.flatMap((each) => (each.event === "task.start" && each.task === "use" ? [each["attempt"]] : []))).toEqual([1, 2, 3]);
    const retries = events.filter((each) => each.event === "task.retry");
    expect(retries).toMatchObject([{ attempt: 1, attempts: 3, level: "warn", message: expect.stringContaining("status 500") }, { attempt: 2, attempts: 3 }]);
    expect(retries.every((each) => Number(each["delay_ms"]) <= 40)).toBe(true);
  }, timeout);

  it("fails with the last attempt's number when all are used up", async () => {
    const { code, events } = await runFetching(["retry: { attempts: 2, delay: 20ms }"], [500, 502, 200]);
    expect(code).toBe(1);
    expect(asked).toBe(2);
    expect(events.find((each) => each.event === "task.failed")).toMatchObject({ task: "use", attempt: 2, message: expect.stringContaining("status 502") });
  }, timeout);

  it("fails at once where the stage asks for none", async () => {
    const { code } = await runFetching([], [500, 200]);
    expect(code).toBe(1);
    expect(asked).toBe(1);
  }, timeout);

  it("does not try a missed contract again", async () => {
    const { code, events } = await runFetching(["retry: 3", "outputs: [{ path: out/b.csv, rows: 7 }]"], []);
    expect(code).toBe(1);
    expect(asked).toBe(1);
    expect(events.some((each) => each.event === "task.retry")).toBe(false);
  }, timeout);
});

describe("tasks that do not depend on the failed one", () => {
  async function makeForked(): Promise<string> {
    const root = await makeProject({
      "stitchbook.yaml": "name: forked\n",
      "notebooks/a.ipynb": ["---\nstage: a\noutputs: a.txt\n---", 'throw new Error("no a");'],
      "notebooks/b.ipynb": ["---\nstage: b\ninputs: [a.txt]\noutputs: b.txt\n---", '(await import("node:fs")).writeFileSync("b.txt", "b");'],
      "notebooks/c.ipynb": ["---\nstage: c\noutputs: c.txt\n---", '(await import("node:fs")).writeFileSync("c.txt", "c");'],
      "notebooks/d.ipynb": ["---\nstage: d\ninputs: [c.txt]\noutputs: d.txt\n---", '(await import("node:fs")).writeFileSync("d.txt", "d");'],
    });
    roots.push(root);
    return root;
  }

  it("do not start after a failure", async () => {
    const { code, events } = await runForEvents(await makeForked(), "--jobs", "1");
    expect(code).toBe(1);
    expect(executed(events)).toEqual([]);
    expect(events.at(-1)).toMatchObject({ not_run: ["b", "c", "d"] });
  }, timeout);

  it("run all the same with --keep-going", async () => {
    const root = await makeForked();
    const { code, events } = await runForEvents(root, "--keep-going");
    expect(code).toBe(1);
    expect(executed(events)).toEqual(["c", "d"]);
    expect(events.at(-1)).toMatchObject({ executed: 2, failed: 1, not_run: ["b"] });
    expect(await readFile(join(root, "d.txt"), "utf8")).toBe("d");
  }, timeout);
});
