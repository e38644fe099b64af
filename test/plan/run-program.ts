import { transform } from "esbuild";
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { dirname, extname, join } from "node:path";
import { inspect } from "node:util";
import type { Program } from "./random-program.js";

const builtins = createRequire(import.meta.url);
const compiled = new Map<string, string>();

/**
 * Runs a program the plain way: every file by itself as CommonJS, without bundling, minifying or dropping anything.
 *
 * @returns All it logged and displayed, and the error it ended with, if any.
 */
export async function runProgram(program: Program, root: string): Promise<string> {
  const lines: string[] = [];
  const log = (...values: unknown[]): void => void lines.push(values.map((value) => inspect(value)).join(" "));
  const body = program.cells.filter((cell) => cell.type === "code").map((cell) => [...cell.statements, cell.shown === null ? "" : `__display((${cell.shown}));`].join("\n"));
  const notebook = await compile(body.join("\n"), "ts", true);
  await Promise.all(Object.keys(program.files).filter((path) => /\.(ts|cjs)$/.test(path)).map((path) => compile(readFileSync(join(root, path), "utf8"), path.endsWith(".ts") ? "ts" : "js")));
  const load = createLoader(root, log);
  try {
    const globals = { log, console: { log }, __display: (value: unknown) => log("display", value), __import: async (path: string) => load(path, join(root, "notebooks")) };
    const run = new Function(...Object.keys(globals), "require", "exports", `return (async () => { ${notebook} })()`);
    await run(...Object.values(globals), (path: string) => load(path, join(root, "notebooks")), {});
  } catch (error) {
    log("failed", error instanceof Error ? `${error.name} ${error.message}` : error);
  }
  return lines.join("\n");
}

async function compile(source: string, loader: "ts" | "js", isCell = false): Promise<string> {
  const key = `${loader} ${isCell} ${source}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const { code } = await transform(source.replace(/\bimport\(/g, "__import("), {
    loader,
    format: isCell ? "esm" : "cjs",
    logLevel: "silent",
    tsconfigRaw: { compilerOptions: {} },
  });
  const text = isCell ? importsToRequires(code) : code;
  compiled.set(key, text);
  return text;
}

/** Top-level await rules out CommonJS for cells, so their imports (each on a line) are rewritten here. */
function importsToRequires(code: string): string {
  return code.replace(/^import (?:([\w$]+),? )?(?:\* as ([\w$]+) )?(?:\{([^}]*)\} ?)?(?:from )?("[^"]+");$/gm, (_, main: string | undefined, all: string | undefined, names: string | undefined, path: string) =>
    [
      ...(main === undefined ? [] : [`const ${main} = __default(require(${path}));`]),
      ...(all === undefined ? [] : [`const ${all} = require(${path});`]),
      ...(names === undefined ? [] : [`const {${names.replaceAll(" as ", ": ")}} = require(${path});`]),
      ...(main === undefined && all === undefined && names === undefined ? [`require(${path});`] : []),
    ].join(" "),
  ) + "\nfunction __default(module) { return module.__esModule ? module.default : module; }";
}

function createLoader(root: string, log: (...values: unknown[]) => void) {
  const loaded = new Map<string, { exports: unknown }>();
  const load = (specifier: string, from: string): unknown => {
    if (isBuiltin(specifier)) return builtins(specifier);
    const path = specifier.startsWith(".") ? find(specifier, from, root) : builtins.resolve(join(root, "node_modules", specifier));
    const known = loaded.get(path);
    if (known !== undefined) return known.exports;
    const module: { exports: unknown } = { exports: {} };
    loaded.set(path, module);
    const text = readFileSync(path, "utf8");
    if (extname(path) === ".json") return (module.exports = JSON.parse(text));
    const code = compiled.get(`${path.endsWith(".ts") ? "ts" : "js"} false ${text}`) ?? text;
    new Function("module", "exports", "require", "log", code)(module, module.exports, (inner: string) => load(inner, dirname(realpathSync(path))), log);
    return module.exports;
  };
  return load;
}

function find(specifier: string, from: string, root: string): string {
  for (const folder of [from, root]) {
    const target = join(folder, specifier);
    for (const path of [target.replace(/\.js$/, ".ts"), target, `${target}.ts`, `${target}.js`, `${target}.json`, join(target, "index.ts")]) {
      if (existsSync(path) && statSync(path).isFile()) return path;
    }
  }
  throw new Error(`Cannot find module ${specifier}`);
}
