import { publish } from "../../../engine/run/publish/publish.js";
import { recoverPublications } from "../../../engine/run/publish/recover-publications.js";
import { killAtCall, tell } from "../kill-at-call.js";
import { drawUp } from "../publication-rig.js";

/** Publishes, or recovers, and is killed at one of its calls of the file system. */
type Order = { readonly action: "publish" | "recover"; readonly root: string; readonly killAt: number; readonly isTorn: boolean };

const order: Order = JSON.parse(process.argv[2] ?? "");
const { fs, calls } = killAtCall(order.killAt, order.isTorn);
const options = await drawUp(order.root, "new", fs);
if (order.action === "publish") await publish(options);
else await recoverPublications(options);
tell(`finished after ${calls()} calls`);
