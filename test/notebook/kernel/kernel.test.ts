import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeProject } from "../../project/make-project.js";
import { displayed, driveKernel, hasPython, notes, printed, type Executed, type Step } from "./drive-kernel.js";

const parameters = 'const seed: number = 1;\nconst name: string = "x";';
const imports = 'import { double } from "../stages/double";\ndouble(seed)';
const throwing = 'const before = "set";\nfunction fail(): never {\n  throw new RangeError("too far");\n}\nfail();';
const frontMatter = "---\nstage: two\ninputs: [data/one.csv]\noutputs: [made/deep/two.txt]\nenv: [REGION?]\nsecrets: [TOKEN]\n---";
const first = ["---\nstage: one\noutputs: [data/one.csv]\n---", "const a = 1;"];

let root: string;
const named = new Map<string, number>();
const steps: Step[] = [];
let results: readonly unknown[] = [];

/** Adds a step and names it. */
function step(name: string, one: Step): void {
  named.set(name, steps.length);
  steps.push(one);
}
const execute = (name: string, code: string, options: object = {}): void => step(name, { execute: code, ...options });

function result(name: string): unknown {
  const index = named.get(name);
  if (index === undefined) throw new Error(`no step ${name}`);
  return results[index];
}
const executed = (name: string): Executed => result(name) as Executed;

beforeAll(async () => {
  if (!hasPython) return;
  root = await makeProject({
    "stitchbook.yaml": "name: kernel\ntimezone: Asia/Tokyo\nparams: { seed: 7 }\n",
    "notebooks/01-one.ipynb": first,
    "notebooks/02-two.ipynb": [frontMatter, { source: parameters, tags: ["parameters"] }, imports, throwing],
    "stages/inner.ts": "export const factor: number = 2;\n",
    "stages/double.ts": 'import { factor } from "./inner.js";\n/** Doubles a number. */\nexport function double(value: number): number { return value * factor; }\n',
    "undeclared.txt": "text",
  });
  plan();
  results = await driveKernel({ cwd: join(root, "notebooks"), env: { JPY_SESSION_NAME: join(root, "notebooks/02-two.ipynb"), REGION: "north", TOKEN: "s3cret-value", OTHER: "hidden" } }, steps);
}, 180_000);
afterAll(async () => {
  if (hasPython) await rm(root, { recursive: true, force: true });
});

function plan(): void {
  step("info", { ask: "kernel_info", args: [] });
  execute("parameters", parameters);
  execute("import", imports);
  execute("world", 'console.log(process.cwd(), process.env.TZ, process.env.LANG, process.env.REGION, process.env.OTHER, process.env.TOKEN);');
  execute("kept", "const kept = double(5);");
  step("edit", { write: join(root, "stages/inner.ts"), text: "export const factor: number = 3;\n" });
  execute("unrelated", "1 + 1");
  execute("reloaded", "double(1)");
  execute("kept after", "kept");
  step("break", { write: join(root, "stages/double.ts"), text: 'export function double(value: number, by: number): number { return value * by; }\nexport const fresh = "new";\n' });
  execute("type error of an edit", "double(1)");
  execute("after the edit", "double(1, 10)");
  step("complete edited", { ask: "complete", args: ['import * as d from "../stages/double"; d.'] });
  step("complete", { ask: "complete", args: ["const 𝒳 = '😀'; seed.toF"] });
  step("inspect", { ask: "inspect", args: ["Math.max(1, 2)", 6] });
  step("inspect arguments", { ask: "inspect", args: ["double(1, ", 10] });
  step("incomplete", { ask: "is_complete", args: ["if (true) {"] });
  step("whole", { ask: "is_complete", args: ["1 + 1"] });
  step("control", { control: "kernel_info_request" });
  step("comms", { ask: "comm_info", args: [] });
  execute("throws", throwing);
  execute("after the error", "before");
  execute("type error", "const wrong: number = 'text';");
  execute("syntax error", "const = 5");
  execute("magic", "%matplotlib inline");
  execute("many lines", "for (let line = 0; line < 100_000; line += 1) console.log(line);");
  execute("order", 'import { display } from "tslab";\nconsole.log("a"); display.html("<b>b</b>"); console.error("c"); console.log("d"); "e"');
  execute("several types", 'import { show } from "stitchbook/notebook";\nshow.markdown("**m**"); show({ mark: "bar", data: { values: [{ a: 1 }] }, encoding: { x: { field: "a", type: "quantitative" } } });');
  execute("update", 'import { newDisplay } from "tslab";\nconst area = newDisplay(); area.text("first"); area.text("second");');
  execute("late", 'setTimeout(() => console.log("late text"), 50);');
  step("late output", { late: -1, until: "late text" });
  execute("late failure", 'setTimeout(() => { throw new Error("late failure"); }, 20); "ended"');
  step("late error", { late: -1, until: "error" });
  execute("never settles", "await new Promise(() => {});");
  execute("rejection", 'void Promise.reject(new Error("nobody"));\nawait new Promise((resolve) => setTimeout(resolve, 1e8));');
  execute("timer exception", 'setTimeout(() => { throw new Error("in a timer"); }, 5);\nawait new Promise((resolve) => setTimeout(resolve, 1e8));');
  execute("exit", "process.exit(3)");
  execute("alive", "seed");
  step("queue aborted", { queue: ['throw new Error("stop")', "1 + 1", "2 + 2"], stop_on_error: true });
  step("queue kept", { queue: ['throw new Error("go on")', "1 + 1"], stop_on_error: false });
  execute("interrupt a loop", 'console.log("ready"); for (;;);', { interruptAt: "ready" });
  execute("interrupt microtasks", 'console.log("ready"); for (;;) await null;', { interruptAt: "ready" });
  execute("interrupt a wait", 'console.log("ready"); await new Promise((resolve) => setTimeout(resolve, 1e8));', { interruptAt: "ready" });
  // While it is compiled: the interrupt overtakes the execution.
  execute("interrupt at once", 'for (;;);', { interruptAt: "" });
  execute("interrupt a timer", 'setTimeout(() => { console.log("ready"); for (;;); }, 1); await new Promise(() => {});', { interruptAt: "ready" });
  execute("values after interrupts", "kept + seed");
  execute("undeclared", 'import { readFileSync, writeFileSync } from "node:fs";\nreadFileSync("undeclared.txt", "utf8")');
  execute("undeclared again", 'readFileSync("undeclared.txt", "utf8")');
  execute("declared", 'writeFileSync("made/deep/two.txt", "x"); 1');
  execute("silent", "const hush = 1; hush", { silent: true });
  execute("not stored", "1", { store_history: false });
  execute("empty", "  \n");
  execute("expressions", "1", { user_expressions: { x: "1 + 1" } });
  execute("killed", 'process.kill(process.pid, "SIGKILL"); for (;;);');
  execute("after the kill", "typeof kept");
  execute("anew", "const again = 1; again");
  step("restart", { restart: true });
  execute("restarted", "1 + 1");
}

