import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CompileOptions } from "../../../engine/notebook/compile/compile-notebooks.js";
import { bundleCompiler, type BundledCompiler, type CompilerAnswer } from "./bundled-compiler.js";
import { createProject, makeNotebook, type ProjectRig } from "./rig.js";

let compiler: BundledCompiler;
const projects: ProjectRig[] = [];
beforeAll(async () => void (compiler = await bundleCompiler()));
afterAll(async () => {
  await compiler.remove();
  await Promise.all(projects.map((project) => project.remove()));
});

const FILES = {
  "tsconfig.json": '{ "compilerOptions": { "strict": true } }',
  "data/x.json": '{ "x": 1 }',
  "stages/kinds.ts": "export class Left { readonly left = 1 }\nexport class Right { readonly right = 2 }\nexport class Middle { readonly middle = 3 }\n",
  // Each meets the classes in another order, on which the wording of later errors can depend.
  "stages/forth.ts": "import { Left, Middle, Right } from './kinds';\nexport const pick = (n: number): Left | Middle | Right => n > 1 ? new Left() : n > 0 ? new Middle() : new Right();\n",
  "stages/back.ts": "import { Left, Middle, Right } from './kinds';\nexport const list: (Right | Middle | Left)[] = [new Right(), new Middle(), new Left()];\n",
  "stages/wrong.ts": "import { pick } from './forth';\nimport type { Left, Middle, Right } from './kinds';\nexport const text: string = pick(1);\nexport function f(value: Right | Left | Middle): boolean { return value; }\n",
  "stages/name.ts": "declare global { var projectName: string }\nexport {};\n",
  "stages/uses-name.ts": "export const long = (): number => projectName.length;\n",
  "stages/computed.ts": "export const load = (name: string): Promise<unknown> => import(name);\n",
  "stages/table.ts": "import { from } from 'arquero';\nexport const tableOf = (rows: { a: number }[]) => from(rows).derive({ b: (d: { a: number }) => d.a * 2 });\n",
};

const NOTEBOOKS = [
  makeNotebook("notebooks/a.ipynb", ["import { list } from '../stages/back';\nimport { pick } from '../stages/forth';", "const first = list[0];\nlet second = pick(2);", "class Own { readonly own = 1 }\nconst n: number = Math.random() > 0.5 ? second : new Own();\nsecond = 'x';"]),
  makeNotebook("notebooks/b.ipynb", ["import { text } from '../stages/wrong';\ntext;"]),
  makeNotebook("notebooks/c.ipynb", ["import { list } from '../stages/back';\nlist;", "import { f } from '../stages/wrong';\nf(list[0]);"]),
  makeNotebook("notebooks/d.ipynb", ["import '../stages/name';", "import { long } from '../stages/uses-name';\nconst size = long();\nsize;"]),
  makeNotebook("notebooks/e.ipynb", ["import { long } from '../stages/uses-name';\nlong();"]),
  makeNotebook("notebooks/f.ipynb", ["import { tableOf } from '../stages/table';\nimport x from '../data/x.json';", "const t = tableOf([{ a: x.x }]);\nlet { numRows } = { numRows: t.numRows() };", "const use = () => ({ t, numRows });\nawait Promise.resolve(use());"]),
  makeNotebook("notebooks/g.ipynb", ["import { load } from '../stages/computed';\nload('x');", "const = 1;", "missing;"]),
];

async function makeProject(): Promise<ProjectRig> {
  const project = await createProject(FILES);
  projects.push(project);
  return project;
}

/** What must not depend on anything: the order of problems follows that of the notebooks. */
function settle({ compiled, problems }: CompilerAnswer): unknown {
  return { compiled, problems: problems.map((problem) => JSON.stringify(problem)).sort() };
}

describe("a compilation", () => {
  it("gives the same in any order of notebooks, with any number of threads, and for each notebook alone", async () => {
    const project = await makeProject();
    const compile = (notebooks: CompileOptions["notebooks"], helperCount: number): CompileOptions => ({ root: project.root, notebooks, cacheFolder: null, helperCount });
    const reversed = [...NOTEBOOKS].reverse();
    const mixed = [...NOTEBOOKS.slice(3), ...NOTEBOOKS.slice(0, 3)];
    const alone = NOTEBOOKS.map((notebook) => compile([notebook], 0));
    const together = [compile(reversed, 0), compile(mixed, 0), compile(NOTEBOOKS, 1), compile(reversed, 1), compile(mixed, 3)];
    const { answers } = await compiler.run([compile(NOTEBOOKS, 0), ...together, ...alone]);
    const [first, ...others] = answers;
    if (first === undefined) throw new Error("no answer");
    expect(Object.keys(first.compiled)).toEqual(["notebooks/d.ipynb", "notebooks/f.ipynb"]);
    expect(first.problems.map(({ place: { file, cell, line } }) => `${file}:${cell ?? ""}:${line ?? ""}`)).toEqual([
      "notebooks/a.ipynb:4:2", "notebooks/a.ipynb:4:3", "stages/wrong.ts::3", "stages/wrong.ts::4", "stages/uses-name.ts::1", "notebooks/g.ipynb:3:1", "notebooks/g.ipynb:3:1", "notebooks/g.ipynb:4:1", "stages/computed.ts::1",
    ]);
    for (const answer of others.slice(0, together.length)) expect(settle(answer)).toEqual(settle(first));
    const separate = others.slice(together.length);
    const united = { compiled: Object.assign({}, ...separate.map(({ compiled }) => compiled)), problems: separate.flatMap(({ problems }) => problems), ms: 0 };
    expect({ ...united, problems: new Set(united.problems.map((problem) => JSON.stringify(problem))) }).toEqual({ compiled: first.compiled, problems: new Set(first.problems.map((problem) => JSON.stringify(problem))), ms: 0 });
  }, 300_000);

  it("is completed where a helping thread dies, before or after it has taken a part", async () => {
    const project = await makeProject();
    const options = { root: project.root, notebooks: NOTEBOOKS, cacheFolder: null };
    const { answers: [whole] } = await compiler.run([{ ...options, helperCount: 0 }]);
    const deaths = ["process.exit(3);", "const add = Atomics.add; Atomics.add = (...values) => { add(...values); process.exit(3); };", "Atomics.add = () => { throw new Error('broken'); };"];
    for (const death of deaths) {
      const { answers: [answer] } = await compiler.run([{ ...options, helperCount: 2 }], `if (!require("node:worker_threads").isMainThread) { ${death} }`);
      expect({ ...answer, ms: 0 }).toEqual({ ...whole, ms: 0 });
    }
  }, 300_000);

  it("gives the same from the cache, and on an edit with the rest from the cache", async () => {
    const project = await makeProject();
    const sound = NOTEBOOKS.filter(({ file }) => /[df]\.ipynb$/.test(file));
    const edited = sound.map((notebook) => (notebook.file.endsWith("f.ipynb") ? makeNotebook(notebook.file, [...notebook.cells.map(({ source }) => source), "numRows + 1"]) : notebook));
    const options = { root: project.root, notebooks: sound, cacheFolder: project.cacheFolder };
    const { answers } = await compiler.run([options, options, { ...options, notebooks: edited }, { ...options, notebooks: edited, cacheFolder: null }]);
    const [cold, warm, warmEdited, coldEdited] = answers.map((answer) => ({ ...answer, ms: 0 }));
    expect(cold?.problems).toEqual([]);
    expect(warm).toEqual(cold);
    expect(warmEdited).toEqual(coldEdited);
    expect(warmEdited).not.toEqual(warm);
  }, 300_000);
});
