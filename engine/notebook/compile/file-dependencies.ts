import { dirname, join } from "node:path";
import type * as typescript from "@tslab/typescript-for-tslab";

/** All files that files import or refer to, directly or through others, and themselves; by the paths of the program. */
export function listDependencies(program: typescript.Program, ...starts: typescript.SourceFile[]): string[] {
  const found = new Set<string>();
  const waiting = [...starts];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file.fileName)) continue;
    found.add(file.fileName);
    const folder = dirname(file.fileName);
    const paths = [...resolvedImports(file).map(([, path]) => path), ...file.referencedFiles.map((reference) => join(folder, reference.fileName))];
    for (const path of paths) {
      const next = program.getSourceFile(path);
      if (next !== undefined && !found.has(next.fileName)) waiting.push(next);
    }
  }
  return [...found];
}

/** Where a file's imports and type references lead, each with its specifier: TypeScript keeps that on the file. */
export function resolvedImports(file: typescript.SourceFile): readonly (readonly [specifier: string, path: string])[] {
  return ["resolvedModules", "resolvedTypeReferenceDirectiveNames"].flatMap((name) => {
    const cache: unknown = Reflect.get(file, name);
    const found: [string, string][] = [];
    if (!hasForEach(cache)) return found;
    cache.forEach((resolution, specifier) => {
      const path = findFileName(resolution);
      if (path !== null) found.push([specifier, path]);
    });
    return found;
  });
}

function hasForEach(value: unknown): value is { forEach(visit: (element: unknown, key: string) => void): void } {
  return typeof value === "object" && value !== null && "forEach" in value && typeof value.forEach === "function";
}

function findFileName(resolution: unknown): string | null {
  if (typeof resolution !== "object" || resolution === null) return null;
  if ("resolvedFileName" in resolution) return typeof resolution.resolvedFileName === "string" ? resolution.resolvedFileName : null;
  const inner = "resolvedModule" in resolution ? resolution.resolvedModule : "resolvedTypeReferenceDirective" in resolution ? resolution.resolvedTypeReferenceDirective : null;
  return findFileName(inner);
}
