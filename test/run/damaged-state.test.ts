import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NotebookCache } from "../../engine/notebook/compile/notebook-cache.js";
import { openProject } from "../../engine/project/project-cache.js";
import { describeRowTypes } from "../../engine/project/row-types/row-types.js";
import { fileSystem } from "../../engine/run/publish/file-system.js";
import { journalPath, readJournals, writeJournal, type Journal } from "../../engine/run/publish/journal.js";
import { lockText, readLockFile } from "../../engine/run/lock/lock-folder.js";
import { identifyProcess, type ProcessIdentity } from "../../engine/run/lock/process-identity.js";
import { readWorkers, workerLine } from "../../engine/run/lock/worker-groups.js";
import { createRandom } from "../plan/seeded-random.js";
import { createRunRig, removeBuiltWorker, type RunRig } from "./run-rig.js";

const mutations = 1000;
const day = 86_400_000;
const ahead = () => Date.now() + day;

/** Every length of a short file; of a longer one so many, and all near its beginning and its end. */
function* cuts(bytes: Buffer, most = 60): Generator<Buffer> {
  const step = Math.max(1, Math.floor(bytes.length / most));
  for (let length = 0; length < bytes.length; length += length < 10 || length >= bytes.length - 10 ? 1 : Math.min(step, bytes.length - 10 - length)) yield bytes.subarray(0, length);
}

/** Bytes with some of them replaced, inserted, removed, doubled or set to nothing. */
function* mutants(bytes: Buffer, count: number, seed: number): Generator<Buffer> {
  const random = createRandom(seed);
  for (let round = 0; round < count; round += 1) {
    const [at, length] = [random.int(bytes.length), 1 + random.int(8)];
    const noise = Buffer.from(Array.from({ length }, () => random.int(256)));
    const digit = Buffer.from(String(random.int(10)));
    const middle = random.pick([noise, digit, Buffer.alloc(0), bytes.subarray(at, at + 2 * length), Buffer.alloc(length)]);
    const mutant = Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(at + (random.chance(0.5) ? length : 1))]);
    if (!mutant.equals(bytes)) yield mutant;
  }
}

let rig: RunRig;
beforeAll(async () => {
  rig = await createRunRig({
    "stages/helper.ts": "export const version = 1;\n",
    "raw/in.txt": "in",
    "notebooks/a.ipynb": ["---\nstage: a\ninputs: [raw/in.txt]\noutputs: [data/a.csv]\n---", 'import { writeFileSync } from "node:fs";\nimport { version } from "../stages/helper";\nwriteFileSync("data/a.csv", `k\\n${version}\\n`);', '//| label: note\n//| alt: x\nimport { show } from "stitchbook/notebook";\nshow.markdown("**text**");'],
    "notebooks/b.ipynb": ["---\nstage: b\ninputs: [data/a.csv]\noutputs: [data/b.csv]\n---", '(await import("node:fs")).writeFileSync("data/b.csv", "k\\n1\\n");'],
    "templates/page.md": '---\nreport: page\noutputs: { markdown: out/page.md, images: out/images }\n---\n{% embed "note" %} {{ stages.b.outputs["data/b.csv"].rows }}\n',
  });
  // By a clock that is ahead, so that every state of a file is old enough to be trusted.
  expect((await rig.run({ now: ahead })).status).toBe("ok");
  expect(await rig.plan({ now: ahead() })).toEqual({ a: [], b: [], page: [] });
}, 60_000);
afterAll(async () => {
  await rig.remove();
  await removeBuiltWorker();
});

const read = (path: string) => readFileSync(join(rig.root, path), "utf8");

function stateFiles(folder: string): string[] {
  return readdirSync(join(rig.stateFolder, folder)).filter((name) => name.includes("json") || name === "project").map((name) => join(rig.stateFolder, folder, name));
}

/** Plans with each damaged form of a file in its place, and gives back what was planned. */
async function planDamaged(file: string, forms: Iterable<Buffer>): Promise<Record<string, readonly string[]>[]> {
  const whole = readFileSync(file);
  const plans = [];
  try {
    for (const form of forms) {
      writeFileSync(file, form);
      plans.push(await rig.plan({ now: ahead() }));
    }
  } finally {
    writeFileSync(file, whole);
  }
  return plans;
}

