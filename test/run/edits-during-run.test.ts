import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { compileNotebooks } from "../../engine/notebook/compile/compile-notebooks.js";
import type { RunEvent } from "../../engine/observe/events.js";
import type { NotebookCells } from "../project/make-project.js";
import { createRunRig, removeBuiltWorker, type RunRig } from "./run-rig.js";

const rigs: RunRig[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.remove();
});
afterAll(removeBuiltWorker);

async function makeRig(files: Readonly<Record<string, string | NotebookCells>>): Promise<RunRig> {
  const rig = await createRunRig(files);
  rigs.push(rig);
  return rig;
}

const helper = (version: string) => `export const version = "${version}";\n`;
const stage = (id: string, more: { readonly inputs?: string; readonly before?: string; readonly value?: string } = {}): NotebookCells => [
  `---\nstage: ${id}\ninputs: [${more.inputs ?? ""}]\noutputs: [data/${id}.txt]\n---`,
  `import { readFileSync, writeFileSync } from "node:fs";\n${more.before ?? ""}\nwriteFileSync("data/${id}.txt", ${more.value ?? `"${id}"`});`,
];
const usesHelper = { before: 'import { version } from "../stages/helper";', value: "version" };
const read = (rig: RunRig, path: string) => readFileSync(join(rig.root, path), "utf8");

function place(rig: RunRig, path: string, text: string): void {
  mkdirSync(dirname(join(rig.root, path)), { recursive: true });
  writeFileSync(join(rig.root, path), text);
}

/** Compiles after an edit, which so falls between the plan and the compilation; the first time only. */
function editBefore(edit: () => void): typeof compileNotebooks {
  let isDone = false;
  return (options) => {
    if (!isDone) edit();
    isDone = true;
    return compileNotebooks(options);
  };
}

const failures = (events: readonly RunEvent[]) => events.flatMap((event) => (event.event === "task.failed" ? [`${event.task}: ${event.message}`] : []));

/** Calls once when a task begins. */
const whenStarted = (task: string, act: () => void) => {
  let isDone = false;
  return (event: RunEvent) => {
    if (isDone || event.event !== "task.start" || event.task !== task) return;
    isDone = true;
    act();
  };
};

describe("a module that is edited between planning and compiling", () => {
  it.each([["is compiled for the first time", false], ["was compiled before", true]])("never stands for other code in the record, where it %s", async (_, isCached) => {
    const rig = await makeRig({ "stages/helper.ts": helper("old"), "notebooks/a.ipynb": stage("a", usesHelper) });
    for (const version of isCached ? ["new", "old"] : []) {
      rig.write("stages/helper.ts", helper(version));
      await rig.run();
    }
    expect((await rig.run({ force: new Set(["a"]), compile: editBefore(() => rig.write("stages/helper.ts", helper("new"))) })).status).toBe("ok");
    expect(read(rig, "data/a.txt")).toBe("new");
    expect(await rig.plan()).toEqual({ a: [] });
    // Taken back, it must be seen again: the result is of the edit.
    rig.write("stages/helper.ts", helper("old"));
    expect(await rig.plan()).toEqual({ a: ["code stages/helper.ts"] });
    await rig.run();
    expect(read(rig, "data/a.txt")).toBe("old");
  });

  it("so that another file is found in its place is seen, too", async () => {
    const rig = await makeRig({ "stages/helper/index.ts": helper("old"), "notebooks/a.ipynb": stage("a", usesHelper) });
    await rig.run({ compile: editBefore(() => rig.write("stages/helper.ts", helper("new"))) });
    expect(read(rig, "data/a.txt")).toBe("new");
    rmSync(join(rig.root, "stages/helper.ts"));
    expect((await rig.plan())["a"]).not.toEqual([]);
    const other = await makeRig({ "stages/helper.ts": helper("old"), "stages/helper/index.ts": helper("new"), "notebooks/a.ipynb": stage("a", usesHelper) });
    await other.run({ compile: editBefore(() => rmSync(join(other.root, "stages/helper.ts"))) });
    expect(read(other, "data/a.txt")).toBe("new");
    other.write("stages/helper.ts", helper("old"));
    expect((await other.plan())["a"]).not.toEqual([]);
  });

  it("again and again is an error that names it, and nothing runs", async () => {
    const rig = await makeRig({ "stages/helper.ts": helper("0"), "notebooks/a.ipynb": stage("a", usesHelper) });
    let edits = 0;
    const compile: typeof compileNotebooks = (options) => {
      rig.write("stages/helper.ts", helper(String((edits += 1))));
      return compileNotebooks(options);
    };
    await expect(rig.run({ compile })).rejects.toMatchObject({ problems: [{ code: "unsteady-source", place: { file: "stages/helper.ts" } }] });
    expect(edits).toBe(5);
  });

  it("in its options for the compiler counts as well", async () => {
    const rig = await makeRig({
      "tsconfig.json": '{ "compilerOptions": { "useDefineForClassFields": true } }',
      "stages/helper.ts": 'class Base { get x() { return "accessor"; } set x(_: string) {} }\nclass Child extends Base { /** @ts-ignore */\n  // @ts-ignore\n  x = "field"; }\nexport const version = new Child().x;\n',
      "notebooks/a.ipynb": stage("a", usesHelper),
    });
    await rig.run({ compile: editBefore(() => rig.write("tsconfig.json", '{ "compilerOptions": { "useDefineForClassFields": false } }')) });
    expect(read(rig, "data/a.txt")).toBe("accessor");
    rig.write("tsconfig.json", '{ "compilerOptions": { "useDefineForClassFields": true } }');
    await rig.run();
    expect(read(rig, "data/a.txt")).toBe("field");
  });
});

