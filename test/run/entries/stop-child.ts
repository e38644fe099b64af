import { setTimeout as sleep } from "node:timers/promises";
import { stopOnSignals } from "../../../scripts/stop-on-signals.js";
import { tell } from "../kill-at-call.js";

/** Works on for a minute whatever it is told, or ends in order. */
const order: { readonly isDeaf: boolean } = JSON.parse(process.argv[2] ?? "");
const stop = stopOnSignals();
stop.sayLast(() => tell("last word"));
tell("ready");
const work = sleep(60_000, undefined, order.isDeaf ? {} : { signal: stop.signal }).catch(() => undefined);
await work;
tell("in order");
process.exitCode = stop.exitCode();
