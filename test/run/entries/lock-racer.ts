import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { acquireLock } from "../../../engine/run/lock/lock.js";

/** Takes and releases the lock over and over; while it holds it, it and a worker of its own sign a shared list. */
type Order = { readonly stateFolder: string; readonly witness: string; readonly index: number };

const { stateFolder, witness, index }: Order = JSON.parse(process.argv[2] ?? "");
// The worker waits for a word, as every worker does for its task, and ends if its parent is gone before. Its end after
// some seconds is for a lock that fails to end it.
const worker = 'read go || exit; n=0; while [ $((n += 1)) -lt 3000 ]; do echo "$1" >> "$2"; sleep 0.002; done';

for (let round = 0; ; round += 1) {
  const lock = await acquireLock({ stateFolder, run: `${index}-${round}`, waitMs: 60_000 });
  if (!("release" in lock)) throw new Error(`waited a minute for ${lock.heldBy.run}`);
  const signature = `${process.pid}-${round}`;
  appendFileSync(witness, `${signature}\n`);
  if (Math.random() < 0.5) {
    const child = spawn("sh", ["-c", worker, "worker", signature, witness], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
    child.stdin.on("error", () => undefined);
    await lock.recordWorker(child.pid ?? 0);
    child.stdin.write("go\n");
  }
  await sleep(Math.random() * 15);
  appendFileSync(witness, `${signature}\n`);
  await lock.release();
}