describe("a source that is edited while an earlier stage runs", () => {
  const chain = (later: NotebookCells): Readonly<Record<string, string | NotebookCells>> => ({ "stages/helper.ts": helper("old"), "raw/in.txt": "in 1", "notebooks/a.ipynb": stage("a", { inputs: "raw/first.txt" }), "raw/first.txt": "1", "notebooks/b.ipynb": later });

  it("by that stage itself: the later one runs as it was planned, and the next run sees the edit", async () => {
    const rig = await makeRig({ ...chain(stage("b", { ...usesHelper, inputs: "data/a.txt" })) });
    const file = join(rig.root, "stages/helper.ts");
    rig.write("notebooks/a.ipynb", stage("a", { inputs: "raw/first.txt", before: `import { execFileSync } from "node:child_process";\nexecFileSync("sh", ["-c", ${JSON.stringify(`printf '%s' 'export const version = "new";' > "${file}"`)}]);` }));
    await rig.run();
    expect(read(rig, "data/b.txt")).toBe("old");
    expect((await rig.plan())["b"]).toEqual(["code stages/helper.ts"]);
    expect((await rig.run()).executed).toEqual(["b"]);
    expect(read(rig, "data/b.txt")).toBe("new");
    expect(await rig.plan()).toEqual({ a: [], b: [] });
  });

  it.each([
    ["its notebook", (rig: RunRig) => rig.write("notebooks/b.ipynb", stage("b", { inputs: "data/a.txt", value: '"new"' })), "new"],
    ["its module", (rig: RunRig) => rig.write("stages/helper.ts", helper("new")), "new"],
    ["an option in stitchbook.yaml", (rig: RunRig) => rig.write("stitchbook.yaml", "name: rig\ntimezone: Asia/Tokyo\n"), "old"],
  ])("%s: the record is of what executed", async (_, edit, expected) => {
    const rig = await makeRig(chain(stage("b", { ...usesHelper, inputs: "data/a.txt" })));
    await rig.run({ onEvent: whenStarted("a", () => edit(rig)) });
    expect(read(rig, "data/b.txt")).toBe("old");
    expect((await rig.plan())["b"]).not.toEqual([]);
    await rig.run();
    expect(read(rig, "data/b.txt")).toBe(expected);
    expect(await rig.plan()).toEqual({ a: [], b: [] });
  });

  const readsInput = stage("b", { before: 'import { version } from "../stages/helper";', inputs: "raw/in.txt", value: 'version + readFileSync("raw/in.txt", "utf8")' });

  it("an input of a task that was fresh when the run was planned: that task runs after all", async () => {
    const rig = await makeRig(chain(readsInput));
    await rig.run();
    rig.write("raw/first.txt", "2");
    const { executed, status } = await rig.run({ onEvent: whenStarted("a", () => rig.write("raw/in.txt", "in 2")) });
    expect({ executed, status }).toEqual({ executed: ["a", "b"], status: "ok" });
    expect(read(rig, "data/b.txt")).toBe("oldin 2");
    expect(await rig.plan()).toEqual({ a: [], b: [] });
  });

  it("an input and the module of a task that was to be restored: it is executed with the present code, and its record says so", async () => {
    const rig = await makeRig(chain(readsInput));
    await rig.run();
    // What is gone is put back from the store.
    rmSync(join(rig.root, "data/b.txt"));
    rig.write("raw/first.txt", "2");
    const edit = () => {
      rig.write("raw/in.txt", "in 3");
      rig.write("stages/helper.ts", helper("new"));
    };
    const { events, executed } = await rig.run({ onEvent: whenStarted("a", edit) });
    expect(failures(events)).toEqual([]);
    expect(executed).toEqual(["a", "b"]);
    expect(read(rig, "data/b.txt")).toBe("newin 3");
    expect(await rig.plan()).toEqual({ a: [], b: [] });
    rig.write("stages/helper.ts", helper("old"));
    expect((await rig.plan())["b"]?.[0]).toMatch(/^code stages\/helper.ts/);
  });

  it("its own input: the bytes that it was given are those on record", async () => {
    const rig = await makeRig({ "raw/in.txt": "first", "notebooks/a.ipynb": stage("a", { inputs: "raw/in.txt", before: 'console.log("at work");\nawait new Promise((done) => setTimeout(done, 300));', value: 'readFileSync("raw/in.txt", "utf8")' }) });
    const onEvent = (event: RunEvent) => {
      if (event.event === "task.log") rig.write("raw/in.txt", "other");
    };
    await rig.run({ onEvent });
    expect(read(rig, "data/a.txt")).toBe("first");
    expect(await rig.plan()).toEqual({ a: ["input raw/in.txt"] });
    rig.write("raw/in.txt", "first");
    expect(await rig.plan()).toEqual({ a: [] });
  });
});

