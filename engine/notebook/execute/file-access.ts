import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Frame } from "./stack-frames.js";

/** An access to a file that failed: refused by the fence, or the file was not there. */
export type FileAccess = {
  readonly problem: "denied" | "missing" | "missing-module";
  readonly purpose: "read" | "write" | "unknown";
  /** Absolute. */
  readonly path: string;
};

/** Marks the error of a local module that was not found, with the absolute path that was looked for. */
export const missingModulePath: unique symbol = Symbol("missingModulePath");

/**
 * The failed access that an error tells of.
 *
 * @param frames The error's stack: whether a missing file was to be read or written shows in the function called.
 * @returns One access, or nothing where the error is about something else.
 */
export function fileAccesses(error: Error, frames: readonly Frame[]): readonly FileAccess[] {
  const code = property(error, "code");
  if (code === "ERR_ACCESS_DENIED") return deniedAccess(error);
  const local = property(error, missingModulePath);
  if (typeof local === "string") return [{ problem: "missing-module", purpose: "read", path: local }];
  const url = property(error, "url");
  if (code === "ERR_MODULE_NOT_FOUND" && typeof url === "string" && url.startsWith("file:")) {
    return [{ problem: "missing-module", purpose: "read", path: fileURLToPath(url) }];
  }
  const path = property(error, "path");
  if (code !== "ENOENT" || typeof path !== "string") return [];
  return [{ problem: "missing", purpose: purposeOf(frames), path: resolve(path) }];
}

function deniedAccess(error: Error): readonly FileAccess[] {
  const [permission, resource] = [property(error, "permission"), property(error, "resource")];
  if (typeof resource !== "string" || resource === "") return [];
  if (permission === "FileSystemRead") return [{ problem: "denied", purpose: "read", path: resolve(resource) }];
  if (permission === "FileSystemWrite") return [{ problem: "denied", purpose: "write", path: resolve(resource) }];
  return [];
}

function purposeOf(frames: readonly Frame[]): FileAccess["purpose"] {
  const names = frames.flatMap((frame) => (frame.kind === "author" ? [] : (frame.functionName ?? [])));
  if (names.some((name) => /write|append/i.test(name))) return "write";
  return names.some((name) => /read|stat|access|readdir/i.test(name)) ? "read" : "unknown";
}

function property(value: object, key: PropertyKey): unknown {
  return Reflect.get(value, key);
}