describe("records, stored code and the stored project", () => {
  it("are all there to be damaged", () => {
    expect(stateFiles("records")).toHaveLength(3);
    expect(stateFiles("code").length).toBeGreaterThan(1);
    expect(existsSync(join(rig.stateFolder, "cache/project"))).toBe(true);
  });

  it("never end a plan, however they are damaged, and an undamaged task stays fresh", async () => {
    for (const file of [...stateFiles("records"), ...stateFiles("code"), join(rig.stateFolder, "cache/project")]) {
      const whole = readFileSync(file);
      for (const plan of await planDamaged(file, [...cuts(whole, 20), ...mutants(whole, 40, 3)])) {
        const owner = /records\/(a|b|page)-/.exec(file)?.[1] ?? null;
        for (const task of ["a", "b"].filter((id) => id !== owner && !(owner === "a" && id === "b"))) expect(plan[task], `${basename(file)}: ${task}`).toEqual([]);
        if (owner !== null) expect(plan[owner]?.some((reason) => /^(never-run|upstream)/.test(reason)), basename(file)).toBe(true);
      }
    }
  }, 120_000);

  // Each task has a reason of its own. Reading code anew takes long, so only stored code is damaged while code is stale.
  it.each([
    ["records and the stored project", "raw/in.txt", "other", () => [...stateFiles("records"), join(rig.stateFolder, "cache/project")]],
    ["stored code", "stages/helper.ts", "export const version = 2;\n", () => stateFiles("code")],
  ])(`never make a stale task look fresh: %s (every cut, ${mutations / 2} mutations)`, async (_, path, text, listFiles) => {
    const edits: Readonly<Record<string, string>> = { [path]: text, "data/b.csv": "k\n3\n", "templates/page.md": `${read("templates/page.md")}more\n` };
    const before = Object.keys(edits).map((each) => [each, read(each)] as const);
    for (const [each, edited] of Object.entries(edits)) rig.write(each, edited);
    const truth = await rig.plan({ now: ahead() });
    expect(Object.values(truth).map((reasons) => reasons.some((reason) => !reason.startsWith("upstream")))).toEqual([true, true, true]);
    for (const [index, file] of listFiles().entries()) {
      const whole = readFileSync(file);
      for (const plan of await planDamaged(file, [...cuts(whole), ...mutants(whole, Math.ceil(mutations / 12), index)])) {
        for (const [task, reasons] of Object.entries(plan)) expect(reasons.length, `${basename(file)}: ${task}`).toBeGreaterThan(0);
      }
    }
    for (const [each, earlier] of before) rig.write(each, earlier);
  }, 240_000);
});

describe("a compiled notebook in the cache", () => {
  it(`is used as it was written or not at all (every cut, ${mutations} mutations)`, async () => {
    const project = await openProject(rig.root, { stateFolder: rig.stateFolder, isReadOnly: true, now: ahead() });
    const stage = project.stages.find(({ id }) => id === "a");
    if (stage === undefined) throw new Error("no stage a");
    const cache = new NotebookCache(rig.root, join(rig.stateFolder, "cache"));
    const subject = { file: stage.file, cells: stage.cells, dataTypes: describeRowTypes(project) };
    const entry = await cache.read(subject);
    expect(entry?.compiled.modules.map(({ path }) => path)).toEqual(["stages/helper.ts"]);
    const files = stateFiles("cache").filter((file) => readFileSync(file, "utf8").includes('"notebook":"notebooks/a.ipynb"'));
    expect(files).toHaveLength(1);
    const file = files[0] ?? "";
    const whole = readFileSync(file);
    for (const form of [...cuts(whole, 500), ...mutants(whole, mutations, 11)]) {
      writeFileSync(file, form);
      expect(await cache.read(subject)).toBeNull();
    }
    writeFileSync(file, whole);
    expect(await cache.read(subject)).toEqual(entry);
  }, 60_000);
});

