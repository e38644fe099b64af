
/** Writes the events of a run as JSON lines, for programs: `--json`. */
export function createJsonLines(stream: NodeJS.WritableStream): (event: { readonly event: string }) => void {
  return (event) => {
    stream.write(`${JSON.stringify(event)}\n`);
  };
}
