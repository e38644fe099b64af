import type { Listener } from "./events.js";

/** Writes the events of a run as JSON lines, for programs: `--json`. */
export function createJsonLines(stream: NodeJS.WritableStream): Listener {
  return (event) => {
    stream.write(`${JSON.stringify(event)}\n`);
  };
}
