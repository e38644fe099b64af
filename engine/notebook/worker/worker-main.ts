/** The entry of a worker process: reads one request from standard input, executes its cells, and ends. */
import { captureStreams } from "../execute/capture-streams.js";
import type { ExecutionRequest } from "../types.js";
import { CellLog } from "./cell-log.js";
import { executeRequest } from "./execute-request.js";
import { createMessageWriter } from "./message-writer.js";
import { messageDescriptor } from "./messages.js";
import { readStandardInput } from "./read-standard-input.js";
import { passWarningsOn } from "./warnings.js";
import { watchParent } from "./watch-parent.js";

const log = new CellLog(createMessageWriter(messageDescriptor));
captureStreams((name, text) => log.stream(name, text));
passWarningsOn();
watchParent();

// A worker may be started before it is known what for: it waits here.
const text = readStandardInput();
if (text !== "") {
  const request: ExecutionRequest = JSON.parse(text);
  void executeRequest(request, { log, ownFile: __filename });
}
