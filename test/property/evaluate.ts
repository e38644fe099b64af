import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript";
import { createContext, Script, type Context } from "node:vm";
import type { CellOutput } from "../../engine/notebook/types.js";
import type { JsonValue } from "../../engine/project/types.js";

export type EvaluatedStage = {
  /** Absolute path of the project. */
  readonly root: string;
  /** Project path of the notebook. */
  readonly file: string;
  /** The notebook's code cells; `position` counts all cells. */
  readonly cells: readonly { readonly position: number; readonly source: string; readonly isParameters: boolean }[];
  readonly parameters: Readonly<Record<string, JsonValue>>;
  readonly env: Readonly<Record<string, string>>;
  /** Text of each file that the stage may read. */
  readonly inputs: ReadonlyMap<string, string>;
};

export type Evaluation = {
  readonly files: ReadonlyMap<string, string>;
  /** Position of a cell -> what it displayed. */
  readonly displayed: ReadonlyMap<number, readonly CellOutput[]>;
  readonly error: { readonly position: number; readonly error: Error } | null;
};

const builtins = createRequire(import.meta.url);
const scripts = new Map<string, Script>();

/**
 * Evaluates a stage the plain way: every file by itself, transpiled by TypeScript, in a context of its own. Nothing of
 * the engine takes part: no bundle, no compiled cells, no fingerprint.
 */
export async function evaluateStage(stage: EvaluatedStage): Promise<Evaluation> {
  const files = new Map<string, string>();
  const displayed = new Map<number, CellOutput[]>();
  const present = { position: 0 };
  const show = (data: Readonly<Record<string, JsonValue>>): void => {
    displayed.set(present.position, [...(displayed.get(present.position) ?? []), { output_type: "display_data", data, metadata: {} }]);
  };
  const context = createContext({ __enter: (position: number) => void (present.position = position) });
  const load = createLoader(stage, { context, files, show });
  const body = stage.cells.map(({ position, source, isParameters }) => `__enter(${position});\n${isParameters ? giveValues(source, stage.parameters) : source}\n`).join("");
  try {
    const run: unknown = compile(body, "cell.ts", "async ").runInContext(context);
    if (typeof run !== "function") throw new Error("no function");
    await run({}, (specifier: string) => load(specifier, join(stage.root, dirname(stage.file))), {}, { env: stage.env });
    return { files, displayed, error: null };
  } catch (error) {
    if (!(typeof error === "object" && error !== null && "message" in error)) throw error;
    return { files, displayed, error: { position: present.position, error: Object.assign(new Error(String(error.message)), { cause: error }) } };
  }
}

/** `const name: Type = value` with the value of the run. */
function giveValues(source: string, parameters: Readonly<Record<string, JsonValue>>): string {
  return source.replace(/^const (\w+): ([^=]+) = .*$/gm, (_, name: string, type: string) => `const ${name}: ${type} = ${JSON.stringify(parameters[name])};`);
}

type Means = {
  readonly context: Context;
  readonly files: Map<string, string>;
  readonly show: (data: Readonly<Record<string, JsonValue>>) => void;
};

function createLoader(stage: EvaluatedStage, means: Means): (specifier: string, from: string) => unknown {
  const loaded = new Map<string, { exports: unknown }>();
  const load = (specifier: string, from: string): unknown => {
    if (specifier === "stitchbook/notebook") return { show: makeShow(means.show) };
    if (specifier === "node:fs") return makeFiles(stage.inputs, means.files);
    if (isBuiltin(specifier)) return builtins(specifier);
    const path = specifier.startsWith(".") ? find(specifier, [from, stage.root]) : find(`./node_modules/${specifier}/${mainOf(stage.root, specifier)}`, [stage.root]);
    const known = loaded.get(path);
    if (known !== undefined) return known.exports;
    const module: { exports: unknown } = { exports: {} };
    loaded.set(path, module);
    const text = readFileSync(path, "utf8");
    if (path.endsWith(".json")) return (module.exports = JSON.parse(text));
    const run: unknown = compile(text, path.endsWith(".ts") ? "module.ts" : "module.js").runInContext(means.context);
    if (typeof run === "function") run(module.exports, (inner: string) => load(inner, dirname(realpathSync(path))), module, {});
    return module.exports;
  };
  return load;
}

function compile(text: string, fileName: string, prefix = ""): Script {
  const key = `${prefix}${fileName}\n${text}`;
  const known = scripts.get(key);
  if (known !== undefined) return known;
  const { outputText } = ts.transpileModule(text, {
    fileName,
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true, allowJs: true },
  });
  const script = new Script(`(${prefix}function (exports, require, module, process) {\n${outputText}\n})`);
  scripts.set(key, script);
  return script;
}

function makeShow(show: (data: Readonly<Record<string, JsonValue>>) => void) {
  const chart = (spec: JsonValue): void => show({ "application/vnd.vegalite.v5+json": JSON.parse(JSON.stringify(spec)) as JsonValue, "text/plain": "A chart" });
  return Object.assign(chart, { markdown: (text: string) => show({ "text/markdown": text, "text/plain": text }) });
}

function makeFiles(inputs: ReadonlyMap<string, string>, written: Map<string, string>) {
  return {
    readFileSync(path: string): string {
      const text = inputs.get(path);
      if (text === undefined) throw new Error(`ENOENT: ${path}`);
      return text;
    },
    readdirSync: (folder: string) => [...inputs.keys()].filter((path) => dirname(path) === folder).map((path) => path.slice(folder.length + 1)),
    writeFileSync: (path: string, text: string) => void written.set(path, text),
  };
}

function mainOf(root: string, name: string): string {
  const manifest: { readonly main: string } = JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8"));
  return manifest.main;
}

function find(specifier: string, folders: readonly string[]): string {
  for (const folder of folders) {
    const target = join(folder, specifier);
    for (const path of [target.replace(/\.js$/, ".ts"), target, `${target}.ts`, join(target, "index.ts")]) {
      if (existsSync(path) && statSync(path).isFile()) return path;
    }
  }
  throw new Error(`Cannot find module ${specifier}`);
}
