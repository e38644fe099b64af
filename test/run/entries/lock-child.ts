import { spawn } from "node:child_process";
import { acquireLock } from "../../../engine/run/lock/lock.js";
import { killAtCall, tell } from "../kill-at-call.js";

/** Takes the lock, records a worker, releases; killed at one of its calls of the file system, or once the worker is recorded. */
type Order = { readonly stateFolder: string; readonly killAt: number | "recorded"; readonly isTorn: boolean };

const order: Order = JSON.parse(process.argv[2] ?? "");
const { fs, calls } = killAtCall(order.killAt === "recorded" ? Infinity : order.killAt, order.isTorn);
const lock = await acquireLock({ stateFolder: order.stateFolder, run: "child", fs });
if (!("release" in lock)) throw new Error(`held by ${lock.heldBy.pid}`);
tell("acquired");
const worker = spawn("sleep", ["300"], { detached: true, stdio: "ignore" });
const pid = worker.pid ?? 0;
tell(`started ${pid}`);
await lock.recordWorker(pid);
tell(`recorded ${pid}`);
if (order.killAt === "recorded") process.kill(process.pid, "SIGKILL");
await lock.release();
tell(`released after ${calls()} calls`);
worker.unref();
