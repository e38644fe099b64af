import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineSplitter } from "../../engine/run/line-splitter.js";

describe("LineSplitter", () => {
  it("gives the same lines however the text is cut into pieces", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z ]{0,6}$/)), fc.array(fc.nat(40)), (lines, cuts) => {
        const text = lines.map((line) => `${line}\n`).join("");
        const found: string[] = [];
        const splitter = new LineSplitter((_stream, _cell, line) => found.push(line));
        const places = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
        places.slice(1).forEach((end, index) => splitter.add("stdout", 1, text.slice(places[index], end)));
        splitter.end();
        expect(found).toEqual(lines);
      }),
    );
  });

  it("keeps the streams apart and gives a last line without its end", () => {
    const found: string[] = [];
    const splitter = new LineSplitter((stream, cell, line) => found.push(`${stream} ${cell} ${line}`));
    splitter.add("stdout", 2, "a");
    splitter.add("stderr", 2, "x\ny");
    splitter.add("stdout", 3, "b\r\nc");
    splitter.end();
    expect(found).toEqual(["stderr 2 x", "stdout 3 ab", "stdout 3 c", "stderr 2 y"]);
  });
});
