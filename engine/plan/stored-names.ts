import { readFileSync } from "node:fs";
import { writeCacheFile } from "../project/cache-file.js";
import type { StageCode } from "./code-closure.js";
import type { ModuleNames, NamedPart } from "./module-names.js";

/** What is declared in the modules of a stage, now and in code that it had before. */
export type CodeNames = {
  readonly present: ModuleNames;
  /** Hash of a module's text, as fingerprints have it -> name -> hash. */
  readonly earlier: EarlierNames;
};

type EarlierNames = Readonly<Record<string, Readonly<Record<string, string>>>>;

type Stored = CodeNames & { readonly key: string };

/** How many texts of modules are remembered for a stage. */
const KEPT = 80;

/**
 * What is known of the names in a stage's code. It stands in a file of its own, which only explaining a change reads.
 *
 * @param file Absolute path.
 * @param key The key of the code that is asked about.
 * @param present What that code declares, where it was just read; else the stored answer for it is taken.
 */
export function loadCodeNames(file: string, key: string, present: ModuleNames | undefined): CodeNames {
  const stored = readStored(file);
  return { present: present ?? (stored?.key === key ? stored.present : {}), earlier: stored?.earlier ?? {} };
}

/** Adds the names of a stage's code to what is known. */
export function saveCodeNames(file: string, key: string, code: StageCode): void {
  const { names, parts, problems } = code;
  if (names === undefined || problems.length > 0) return;
  const earlier = new Map(Object.entries(readStored(file)?.earlier ?? {}));
  for (const [module, declared] of Object.entries(names)) {
    const hash = parts[`code:${module}`];
    if (hash === undefined) continue;
    // What was seen last is forgotten last.
    earlier.delete(hash);
    earlier.set(hash, Object.fromEntries(Object.entries(declared).map(([name, part]) => [name, part.hash])));
  }
  const stored: Stored = { key, present: names, earlier: Object.fromEntries([...earlier].slice(-KEPT)) };
  writeCacheFile(file, JSON.stringify(stored));
}

/** Null where nothing is stored, or nothing that can be understood: then a change is told less exactly. */
function readStored(file: string): Stored | null {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return isStored(value) ? value : null;
  } catch {
    return null;
  }
}

function isStored(value: unknown): value is Stored {
  return isObject(value) && typeof value["key"] === "string" && isMapOf(value["present"], (names) => isMapOf(names, isPart)) && isMapOf(value["earlier"], (names) => isMapOf(names, (hash) => typeof hash === "string"));
}

function isPart(value: unknown): value is NamedPart {
  return isObject(value) && typeof value["hash"] === "string" && Array.isArray(value["cells"]) && value["cells"].every((cell) => typeof cell === "number");
}

function isMapOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return isObject(value) && Object.values(value).every(isItem);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