describe("a package that is exchanged while a run goes on", () => {
  const install = (rig: RunRig, version: string) => {
    place(rig, "node_modules/units/package.json", JSON.stringify({ name: "units", version, main: "index.js", types: "index.d.ts" }));
    place(rig, "node_modules/units/index.js", `exports.unit = "${version}";`);
    place(rig, "node_modules/units/index.d.ts", "export declare const unit: string;");
  };

  it("leaves a record that no plan matches, since nobody knows which one ran", async () => {
    const rig = await makeRig({ "raw/first.txt": "1", "notebooks/a.ipynb": stage("a", { inputs: "raw/first.txt" }), "notebooks/b.ipynb": stage("b", { inputs: "data/a.txt", before: 'import { unit } from "units";', value: "unit" }) });
    install(rig, "1.0.0");
    await rig.run({ onEvent: whenStarted("b", () => install(rig, "2.0.0")) });
    expect((await rig.plan())["b"]).toContain("packages units");
    install(rig, "1.0.0");
    expect((await rig.plan())["b"]).toContain("packages units");
    expect((await rig.run()).executed).toEqual(["b"]);
    expect(read(rig, "data/b.txt")).toBe("1.0.0");
    expect(await rig.plan()).toEqual({ a: [], b: [] });
  });
});

describe("a report", () => {
  const files = {
    "notebooks/a.ipynb": stage("a", { inputs: "raw/first.txt" }),
    "raw/first.txt": "1",
    "templates/page.md": "---\nreport: page\noutputs: { markdown: out/page.md, html: out/page.html, images: out/images }\n---\n{{ stages.a.outputs[\"data/a.txt\"].bytes }} bytes of the old text.\n",
  };
  const frame = (text: string) => `<!doctype html><html lang="en"><head><title>{{ title }}</title></head><body>${text}{{ body }}</body></html>\n`;

  it("is rendered again when the project's own frame of pages is edited, made or removed", async () => {
    const rig = await makeRig(files);
    await rig.run();
    expect((await rig.plan())["page"]).toEqual([]);
    for (const text of ["one", "two"]) {
      rig.write("templates/page.html", frame(text));
      expect((await rig.plan())["page"]).toEqual(["code templates/page.html"]);
      await rig.run();
      expect(read(rig, "out/page.html")).toContain(`<body>${text}`);
    }
    rmSync(join(rig.root, "templates/page.html"));
    expect((await rig.plan())["page"]).toEqual(["code templates/page.html"]);
  });

  it("whose template or frame is edited while the run goes on is rendered as planned, and again by the next run", async () => {
    const rig = await makeRig({ ...files, "templates/page.html": frame("old frame") });
    const edit = () => {
      rig.write("templates/page.md", files["templates/page.md"].replace("old text", "new text"));
      rig.write("templates/page.html", frame("new frame"));
    };
    await rig.run({ onEvent: whenStarted("page", edit) });
    expect(read(rig, "out/page.html")).toMatch(/old frame[^]*old text/);
    expect([...((await rig.plan())["page"] ?? [])].sort()).toEqual(["code templates/page.html", "code templates/page.md"]);
    await rig.run();
    expect(read(rig, "out/page.html")).toMatch(/new frame[^]*new text/);
  });
});

describe("an artifact", () => {
  it("that is edited while its new contract is verified does not become the recorded one", async () => {
    const table = (rows: string): NotebookCells => [`---\nstage: a\noutputs: [{ path: data/a.csv, rows: "${rows}" }]\n---`, '(await import("node:fs")).writeFileSync("data/a.csv", "k\\n1\\n");'];
    const rig = await makeRig({ "notebooks/a.ipynb": table("> 0") });
    await rig.run();
    rig.write("notebooks/a.ipynb", table("1..9"));
    expect(await rig.plan()).toEqual({ a: ["contract a"] });
    const { status, events } = await rig.run({ onEvent: whenStarted("a", () => rig.write("data/a.csv", "k\n2\n")) });
    expect(status).toBe("failed");
    expect(failures(events)).toEqual(["a: data/a.csv was changed while it was verified"]);
    await rig.run();
    expect(read(rig, "data/a.csv")).toBe("k\n1\n");
  });
});
