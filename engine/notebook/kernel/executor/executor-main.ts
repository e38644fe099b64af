/** The entry of a kernel's executor process: it executes cells one after the other, as they come, until the kernel ends. */
import { Socket } from "node:net";
import { join } from "node:path";
import { captureStreams } from "../../execute/capture-streams.js";
import { createLineReader } from "../../worker/line-reader.js";
import { createMessageWriter } from "../../worker/message-writer.js";
import { passWarningsOn } from "../../worker/warnings.js";
import { createCellContext } from "./cell-context.js";
import { CellRunner } from "./cell-runner.js";
import { listenForInterrupts } from "./listen-for-interrupts.js";
import { descriptors, type ExecutorCommand, type ExecutorMessage } from "./messages.js";

const exit = process.exit.bind(process);
const writer = createMessageWriter<ExecutorMessage>(descriptors.messages);
// Made before any code can keep the timers it replaces.
const context = createCellContext();
captureStreams((name, text) => writer.stream(context.current ?? 0, name, text));
passWarningsOn();
// An interrupt by signal goes to the whole process group; the kernel passes it on by the other way.
process.on("SIGINT", () => undefined);

const commands = new Socket({ fd: descriptors.commands, readable: true, writable: false });
const isInterrupted = listenForInterrupts(join(__dirname, "kernel-interrupter.cjs"), (run) => runner.interrupt(run));
const runner = new CellRunner({ isInterrupted, writer, context, ownFile: __filename, keepAlive: (isNeeded) => (isNeeded ? commands.ref() : commands.unref()) });
const read = createLineReader((line) => {
  const command: ExecutorCommand = JSON.parse(line);
  // In a turn of its own: code that is ended by force takes all with it that called it.
  setImmediate(() => runner.obey(command));
});
commands.on("data", read).on("end", () => exit(0));
