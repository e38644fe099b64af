import { mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const prefix = "stitchbook-tests-";

/**
 * Puts the temporary files of all tests into one folder, and removes it with whatever tests left in it, also what test
 * processes left that were killed.
 */
export default function setup(): () => void {
  const shared = realpathSync(tmpdir());
  for (const name of readdirSync(shared)) {
    const owner = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN;
    if (!Number.isNaN(owner) && !isRunning(owner)) remove(join(shared, name));
  }
  const folder = mkdtempSync(join(shared, `${prefix}${process.pid}-`));
  process.env["TMPDIR"] = folder;
  return () => remove(folder);
}

/** What a process still writes into, or made unreadable, stays: the next run of the tests removes it. */
function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    console.warn(`${folder} could not be removed: ${String(error)}`);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
