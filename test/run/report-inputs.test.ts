import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { decideOne, fingerprintForRecord } from "../../engine/plan/plan-run.js";
import { makeFingerprint } from "../../engine/plan/fingerprint.js";
import type { FingerprintParts, TaskRecord } from "../../engine/plan/types.js";
import { readProject } from "../../engine/project/read-project.js";
import { createPlanContext } from "../../engine/run/plan-project.js";
import { makeRecord } from "../plan/record-builder.js";
import { makeProject } from "../project/make-project.js";

const roots: string[] = [];
afterAll(async () => {
  for (const root of roots) await rm(root, { recursive: true, force: true });
});

type Artifacts = TaskRecord["artifacts"];
const state = { size: 1, inode: "1", mtimeNs: "1", ctimeNs: "1" };
const artifact = (path: string, given: Partial<Artifacts[number]>): Artifacts[number] => ({ path, bytes: 10, sha256: "a", rows: 3, schema: null, schemaHash: "s", state, ...given });

/** The fingerprint of a report that embeds a label of `clean` and quotes of it what `text` says. */
async function fingerprintReport(given: { text?: string; html?: boolean; frame?: string; artifacts?: Artifacts; cell?: number } = {}): Promise<FingerprintParts> {
  const { text = '{{ stages.clean.outputs["a.csv"].rows }}', html = true, frame, cell = 2 } = given;
  const outputs = `{ markdown: reports/r.md, ${html ? "html: reports/r.html, " : ""}images: reports/images }`;
  const root = await makeProject({
    "stitchbook.yaml": "name: made\n",
    "notebooks/clean.ipynb": ["---\nstage: clean\noutputs: [a.csv, b.csv]\n---", "//| label: fit\n1"],
    "templates/r.md": `---\nreport: r\noutputs: ${outputs}\n---\n{% embed "fit" %}\n${text}\n`,
  });
  roots.push(root);
  await mkdir(join(root, "templates"), { recursive: true });
  if (frame !== undefined) await writeFile(join(root, "templates/page.html"), frame);
  const project = await readProject(root);
  const [clean, report] = project.tasks;
  if (clean === undefined || report === undefined) throw new Error("no tasks");
  const { artifacts = [artifact("a.csv", {}), artifact("b.csv", {})] } = given;
  const labels = [{ label: "fit", cell, caption: null, alt: null, outputs: [] }];
  const records = new Map([["clean", makeRecord(clean, makeFingerprint({}), { artifacts, labels })]]);
  const context = createPlanContext(project, { stateFolder: join(root, ".stitchbook"), records, env: {}, overrides: [], force: new Set(), now: 0, isReadOnly: true });
  expect((await decideOne(context, report)).reasons).toMatchObject([{ kind: "never-run" }]);
  return (await fingerprintForRecord(context, report, new Map())).parts;
}

type Given = Parameters<typeof fingerprintReport>[0];

async function differing(a: Given, b: Given): Promise<string[]> {
  const [first, second] = [await fingerprintReport(a), await fingerprintReport(b)];
  return [...new Set([...Object.keys(first), ...Object.keys(second)])].filter((key) => first[key] !== second[key]);
}

describe("a report", () => {
  it("depends on the project's own frame of pages, where it is a page", async () => {
    expect(await differing({}, { frame: "a" })).toEqual(["code:templates/page.html"]);
    expect(await differing({ frame: "a" }, { frame: "b" })).toEqual(["code:templates/page.html"]);
    expect(await differing({ frame: "a", html: false }, { frame: "b", html: false })).toEqual([]);
  });

  it("depends on the values that it quotes of a stage, and on no others of it", async () => {
    const grown = [artifact("a.csv", { bytes: 11 }), artifact("b.csv", { rows: 4 })];
    expect(await differing({}, { artifacts: grown })).toEqual([]);
    expect(await differing({}, { artifacts: [artifact("a.csv", { rows: 4 })] })).toEqual(["input:stages.clean"]);
    const other = { text: '{{ stages.clean.outputs["a.csv"].rows }} {{ stages.clean.outputs["a.csv"].bytes }}' };
    expect(await differing(other, { ...other, artifacts: grown })).toEqual(["input:stages.clean"]);
  });

  it("depends on all values of a stage that it hands on as a whole", async () => {
    const whole = { text: "{% assign all = stages.clean %}{{ all.outputs.size }}" };
    expect(await differing(whole, { ...whole, artifacts: [artifact("a.csv", {}), artifact("b.csv", { bytes: 11 })] })).toEqual(["input:stages.clean"]);
    const one = { text: '{% assign all = stages.clean.outputs["b.csv"] %}{{ all.bytes }}' };
    expect(await differing(one, { ...one, artifacts: [artifact("a.csv", { bytes: 9 }), artifact("b.csv", {})] })).toEqual([]);
    expect(await differing(one, { ...one, artifacts: [artifact("a.csv", {}), artifact("b.csv", { bytes: 11 })] })).toEqual(["input:stages.clean"]);
  });

  it("does not depend on how many cells stand before the one that it embeds", async () => {
    expect(await differing({}, { cell: 5 })).toEqual([]);
  });
});
