import { hash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Script } from "node:vm";

/*
 * Loads the chunks of a command (see build-commands.js) with the bytecode that V8 made of them in an earlier process: to
 * compile them anew would take longer than most of what commands do.
 *
 *   dist/code-cache/<command>-<Node's version>-<machine>   one line of JSON, then the bytecode of each chunk
 *
 * `stitchbook run` and `stitchbook plan` have a file each: what one of them loads is not what the other needs.
 *
 * Whatever is wrong with that file, and where it can't be written, the chunks are compiled from their text.
 */

type Head = { readonly sha256: string; readonly chunks: readonly { readonly name: string; readonly bytes: number }[] };
type Loaded = { readonly script: Script; readonly exports: object };

/**
 * Runs a command's main chunk.
 *
 * @param command - names the file of its bytecode
 * @param main - file name of its main chunk
 */
export function load(command: string, main: string): void {
  const file = join(__dirname, "code-cache", `${nameFile(command)}-${process.version}-${process.arch}`);
  const known = readCode(file);
  const folder = join(__dirname, "chunks");
  const outer = createRequire(join(folder, main));
  const loaded = new Map<string, Loaded>();
  let hasNew = false;
  const loadChunk = (name: string): object => {
    const earlier = loaded.get(name);
    if (earlier !== undefined) return earlier.exports;
    const filename = join(folder, name);
    const cachedData = known.get(name);
    const script = new Script(`(function (exports, require, module, __filename, __dirname) {${readFileSync(filename, "utf8")}\n})`, {
      filename,
      cachedData,
    });
    if (cachedData === undefined || script.cachedDataRejected === true) hasNew = true;
    const module = { exports: {} };
    // What is there so far is seen by chunks that need each other.
    const entry = { script, get exports() { return module.exports; } };
    loaded.set(name, entry);
    script.runInThisContext()(module.exports, require, module, filename, folder);
    return module.exports;
  };
  const require = Object.assign((specifier: string): unknown => (specifier.startsWith("./") ? loadChunk(specifier.slice(2)) : outer(specifier)), outer);
  const keep = (): void => {
    if (hasNew) keepCode(file, loaded);
    hasNew = false;
  };
  // What was stopped ends at once, and a word that is no command is not to have a file.
  process.once("exit", (code) => {
    if (code < 128 && code !== 2) keep();
  });
  // A thread that is ended from outside has no last word.
  Object.defineProperty(globalThis, Symbol.for("stitchbook.keepCode"), { value: keep });
  loadChunk(main);
}

function nameFile(command: string): string {
  const [, , word = ""] = process.argv;
  return command === "stitchbook" ? `${command}-${/^[a-z]{2,12}$/.test(word) ? word : "other"}` : command;
}

/** Bytecode that V8 does not fit is refused by V8; of damage it would not know. */
function readCode(file: string): ReadonlyMap<string, Buffer> {
  const found = new Map<string, Buffer>();
  try {
    const bytes = readFileSync(file);
    const start = bytes.indexOf("\n") + 1;
    const head = JSON.parse(bytes.toString("utf8", 0, start)) as Head;
    const body = bytes.subarray(start);
    if (hash("sha256", body, "hex") !== head.sha256) return found;
    let offset = 0;
    for (const { name, bytes: length } of head.chunks) found.set(name, body.subarray(offset, (offset += length)));
  } catch {
    // Nothing was kept yet.
  }
  return found;
}

function keepCode(file: string, loaded: ReadonlyMap<string, Loaded>): void {
  const chunks = [...loaded].map(([name, { script }]) => ({ name, code: script.createCachedData() }));
  const body = Buffer.concat(chunks.map(({ code }) => code));
  const head: Head = { sha256: hash("sha256", body, "hex"), chunks: chunks.map(({ name, code }) => ({ name, bytes: code.length })) };
  const temporary = `${file}.${process.pid}`;
  try {
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(temporary, Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), body]));
    renameSync(temporary, file);
  } catch {
    // The installation may belong to somebody else.
  }
}
