import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildWorker, type BuiltWorker } from "./build-worker.js";
import { createRig, textOf, type WorkerRig } from "./worker-rig.js";

/** What TypeScript emits for default and namespace imports. */
const helpers = `const __importDefault = (mod) => mod && mod.__esModule ? mod : { default: mod };
const __importStar = (mod) => { if (mod && mod.__esModule) return mod; const result = {}; for (const k in mod) if (k !== "default") result[k] = mod[k]; result.default = mod; return result; };`;

const packages = {
  "node_modules/waits/package.json": '{"name":"waits","type":"module","exports":"./index.js"}',
  "node_modules/waits/index.js": "import './inner.js'; console.log('waits loaded'); export default function main() { return 'default' }; export const named = 'named';",
  "node_modules/waits/inner.js": "export const value = await Promise.resolve(1);",
  "node_modules/plain/package.json": '{"name":"plain","type":"module","exports":"./index.js"}',
  "node_modules/plain/index.js": "console.log('plain loaded'); export default 'plain default'; export const named = 'plain named';",
  "node_modules/import-only/package.json": '{"name":"import-only","type":"module","exports":{"import":"./index.js"}}',
  "node_modules/import-only/index.js": "export default 'only'; export const named = 'imported';",
  "node_modules/cjs/package.json": '{"name":"cjs","main":"index.js"}',
  "node_modules/cjs/index.js": "console.log('cjs loaded'); module.exports = () => 'cjs';",
  "node_modules/marked-cjs/package.json": '{"name":"marked-cjs","main":"index.js"}',
  "node_modules/marked-cjs/index.js": "Object.defineProperty(exports, '__esModule', { value: true }); exports.default = 'inner default';",
  "node_modules/broken/package.json": '{"name":"broken","type":"module","exports":"./index.js"}',
  "node_modules/broken/index.js": "await 1; throw new Error('cannot start');",
};

let built: BuiltWorker;
let rig: WorkerRig;
beforeAll(async () => void (built = await buildWorker()));
afterAll(() => built.remove());
beforeEach(async () => void (rig = await createRig(built.workerFile, packages)));
afterEach(() => rig.remove());

async function outputOf(...cells: string[]): Promise<string> {
  const result = await rig.run(cells);
  expect(result.failure).toBeNull();
  return textOf(result, cells.length + 1);
}

describe("packages", () => {
  it("with a top-level await somewhere below can be required, with default and named exports", async () => {
    expect(await outputOf(`${helpers}\nconst w = __importDefault(require("waits")); console.log(w.default(), w.named, Object.keys(__importStar(require("waits"))))`)).toBe(
      "waits loaded\ndefault named [ 'default', 'named' ]\n",
    );
  });

  it("with a top-level await load with the first cell that needs them, once", async () => {
    expect(await outputOf('console.log("first")', 'const a = require("waits"); const b = require("waits"); console.log(a === b)')).toBe("waits loaded\ntrue\n");
  });

  it("without one load where the cell requires them, and not ahead", async () => {
    expect(await outputOf('console.log("before"); require("cjs"); require("plain"); if (false) require("plain"); console.log("after")')).toBe("before\ncjs loaded\nplain loaded\nafter\n");
    expect(await outputOf('if (Math.random() > 2) require("plain"); console.log("unused")')).toBe("unused\n");
    expect(existsSync(join(rig.folder, ".tmp"))).toBe(true);
  });

  it("that can only be imported work as well", async () => {
    expect(await outputOf(`${helpers}\nconst o = __importDefault(require("import-only")); console.log(o.default, o.named)`)).toBe("only imported\n");
  });

  it("have the default exports that TypeScript's interop expects", async () => {
    expect(await outputOf(`${helpers}\nconsole.log(__importDefault(require("plain")).default, __importDefault(require("cjs")).default(), __importDefault(require("marked-cjs")).default, typeof __importDefault(require("node:path")).default.join)`)).toBe(
      "plain loaded\ncjs loaded\nplain default cjs inner default function\n",
    );
  });

  it("that the project lacks come from Stitchbook's own installation", async () => {
    expect(await outputOf("console.log(require('arquero').table({ a: [1, 2] }).numRows())")).toBe("2\n");
  });

  it("of Vega load in cells and in local modules", async () => {
    const modules = { "stages/chart.ts": 'import * as vega from "vega";\nimport { compile } from "vega-lite";\nexport const kinds = [typeof vega.View, typeof compile];\n' };
    const result = await rig.run(["console.log(require('../stages/chart').kinds)"], { modules });
    expect(textOf(result, 2)).toBe("[ 'function', 'function' ]\n");
  });

  it("can be imported dynamically", async () => {
    expect(await outputOf("const plain = await import('plain'); const path = await import('node:path'); console.log(plain.named, typeof path.join)")).toBe("plain loaded\nplain named function\n");
  });

  it("that are not installed, or fail, give an error with the author's place", async () => {
    expect((await rig.run(["1;\nrequire('not-there')"])).failure).toMatchObject({ kind: "cell-error", message: "Error: Cannot find module 'not-there'", place: { cell: 2, line: 2 } });
    expect((await rig.run(["require('broken')"])).failure).toMatchObject({ kind: "cell-error", message: "Error: cannot start" });
  });

  it("that an author asks for in try and catch may be missing", async () => {
    expect(await outputOf("try { require('not-there') } catch (error) { console.log(error.code) }")).toBe("MODULE_NOT_FOUND\n");
  });
});

describe("local modules", () => {
  it("are instantiated once, know where they lie, and may form cycles", async () => {
    const modules = {
      "stages/a.ts": 'import { b } from "./b";\nconsole.log("a runs", __filename.endsWith("/stages/a.ts"), __dirname.endsWith("/stages"));\nexport function a() { return "a" }\nexport const both = () => a() + b();\n',
      "stages/b.ts": 'import { a } from "./a";\nexport function b() { return "b" + a() }\n',
    };
    const result = await rig.run(["console.log(require('../stages/a').both(), require('../stages/b').b())", "console.log(require('../stages/a') === require('../stages/a'))"], { modules });
    expect(textOf(result, 2)).toBe("a runs true true\naba ba\n");
    expect(textOf(result, 3)).toBe("true\n");
  });

  it("find packages from where they lie, and the notebook's api", async () => {
    const modules = { "stages/say.ts": 'import { show } from "stitchbook/notebook";\nimport cjs from "cjs";\nexport function say() { show.markdown(cjs()) }\n' };
    const result = await rig.run(["require('../stages/say').say()"], { modules });
    expect(result.cells[0]?.outputs).toContainEqual({ output_type: "display_data", data: { "text/markdown": "cjs", "text/plain": "cjs" }, metadata: {} });
  });

  it("that throw run again at the next import", async () => {
    const modules = { "stages/a.ts": "declare const flaky: { tries?: number };\nconst state = globalThis as { tries?: number };\nstate.tries = (state.tries ?? 0) + 1;\nif (state.tries === 1) throw new Error('first');\nexport const tries = state.tries;\n" };
    const result = await rig.run(["try { require('../stages/a') } catch (error) { console.log(error.message) }\nconsole.log(require('../stages/a').tries)"], { modules });
    expect(textOf(result, 2)).toBe("first\n2\n");
  });
});
