import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../plan/seeded-random.js";
import { startWatching, stopWatching, type Watching } from "./watch-rig.js";

const files = {
  "stitchbook.yaml": "name: saves\n",
  "notebooks/notes.ipynb": ["1 + 1"],
  "data/now.json": '{ "text": "nothing yet" }\n',
  "templates/summary.md": "---\nreport: summary\noutputs: { markdown: reports/summary.md, html: reports/summary.html, images: reports/images }\ninputs: { now: data/now.json }\n---\nIt says {{ now.text }}.\n",
};

/** How programs write files; the last part is the text that counts. */
const ways = {
  "in chunks": async (file: string, parts: readonly string[]) => {
    for (const part of parts) {
      writeFileSync(file, part.slice(0, part.length / 2));
      await delay(15);
      writeFileSync(file, part);
    }
  },
  "by a rename": async (file: string, parts: readonly string[]) => {
    for (const part of parts) {
      writeFileSync(`${file}.tmp`, part);
      renameSync(`${file}.tmp`, file);
      await delay(5);
    }
  },
  "with the earlier file kept beside": async (file: string, parts: readonly string[]) => {
    for (const part of parts) {
      renameSync(file, `${file}~`);
      writeFileSync(file, part);
      await delay(5);
    }
  },
  "in a burst": async (file: string, parts: readonly string[]) => {
    for (const part of [...parts, ...parts]) writeFileSync(file, part);
    await delay(0);
  },
} as const;

describe("files that are saved while the project is watched", () => {
  let watching: Watching;
  const random = createRandom(11);

  beforeAll(async () => {
    watching = await startWatching(files);
    await watching.until("the first round", (all) => all.some(({ event }) => event === "run.done"));
  });
  afterAll(() => stopWatching(watching));

  test.each(Object.entries(ways))("%s: 12 files are built as they were left, each save with a round too many at most", async (way, save) => {
    const file = join(watching.root, "data/now.json");
    for (let index = 1; index <= 12; index += 1) {
      const before = watching.events.length;
      const texts = Array.from({ length: 1 + random.int(3) }, (_, part) => `${way}, save ${index}, part ${part}`);
      await save(file, texts.map((text) => `${JSON.stringify({ text })}\n`));
      const ended = () => watching.events.slice(before).filter(({ event }) => event === "run.done" || event === "watch.broken").length;
      const shows = () => readFileSync(join(watching.root, "reports/summary.md"), "utf8").includes(`It says ${texts.at(-1) ?? ""}.`);
      await watching.until(`${way}, save ${index}`, (all) => all.at(-1)?.event === "run.done" && ended() > 0 && shows());
      expect(ended(), `${way}, save ${index}`).toBeLessThanOrEqual(2 * texts.length);
    }
  });
});
