import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { pathToFileURL } from "node:url";

/** Whether a file is an ES module by its name or its package. */
export function isEsModule(file: string): boolean {
  if (extname(file) === ".mjs") return true;
  return extname(file) === ".js" && packageType(dirname(file)) === "module";
}

const packageTypes = new Map<string, string | null>();

function packageType(folder: string): string | null {
  const known = packageTypes.get(folder);
  if (known !== undefined) return known;
  const type = readPackageType(join(folder, "package.json")) ?? (dirname(folder) === folder || folder.endsWith("/node_modules") ? null : packageType(dirname(folder)));
  packageTypes.set(folder, type);
  return type;
}

/** Null where there is no package file; a package without a type is CommonJS. */
function readPackageType(path: string): string | null {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
    const type: unknown = typeof parsed === "object" && parsed !== null ? Reflect.get(parsed, "type") : null;
    return typeof type === "string" ? type : "commonjs";
  } catch {
    return null;
  }
}

let probeCount = 0;

/**
 * Whether an ES module, or one that it imports, has a top-level await, so that `require` can't load it.
 *
 * Node answers without running the module: `require` of a module that imports it checks the linked graph first, and
 * a throwing import that stands before it keeps the graph from being evaluated.
 *
 * @param file - absolute
 * @param temporaryFolder - absolute; the importing module is written there and removed
 */
export function isAsyncModule(file: string, temporaryFolder: string): boolean {
  probeCount += 1;
  const probe = join(temporaryFolder, `probe-${process.pid}-${probeCount}.mjs`);
  // An error object: Node writes other thrown values to the terminal.
  const stop = "data:text/javascript,throw new Error()";
  try {
    writeFileSync(probe, `import ${JSON.stringify(stop)};\nimport ${JSON.stringify(pathToFileURL(file).href)};\n`);
    createRequire(probe)(probe);
    return false;
  } catch (error) {
    return error instanceof Error && Reflect.get(error, "code") === "ERR_REQUIRE_ASYNC_MODULE";
  } finally {
    rmSync(probe, { force: true });
  }
}
