import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeProject } from "../project/make-project.js";
import { editFile, executed, runForEvents, runStitchbook } from "./rig.js";

const timeout = 120_000;
let root: string;
beforeAll(async () => {
  root = await makeProject({
    "stitchbook.yaml": "name: rows\n",
    // Under it, compilers keep imports that others drop.
    "tsconfig.json": '{ "compilerOptions": { "strict": true, "verbatimModuleSyntax": true } }',
    "stages/weather.ts": 'import type { Cleaned } from "stitchbook/data";\nexport const warmest = (rows: readonly Cleaned[]): number => Math.max(...rows.map((row) => row.temp_max));\n',
    "notebooks/01-clean.ipynb": [
      "---\nstage: clean\noutputs:\n  - path: data/cleaned.csv\n    columns: { day: date, temp_max: { type: number, required: true } }\n---",
      'import { writeFileSync } from "node:fs";\nimport type { Cleaned } from "stitchbook/data";\nconst rows: Omit<Cleaned, "day">[] = [{ temp_max: 1 }];\nwriteFileSync("data/cleaned.csv", `day,temp_max\\n2026-01-02,${rows.length}\\n`);',
    ],
    "notebooks/02-use.ipynb": [
      "---\nstage: use\ninputs: [data/cleaned.csv]\noutputs: [data/warmest.txt]\n---",
      'import { writeFileSync } from "node:fs";\nimport { type Cleaned } from "stitchbook/data";\nimport { warmest } from "../stages/weather";\nconst rows: Cleaned[] = [{ day: null, temp_max: 3 }];\nwriteFileSync("data/warmest.txt", String(warmest(rows)));',
    ],
  });
}, timeout);
afterAll(() => rm(root, { recursive: true, force: true }));

const check = () => runStitchbook(["check"], { cwd: root });
const types = () => readFile(join(root, ".stitchbook/types/data.d.ts"), "utf8");

describe("row types", () => {
  it("are written by check before anything ran, and hold in notebooks and modules when they run", async () => {
    expect(await check()).toMatchObject({ code: 0, stderr: "" });
    expect(await types()).toContain("export type Cleaned = {\n");
    const { code, events } = await runForEvents(root);
    expect({ code, executed: executed(events) }).toEqual({ code: 0, executed: ["clean", "use"] });
  }, timeout);

  it("run nothing anew when they change, for types are no code", async () => {
    await editFile(root, "notebooks/01-clean.ipynb", (text) => text.replace("required: true", "required: true, minimum: 0"));
    const plan: unknown = JSON.parse((await runStitchbook(["plan", "--json"], { cwd: root })).stdout);
    // Held against what is there, without executing.
    expect(plan).toMatchObject({ tasks: [{ task: "clean", reasons: [{ kind: "contract" }] }, { task: "use", action: "fresh" }] });
    expect((await runStitchbook(["run"], { cwd: root })).code).toBe(0);
    expect(await types()).toContain("Number, at least 0.");
  }, timeout);

  it("turn all red that uses a column which its contract has no more", async () => {
    await editFile(root, "notebooks/01-clean.ipynb", (text) => text.replace("temp_max: { type", "warmest: { type"));
    const { code, stderr } = await check();
    expect(code).toBe(2);
    for (const place of ["notebooks/01-clean.ipynb, cell 2, line 3", "notebooks/02-use.ipynb, cell 2, line 4", "stages/weather.ts, line 2"]) expect(stderr).toContain(place);
    expect(stderr).toContain("'temp_max' does not exist on type 'Cleaned'");
    expect(await types()).toContain("warmest: number;");
  }, timeout);

  it("can't be imported as values", async () => {
    await editFile(root, "notebooks/02-use.ipynb", (text) => text.replace("import { type Cleaned }", "import { Cleaned }"));
    expect((await check()).stderr).toContain("notebooks/02-use.ipynb, cell 2, line 2, column 25: `stitchbook/data` holds types only\n  write `import type");
  }, timeout);
});
