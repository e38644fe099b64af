import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the fence stands; all absolute. */
export type Fence = { readonly projectRoot: string; readonly folder: string };

/** The part of `process.permission` that is used; absent where Node runs without the fence. */
type Permission = { readonly has: (scope: string, path: string) => boolean };

/**
 * Makes `existsSync` behave behind the fence. Node's own throws for every path that may not be read, which ends
 * libraries that look upward for their configuration. Here a file of the project that was not declared throws, and what
 * lies outside of the project does not exist.
 */
export function fenceExistsSync({ projectRoot, folder }: Fence): void {
  const permission: Permission | undefined = Reflect.get(process, "permission");
  if (permission === undefined) return;
  const original = fs.existsSync;
  fs.existsSync = (path) => {
    const absolute = toPath(path);
    if (absolute === null || permission.has("fs.read", absolute)) return original(path);
    if (isWithin(folder, absolute)) return true;
    if (!isWithin(absolute, projectRoot) || isWithin(absolute, resolve(projectRoot, ".stitchbook"))) return false;
    throw Object.assign(new Error("Access to this file is not allowed."), { code: "ERR_ACCESS_DENIED", permission: "FileSystemRead", resource: absolute });
  };
  syncBuiltinESMExports();
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function toPath(path: unknown): string | null {
  try {
    if (path instanceof URL) return fileURLToPath(path);
    if (path instanceof Uint8Array) return resolve(Buffer.from(path).toString());
    return typeof path === "string" ? resolve(path) : null;
  } catch {
    return null;
  }
}
