import type { CorpusProgram } from "./program.js";

const STAGES: Readonly<Record<string, string>> = {
  "stages/math.ts": "import { one } from './shared/constants';\nexport type Pair = { a: number; b: number };\nexport const add = (p: Pair): number => p.a + p.b + one;\nexport default function double(n: number) { return n * 2; }\nexport enum Level { Low = 1, High }\nexport let count = 0;\nexport function bump() { count += 1; return count; }\n",
  "stages/shared/constants.ts": "export const one = 1;\nexport const list = [1, 2] as const;\n",
  "stages/all.ts": "export * from './math.js';\nexport * as constants from './shared/constants.js';\nexport { default as twice } from './math.ts';\nexport type { Pair as Two } from './math';\n",
  "stages/folder/index.ts": "export const inFolder = 'folder';\n",
  "stages/plain.js": "export function plain(x) { return 'js ' + x; }\n",
  "stages/typed.js": "exports.answer = 42;\n",
  "stages/typed.d.ts": "export declare const answer: number;\n",
  "stages/service.ts": "function mark(target: object, key: string, d: PropertyDescriptor) { d.enumerable = true; }\nexport class Service { value = 1; @mark run() { return 'run'; } }\n",
  "stages/even.ts": "import { isOdd } from './odd';\nexport const isEven = (n: number): boolean => n === 0 || isOdd(n - 1);\n",
  "stages/odd.ts": "import { isEven } from './even';\nexport const isOdd = (n: number): boolean => n !== 0 && isEven(n - 1);\n",
  "stages/lazy.ts": "console.log('lazy loaded');\nexport const lazy = async () => (await import('./shared/constants')).list.length;\n",
  "stages/where.ts": "import { basename } from 'node:path';\nimport { fileURLToPath } from 'node:url';\nexport const here = basename(fileURLToPath(import.meta.url));\n",
  "notebooks/near.ts": "export const near = 'near the notebook';\n",
  "data/settings.json": '{ "name": "settings", "levels": [1, 2], "deep": { "on": true } }\n',
};

const like = (name: string, cells: readonly string[]): CorpusProgram => ({ name, cells, files: STAGES, expect: { kind: "like-module" } });
const prints = (name: string, cells: readonly string[], lines: readonly string[]): CorpusProgram => ({ name, cells, files: STAGES, expect: { kind: "prints", lines } });

/** Imports of local modules, packages and Node's own modules. */
export const importPrograms: readonly CorpusProgram[] = [
  like("a stage module from the notebook's folder", ["import double, { add, Level, type Pair } from '../stages/math';", "const p: Pair = { a: 1, b: 2 };\nconsole.log(double(4), add(p), Level.High, Level[1]);"]),
  prints("a stage module from the project root", ["import { add } from './stages/math';\nimport { near } from './near';\nconsole.log(add({ a: 1, b: 1 }), near);"], ["3 near the notebook"]),
  like("suffixes and index files", ["import { one } from '../stages/shared/constants.js';\nimport { inFolder } from '../stages/folder';\nimport { plain } from '../stages/plain.js';\nimport { answer } from '../stages/typed';", "console.log(one, inFolder, plain('x'), answer + 1);"]),
  prints("the suffix .ts", ["import { one } from '../stages/shared/constants.ts';\nconsole.log(one);"], ["1"]),
  like("re-exports of a module", ["import { add, constants, twice, type Two } from '../stages/all';", "const two: Two = { a: 1, b: 1 };\nconsole.log(add(two), constants.list, twice(5));"]),
  like("namespace imports", ["import * as math from '../stages/math';", "console.log(math.default(3), Object.keys(math).sort());"]),
  like("type-only imports", ["import type { Pair } from '../stages/math';\nimport type * as M from '../stages/math';", "const p: Pair = { a: 3, b: 4 };\nconst q: M.Pair = p;\nlet later: import('../stages/math').Pair = q;\nconsole.log(later);"]),
  like("dynamic imports of local modules", ["const { add } = await import('../stages/math');\nconsole.log(add({ a: 1, b: 1 }));", "const load = () => import('../stages/lazy');\nconsole.log('before');\nconsole.log(await (await load()).lazy());", "console.log((await import('../stages/lazy')).lazy === (await load()).lazy);"]),
  like("a module's state is one for all cells", ["import { bump } from '../stages/math';\nbump();", "import { bump as again } from '../stages/math.js';\nconsole.log(again());"]),
  like("cycles between modules", ["import { isEven } from '../stages/even';", "console.log(isEven(10), isEven(7));"]),
  like("decorators in modules", ["import { Service } from '../stages/service';", "console.log(new Service().run(), Object.keys(Service.prototype), Object.keys(new Service()));"]),
  like("JSON modules", ["import settings from '../data/settings.json';", "import * as all from '../data/settings.json';\nconst on: boolean = settings.deep.on;\nconsole.log(settings.name, settings.levels.length, on, all.name);"]),
  prints("import.meta.url in modules", ["import { here } from '../stages/where';\nconsole.log(here);"], ["where.ts"]),
  like("side-effect imports", ["import '../stages/lazy';", "console.log('after');"]),
  like("re-exports in a cell load the module and declare nothing", ["const add = 'mine';\nexport { add as sum } from '../stages/math';\nexport * from '../stages/lazy';\nexport type * from '../stages/math';", "console.log(add);"]),
  like("Node's own modules", ["import { basename } from 'node:path';\nimport fs from 'fs';\nimport * as os from 'node:os';\nimport { setTimeout as wait } from 'timers/promises';", "await wait(1);\nconsole.log(basename('/a/b.txt'), typeof fs.readFileSync, typeof os.EOL, Buffer.from('a').toString('hex'), typeof process.cwd);"]),
  like("packages that are ESM only", ["import { table } from 'arquero';\nimport { format } from 'd3-format';", "const t = table({ a: [1, 2], b: ['x', 'y'] });", "const floor = 1;\nconsole.log(t.params({ floor }).filter((d: { a: number }, $: { floor: number }) => d.a > $.floor).objects(), format('.2f')(1.005));"]),
  like("packages that are CommonJS", ["import matter from 'gray-matter';\nimport { SimpleLinearRegression } from 'ml-regression';", "console.log(matter('---\\na: 1\\n---\\nx', {}).data, new SimpleLinearRegression([0, 1, 2], [1, 3, 5]).predict(3));"]),
  like("packages with a top-level await", ["import * as vega from 'vega';\nimport { compile, type TopLevelSpec } from 'vega-lite';", "const spec: TopLevelSpec = { data: { values: [{ a: 1 }] }, mark: 'bar', encoding: { x: { field: 'a', type: 'quantitative' } } };\nconst view = new vega.View(vega.parse(compile(spec).spec), { renderer: 'none' });\nconsole.log(typeof view.runAsync);"]),
  prints("tslab and stitchbook/notebook", ["import { display } from 'tslab';\nimport { show } from 'stitchbook/notebook';", "console.log(typeof display.html, typeof show.markdown);"], ["function function"]),
];
