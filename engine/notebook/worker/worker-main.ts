/**
 * The entry of a worker process. Standard input gives two lines: the request, for which everything is made ready that
 * needs no input file, and, perhaps much later, the word to go. It executes the request's cells, and ends.
 */
import { captureStreams } from "../execute/capture-streams.js";
import type { ExecutionRequest } from "../types.js";
import { CellLog } from "./cell-log.js";
import { prepareRequest } from "./execute-request.js";
import { createMessageWriter } from "./message-writer.js";
import { messageDescriptor } from "./messages.js";
import { createLineSource } from "./read-lines.js";
import { passWarningsOn } from "./warnings.js";
import { watchParent } from "./watch-parent.js";

const log = new CellLog(createMessageWriter(messageDescriptor));
captureStreams((name, text) => log.stream(name, text));
passWarningsOn();
watchParent();

const readLine = createLineSource();
// A worker may be started before it is known what for: it waits here.
const text = readLine();
if (text !== null) {
  const request: ExecutionRequest = JSON.parse(text);
  void prepareRequest(request, { log, ownFile: __filename }).then((execute) => (readLine() === null ? process.kill(process.pid, "SIGKILL") : execute()));
}
