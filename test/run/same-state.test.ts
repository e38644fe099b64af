import { readFileSync, renameSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRunRig, removeBuiltWorker, type RunRig } from "./run-rig.js";

const day = 86_400_000;
let rig: RunRig;
const inputs = { "stages/helper.ts": "export const version = 1;\n", "raw/in.txt": "in 1\n" };

beforeAll(async () => {
  rig = await createRunRig({
    ...inputs,
    "stitchbook.yaml": "name: rig\nparams: { size: 1 }\n",
    "notebooks/a.ipynb": [
      "---\nstage: a\ninputs: [raw/in.txt]\noutputs: [data/a.csv]\n---",
      { source: "const size: number = 0;", tags: ["parameters"] },
      'import { writeFileSync } from "node:fs";\nimport { version } from "../stages/helper";\nwriteFileSync("data/a.csv", `k\\n${version}${size}1\\n`);',
    ],
    "templates/part.md": "part 1\n",
    "templates/page.md": '---\nreport: page\noutputs: { markdown: out/page.md, html: out/page.html, images: out/images }\n---\n{% render "part" %} text 1 {{ stages.a.outputs["data/a.csv"].rows }}\n',
    "templates/page.html": "<!doctype html><html><head><title>{{ title }}</title></head><body>frame 1{{ body }}</body></html>\n",
  });
});
afterAll(async () => {
  await rig.remove();
  await removeBuiltWorker();
});

/** One digit goes up: the file keeps its size. */
const edited = (text: string) => text.replace(/1(?=[^1]*$)/, "2");

/** Ways to write a file so that its size and its time of change stay as they were. */
const ways: Readonly<Record<string, (path: string, text: string) => void>> = {
  "in place": (path, text) => {
    const { atime, mtime } = statSync(path);
    writeFileSync(path, text);
    utimesSync(path, atime, mtime);
  },
  "by another file in its place": (path, text) => {
    const { atime, mtime } = statSync(path);
    writeFileSync(`${path}.new`, text);
    utimesSync(`${path}.new`, atime, mtime);
    renameSync(`${path}.new`, path);
  },
  "with an older time": (path, text) => {
    writeFileSync(path, text);
    utimesSync(path, new Date(0), new Date(0));
  },
};

const files: readonly (readonly [path: string, task: string])[] = [
  ["raw/in.txt", "a"],
  ["stages/helper.ts", "a"],
  ["notebooks/a.ipynb", "a"],
  ["stitchbook.yaml", "a"],
  ["data/a.csv", "a"],
  ["templates/page.md", "page"],
  ["templates/part.md", "page"],
  ["templates/page.html", "page"],
  ["out/page.md", "page"],
];

// A clock that is ahead makes every state old enough to be trusted; one that is behind is one that was set back.
describe.each([["with states that are trusted", day], ["with states that are too young", 0], ["with a clock that was set back", -day]])("%s", (_, offset) => {
  const now = () => Date.now() + offset;

  beforeAll(async () => {
    for (let round = 0; round < 2; round += 1) expect((await rig.run({ now })).status).toBe("ok");
    expect(await rig.plan({ now: now() })).toEqual({ a: [], page: [] });
  }, 60_000);

  it.each(files.flatMap(([path, task]) => Object.keys(ways).map((way) => [path, way, task] as const)))("an edit of %s %s is seen, and so is its being taken back", async (path, way, task) => {
    const absolute = join(rig.root, path);
    const before = readFileSync(absolute, "utf8");
    const after = edited(before);
    expect(after).not.toBe(before);
    expect(Buffer.byteLength(after)).toBe(Buffer.byteLength(before));
    ways[way]?.(absolute, after);
    for (const time of [now(), now() + day, now() - day]) expect((await rig.plan({ now: time }))[task], path).not.toEqual([]);
    ways[way]?.(absolute, before);
    expect((await rig.plan({ now: now() }))[task]).toEqual([]);
  });
});

describe("the clock", () => {
  it("set forward and back between a run and an edit hides nothing", async () => {
    const path = join(rig.root, "raw/in.txt");
    for (const [index, offset] of [day, -day, 30 * day, 0].entries()) {
      writeFileSync(path, `in a${index}\n`);
      expect((await rig.run({ now: () => Date.now() + offset })).executed).toContain("a");
      ways["in place"]?.(path, `in b${index}\n`);
      expect((await rig.plan())["a"]).toEqual(["input raw/in.txt"]);
    }
  }, 60_000);
});
