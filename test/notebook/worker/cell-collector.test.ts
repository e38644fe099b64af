import { describe, expect, it } from "vitest";
import { CellCollector } from "../../../engine/notebook/worker/cell-collector.js";
import { createLineReader } from "../../../engine/notebook/worker/line-reader.js";

const text = (value: string, name: "stdout" | "stderr" = "stdout") => ({ output_type: "stream", name, text: value }) as const;

describe("the cell collector", () => {
  it("gives what came before the first cell to that cell, and joins text of one stream", () => {
    const seen: [number, unknown][] = [];
    const collector = new CellCollector((position, output) => seen.push([position, output]));
    collector.add(text("early "));
    expect(seen).toEqual([]);
    collector.start(3, 1);
    collector.add(text("late"));
    collector.add(text("bad", "stderr"), 3);
    collector.end(3, "ok", 12);
    expect(collector.cells()).toEqual([{ position: 3, executionCount: 1, outputs: [text("early late"), text("bad", "stderr")], durationMs: 12, status: "ok" }]);
    expect(seen).toEqual([[3, text("early ")], [3, text("late")], [3, text("bad", "stderr")]]);
  });

  it("counts a cell that never ended, or failed afterwards, as failed", () => {
    const collector = new CellCollector(() => undefined);
    collector.start(1, 1);
    collector.end(1, "ok", 1);
    collector.start(2, 2);
    expect(collector.cells().map((cell) => cell.status)).toEqual(["ok", "error"]);
    collector.fail(1);
    expect(collector.cells().map((cell) => cell.status)).toEqual(["error", "error"]);
  });

  it("says when there is more text than an engine can hold", () => {
    const collector = new CellCollector(() => undefined);
    collector.start(1, 1);
    collector.add(text("x".repeat(256 * 1024 * 1024)));
    expect(collector.isOverfull).toBe(false);
    collector.add(text("x"));
    expect(collector.isOverfull).toBe(true);
  });
});

describe("the line reader", () => {
  it("puts lines together that come in pieces, through the middle of a character too", () => {
    const lines: string[] = [];
    const read = createLineReader((line) => lines.push(line));
    const bytes = Buffer.from("one\n\ntwo €\nthree");
    for (const byte of bytes) read(Buffer.from([byte]));
    expect(lines).toEqual(["one", "", "two €"]);
    read(Buffer.from(" and\nfour\n"));
    expect(lines.slice(3)).toEqual(["three and", "four"]);
  });
});