describe.skipIf(!hasPython)("the kernel", () => {
  it("says what it is", () => {
    expect(result("info")).toMatchObject({ status: "ok", protocol_version: "5.3", implementation: "stitchbook", language_info: { name: "typescript", mimetype: "text/typescript", file_extension: ".ts" } });
    expect(result("control")).toMatchObject({ type: "kernel_info_reply", content: { status: "ok" } });
    expect(result("comms")).toEqual({ status: "ok", comms: {} });
  });

  it("says where it is in the pipeline, and makes output folders", () => {
    expect(notes(executed("parameters"))[0]).toBe("Missing: data/one.csv.\nnpx stitchbook run --until one makes it.");
    expect(executed("declared").reply.status).toBe("ok");
    expect(notes(executed("declared"))).toEqual([]);
  });

  it("applies and names the values of parameters", () => {
    expect(notes(executed("parameters"))[1]).toBe("Parameters of two:\nseed is 7 (in the cell: 1)");
    expect(displayed(executed("import"))).toEqual(["14"]);
  });

  it("gives cells the world that a run gives them, and hides secrets", () => {
    expect(printed(executed("world"))).toBe(`${root} Asia/Tokyo C.UTF-8 north undefined [secret TOKEN]\n`);
  });

  it("reloads edited modules, with what imports them, for the next cell that uses them", () => {
    expect(notes(executed("unrelated"))).toEqual([]);
    expect(notes(executed("reloaded"))).toEqual(["Reloaded stages/inner.ts, and what imports it: stages/double.ts."]);
    expect(displayed(executed("reloaded"))).toEqual(["3"]);
    expect(displayed(executed("kept after"))).toEqual(["10"]);
    expect(executed("type error of an edit").reply.evalue).toContain("Expected 2 arguments, but got 1");
    expect(displayed(executed("after the edit"))).toEqual(["10"]);
    expect(result("complete edited")).toMatchObject({ matches: expect.arrayContaining(["double", "fresh"]) });
  });

  it("completes and inspects with cursors in code points", () => {
    expect(result("complete")).toMatchObject({ status: "ok", matches: ["toFixed"], cursor_start: 20, cursor_end: 23 });
    expect(result("inspect")).toMatchObject({ found: true, data: { "text/plain": expect.stringContaining("Returns the larger of a set of supplied numeric expressions") } });
    expect(result("inspect arguments")).toMatchObject({ found: true, data: { "text/markdown": expect.stringContaining("double(value: number, by: number): number") } });
    expect(result("incomplete")).toMatchObject({ status: "incomplete" });
    expect(result("whole")).toMatchObject({ status: "complete" });
  });

  it("tells errors with name, message and the author's places", () => {
    const { reply, outputs } = executed("throws");
    expect(reply).toMatchObject({ status: "error", ename: "RangeError", evalue: "too far" });
    expect(reply.traceback).toEqual(["RangeError: too far", "    at fail (notebooks/02-two.ipynb, cell 4, line 3, column 9)", "    at notebooks/02-two.ipynb, cell 4, line 5, column 1"]);
    expect(outputs.at(-1)).toMatchObject({ type: "error", ename: "RangeError", evalue: "too far", traceback: reply.traceback });
    expect(displayed(executed("after the error"))).toEqual(["'set'"]);
  });

  it("refuses what does not compile, with its place", () => {
    expect(executed("type error").reply).toMatchObject({ status: "error", ename: "CompileError", evalue: expect.stringContaining("line 1, column 7: Type 'string' is not assignable to type 'number'") });
    expect(executed("syntax error").reply).toMatchObject({ status: "error", ename: "CompileError" });
    expect(executed("magic").reply).toMatchObject({ status: "error", ename: "NotTypeScript" });
  });

  it("loses no line and keeps the order", () => {
    expect(printed(executed("many lines"))).toBe(Array.from({ length: 100_000 }, (_, line) => `${line}\n`).join(""));
    expect(executed("many lines").outputs.length).toBeLessThan(2000);
    expect(executed("order").outputs.map((each) => each["text"] ?? Object.values(each["data"] ?? {})[0])).toEqual(["a\n", "<b>b</b>", "c\n", "d\n", "'e'"]);
  });

  it("shows several types at once, and replaces displays", () => {
    const [markdown, chart] = executed("several types").outputs;
    expect(markdown).toMatchObject({ type: "display_data", data: { "text/markdown": "**m**", "text/plain": "**m**" } });
    expect(Object.keys(chart?.["data"] ?? {}).sort()).toEqual(["application/vnd.vegalite.v5+json", "image/png", "text/plain"]);
    const [before, after] = executed("update").outputs;
    expect([before?.type, after?.type]).toEqual(["display_data", "update_display_data"]);
    expect(before?.["transient"]).toEqual(after?.["transient"]);
  });

  it("gives late output to its own cell", () => {
    expect(result("late output")).toBe("late text\n");
    expect(executed("late failure").reply.status).toBe("ok");
  });

  it.each([
    ["rejection", "Error", "nobody"],
    ["timer exception", "Error", "in a timer"],
    ["exit", "ProcessExit", "process.exit(3) was called"],
    ["never settles", "NeverSettles", "the cell awaits a promise that nothing is left to settle"],
  ])("fails a cell at once: %s", (name, ename, evalue) => {
    expect(executed(name).reply).toMatchObject({ status: "error", ename, evalue });
    expect(executed(name).outputs.at(-1)).toMatchObject({ type: "error", ename, evalue });
    expect(displayed(executed("alive"))).toEqual(["7"]);
  });

  it("aborts queued cells after an error only where the client asks for it", () => {
    expect(result("queue aborted")).toEqual(["error", "aborted", "aborted"]);
    expect(result("queue kept")).toEqual(["error", "ok"]);
  });

  it.each(["interrupt a loop", "interrupt microtasks", "interrupt a wait", "interrupt at once", "interrupt a timer"])("stops code and keeps values: %s", (name) => {
    expect(executed(name).reply).toMatchObject({ status: "error", ename: "Interrupted" });
    expect(displayed(executed("values after interrupts"))).toEqual(["17"]);
  });

  it("warns at once of a file that the stage does not declare, and once", () => {
    expect(notes(executed("undeclared"))[0]).toContain("undeclared.txt was to be read, but the stage does not declare it");
    expect(notes(executed("undeclared"))[0]).toContain('inputs: [data/one.csv, undeclared.txt]');
    expect(notes(executed("undeclared again"))).toEqual([]);
  });

  it("keeps the protocol's order and its counts", () => {
    expect(executed("import").course).toEqual(["busy", "execute_input", "idle"]);
    const before = executed("declared").reply.execution_count ?? 0;
    expect(executed("silent")).toMatchObject({ course: ["busy", "idle"], reply: { status: "ok", execution_count: before } });
    expect(executed("silent").outputs).toEqual([]);
    expect(executed("not stored").reply.execution_count).toBe(before);
    expect(executed("empty")).toMatchObject({ outputs: [], reply: { status: "ok", execution_count: before } });
    expect(executed("expressions").reply).toMatchObject({ execution_count: before + 1, user_expressions: { x: { status: "error" } } });
  });

  it("outlives the process in which cells run, and says that values are gone", () => {
    expect(executed("killed").reply).toMatchObject({ status: "error", ename: "ProcessKilled" });
    expect(notes(executed("killed"))[0]).toContain("run the cells again");
    expect(executed("after the kill").reply.evalue).toContain("Cannot find name 'kept'");
    expect(displayed(executed("anew"))).toEqual(["1"]);
  });

  it("restarts", () => {
    expect(executed("restarted").reply).toMatchObject({ status: "ok", execution_count: 1 });
  });
});
