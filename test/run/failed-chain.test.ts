import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunEvent } from "../../engine/observe/events.js";
import type { NotebookCells } from "../project/make-project.js";
import { createRunRig, removeBuiltWorker, type RunRig } from "./run-rig.js";

const ids = ["a", "b", "c"] as const;
/** What a stage does when it is told to by a secret, which counts for no fingerprint: nothing else differs between two runs. */
const ends: Readonly<Record<string, { readonly code: string; readonly kind: string }>> = {
  throws: { code: 'throw new Error("on purpose");', kind: "cell-error" },
  exits: { code: "process.exit(0);", kind: "exit" },
  crashes: { code: 'process.kill(process.pid, "SIGSEGV");\nawait new Promise((done) => setTimeout(done, 60_000));', kind: "crash" },
  "runs out of memory": { code: 'const held: unknown[] = [];\nfor (;;) held.push(Array.from({ length: 10_000 }, () => ({})));', kind: "out-of-memory" },
  "passes its time limit": { code: "for (;;);", kind: "timeout" },
  "is stopped with the run": { code: 'console.log("at work");\nfor (;;);', kind: "stopped" },
  "writes half and throws": { code: `writeFileSync(output, "hal");\nthrow new Error("on purpose");`, kind: "cell-error" },
};

function stage(id: string, input: string): NotebookCells {
  const cases = Object.entries(ends).map(([name, { code }]) => `if (process.env.END === "${id} ${name}") {\n${code}\n}`);
  return [
    `---\nstage: ${id}\ninputs: [${input}]\noutputs: [data/${id}.txt]\nsecrets: [END?]\ntimeout: 4s\n---`,
    `import { readFileSync, writeFileSync } from "node:fs";\nconst output: string = "data/${id}.txt";\n${cases.join("\n")}\nwriteFileSync(output, readFileSync("${input}", "utf8") + "${id}");`,
  ];
}

let rig: RunRig;
let version = 0;
beforeAll(async () => {
  rig = await createRunRig({ "raw/in.txt": "0", "notebooks/a.ipynb": stage("a", "raw/in.txt"), "notebooks/b.ipynb": stage("b", "data/a.txt"), "notebooks/c.ipynb": stage("c", "data/b.txt") });
  expect((await rig.run()).status).toBe("ok");
}, 60_000);
afterAll(async () => {
  await rig.remove();
  await removeBuiltWorker();
});

const read = () => ids.map((id) => readFileSync(join(rig.root, `data/${id}.txt`), "utf8"));

describe.each(ids)("where stage %s fails in a chain", (failing) => {
  const at = ids.indexOf(failing);

  it.each(Object.keys(ends))("because it %s, the next run executes it and what follows, and nothing else", async (end) => {
    const earlier = read();
    version += 1;
    rig.write("raw/in.txt", String(version));
    const stop = new AbortController();
    // A stage that says so is stopped while it works.
    const onEvent = (event: RunEvent) => void (event.event === "task.log" && event.message === "at work" && stop.abort());
    const first = await rig.run({ signal: stop.signal, onEvent, env: { ...process.env, END: `${failing} ${end}` }, maxOldSpaceMb: 60 });
    expect(first.status).toBe(stop.signal.aborted ? "stopped" : "failed");
    expect(first.executed).toEqual(ids.slice(0, at));
    expect(first.events.filter((event) => event.event === "task.failed")).toMatchObject([{ task: failing, kind: ends[end]?.kind }]);
    // What failed, and what follows, still is what it was.
    expect(read().slice(at)).toEqual(earlier.slice(at));
    const plan = await rig.plan();
    expect(ids.map((id) => (plan[id] ?? []).length > 0)).toEqual(ids.map((_, index) => index >= at));
    const next = await rig.run();
    expect({ status: next.status, executed: next.executed }).toEqual({ status: "ok", executed: ids.slice(at) });
    expect(read()).toEqual([`${version}a`, `${version}ab`, `${version}abc`]);
    expect((await rig.run()).executed).toEqual([]);
  }, 60_000);
});