describe("a journal", () => {
  const journal: Journal = {
    version: 1, task: "a", phase: "ready", remove: ["out/images/old.svg"],
    artifacts: [{ path: "data/a.csv", temporary: "data/.a.csv.stitchbook-0123456789abcdef.tmp", sha256: "0".repeat(64), bytes: 4 }],
    record: { path: "records/a-ca978112ca1b.json", value: { artifacts: [{ path: "data/a.csv" }] } },
  };

  it(`is followed as it was written or not at all (every cut, ${mutations} mutations)`, async () => {
    const stateFolder = await mkdtemp(join(tmpdir(), "stitchbook-journal-"));
    await writeJournal(stateFolder, journal, fileSystem);
    const file = journalPath(stateFolder, "a");
    const whole = readFileSync(file);
    for (const form of [...cuts(whole, 1e9), ...mutants(whole, mutations, 5)]) {
      writeFileSync(file, form);
      expect(await readJournals(stateFolder, fileSystem)).toEqual([{ file, journal: null }]);
    }
    writeFileSync(file, whole);
    expect(await readJournals(stateFolder, fileSystem)).toEqual([{ file, journal }]);
    await rm(stateFolder, { recursive: true });
  }, 60_000);

  it("that is damaged is given up with a warning, and what it had put beside artifacts is swept", async () => {
    await writeJournal(rig.stateFolder, journal, fileSystem);
    const file = journalPath(rig.stateFolder, "a");
    writeFileSync(file, readFileSync(file, "utf8").replace("data/a.csv", "data/b.csv"));
    rig.write("data/.a.csv.stitchbook-0123456789abcdef.tmp", "k\n9\n");
    const { status, events, executed } = await rig.run({ now: ahead });
    expect({ status, executed }).toEqual({ status: "ok", executed: [] });
    expect(events.filter((event) => event.event === "run.warning")).toMatchObject([{ message: expect.stringContaining("its journal is damaged") }]);
    expect(readdirSync(join(rig.root, "data")).sort()).toEqual(["a.csv", "b.csv"]);
    expect(readdirSync(join(rig.stateFolder, "journal"))).toEqual([]);
  }, 60_000);
});

describe("a lock", () => {
  it(`of a living owner is never read as another's or as released (every cut, ${mutations} mutations)`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "stitchbook-lock-"));
    const owner = { ...(await self()), run: "a run", startedAt: "2026-03-01T06:30:00.000Z" };
    const whole = Buffer.from(lockText(owner));
    const file = join(folder, "000001");
    for (const form of [...cuts(whole, 1e9), ...mutants(whole, mutations, 13)]) {
      // The mark of a release: one byte that no damage of the owner's own writing can leave.
      if (form.toString("latin1", 0, 1) === "-") continue;
      writeFileSync(file, form);
      expect(await readLockFile(file, fileSystem)).toEqual({ kind: "damaged", isOlderThanBoot: false });
    }
    writeFileSync(file, whole);
    expect(await readLockFile(file, fileSystem)).toEqual({ kind: "held", owner });
    await rm(folder, { recursive: true });
  }, 60_000);

  it(`names no other workers than those that were written down (every cut, ${mutations} mutations)`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "stitchbook-lock-"));
    const file = join(folder, "000001.workers");
    const workers = [await self(), { ...(await self()), pid: 4711 }];
    const whole = Buffer.from(`\n${workers.map((started) => workerLine({ started })).join("\n")}`);
    for (const form of [...cuts(whole, 1e9), ...mutants(whole, mutations, 17)]) {
      writeFileSync(file, form);
      for (const worker of await readWorkers(file, fileSystem)) expect(workers).toContainEqual(worker);
    }
    writeFileSync(file, whole);
    expect(await readWorkers(file, fileSystem)).toEqual(workers);
    await rm(folder, { recursive: true });
  }, 60_000);

  async function self(): Promise<ProcessIdentity> {
    const identity = await identifyProcess(process.pid);
    if (identity === null) throw new Error("this process is not there");
    return identity;
  }
});
