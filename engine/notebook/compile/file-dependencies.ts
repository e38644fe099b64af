import { dirname, join } from "node:path";
import type * as typescript from "@tslab/typescript-for-tslab";

/** All files that a file imports or refers to, directly or through others, and itself; by the paths of the program. */
export function listDependencies(program: typescript.Program, start: typescript.SourceFile): string[] {
  const found = new Set<string>();
  const waiting = [start];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file.fileName)) continue;
    found.add(file.fileName);
    const folder = dirname(file.fileName);
    const paths = [...resolvedImports(file), ...file.referencedFiles.map((reference) => join(folder, reference.fileName))];
    for (const path of paths) {
      const next = program.getSourceFile(path);
      if (next !== undefined && !found.has(next.fileName)) waiting.push(next);
    }
  }
  return [...found];
}

/** TypeScript keeps the resolutions of a file's imports and of its type references on the file. */
function resolvedImports(file: typescript.SourceFile): string[] {
  return ["resolvedModules", "resolvedTypeReferenceDirectiveNames"].flatMap((name) => {
    const cache: unknown = Reflect.get(file, name);
    const paths: string[] = [];
    if (!hasForEach(cache)) return paths;
    cache.forEach((resolution) => {
      const path = findFileName(resolution);
      if (path !== null) paths.push(path);
    });
    return paths;
  });
}

function hasForEach(value: unknown): value is { forEach(visit: (element: unknown) => void): void } {
  return typeof value === "object" && value !== null && "forEach" in value && typeof value.forEach === "function";
}

function findFileName(resolution: unknown): string | null {
  if (typeof resolution !== "object" || resolution === null) return null;
  if ("resolvedFileName" in resolution) return typeof resolution.resolvedFileName === "string" ? resolution.resolvedFileName : null;
  const inner = "resolvedModule" in resolution ? resolution.resolvedModule : "resolvedTypeReferenceDirective" in resolution ? resolution.resolvedTypeReferenceDirective : null;
  return findFileName(inner);
}
