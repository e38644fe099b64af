import { writeSync } from "node:fs";
import type { FileSystem } from "../../engine/run/publish/file-system.js";
import { interruptingFileSystem } from "./interrupting-file-system.js";

/**
 * A file system that kills this process at its n-th call: before it, or, where `isTorn` and it is a write, after half
 * of its bytes.
 */
export function killAtCall(n: number, isTorn: boolean): { readonly fs: FileSystem; readonly calls: () => number } {
  let calls = 0;
  const fs = interruptingFileSystem((name, args, target) => {
    calls += 1;
    if (calls < n) return;
    const [bytes] = args;
    if (isTorn && name === "handle.write" && Buffer.isBuffer(bytes) && "fd" in target && typeof target.fd === "number") {
      writeSync(target.fd, bytes, 0, bytes.length >> 1);
    }
    process.kill(process.pid, "SIGKILL");
  });
  return { fs, calls: () => calls };
}

/** Tells the parent process something, at once: a kill may come next. */
export function tell(message: string): void {
  writeSync(1, `${message}\n`);
}
