/** The entry of the thread that compiles while a project is watched. Bundled by scripts/build.js. */
import { parentPort } from "node:worker_threads";
import { compileNotebooks } from "../notebook/compile/compile-notebooks.js";
import { PackageFiles } from "../notebook/compile/package-files.js";
import type { CompileOrder, CompileReply } from "./warm-compiler.js";

const packageFiles = new PackageFiles();
const running = new Map<number, AbortController>();
// One at a time: they share what is kept.
let last: Promise<unknown> = import("../notebook/compile/load-tslab.js").then(({ loadTslab }) => loadTslab());

parentPort?.on("message", (order: CompileOrder) => {
  if ("abort" in order) return running.get(order.abort)?.abort();
  const controller = new AbortController();
  running.set(order.id, controller);
  last = last.then(() => compile(order.id, order.options, controller.signal));
});

async function compile(id: number, options: Extract<CompileOrder, { id: number }>["options"], signal: AbortSignal): Promise<void> {
  const reply = await compileNotebooks({ ...options, helperCount: 0, packageFiles, signal }).then(
    (compilation): CompileReply => ({ id, compilation }),
    (error: unknown): CompileReply => ({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
  running.delete(id);
  parentPort?.postMessage(reply);
}
