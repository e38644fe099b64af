type Stream = "stdout" | "stderr";

/** Cuts what a stage writes into whole lines, a stream at a time, so that no two of them ever mix within a line. */
export class LineSplitter {
  private readonly open = new Map<Stream, { cell: number; text: string }>();

  constructor(private readonly onLine: (stream: Stream, cell: number, line: string) => void) {}

  add(stream: Stream, cell: number, text: string): void {
    const before = this.open.get(stream);
    const lines = `${before?.text ?? ""}${text}`.split("\n");
    const rest = lines.pop() ?? "";
    for (const line of lines) this.onLine(stream, cell, line.replace(/\r$/, ""));
    this.open.set(stream, { cell, text: rest });
  }

  /** What was written without a line end counts as a line. */
  end(): void {
    for (const [stream, { cell, text }] of this.open) if (text !== "") this.onLine(stream, cell, text);
    this.open.clear();
  }
}
