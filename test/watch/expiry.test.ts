import { expect, test } from "vitest";
import { startWatching, stopWatching } from "./watch-rig.js";

test("a result that grows too old is made anew though nothing changes, and what has no age stays", async () => {
  const stage = (name: string, matter: string) => [
    `---\nstage: ${name}\noutputs: [data/${name}.txt]\n${matter}---`,
    `import { writeFileSync } from "node:fs";\nwriteFileSync("data/${name}.txt", String(Math.floor(Date.now() / 10 ** 12)));`,
  ];
  const watching = await startWatching({ "stitchbook.yaml": "name: aging\n", "notebooks/aging.ipynb": stage("aging", "max_age: 2s\n"), "notebooks/lasting.ipynb": stage("lasting", "") });
  try {
    const runsOf = (task: string) => watching.events.filter(({ event, task: of, action }) => event === "task.done" && of === task && action === "run").length;
    await watching.until("the second time", () => runsOf("aging") === 2);
    await watching.until("the third time", () => runsOf("aging") === 3);
    expect(runsOf("lasting")).toBe(1);
    expect(watching.events.filter(({ event }) => event === "watch.round").map(({ changes }) => changes)).toEqual([[], [], []]);
  } finally {
    await stopWatching(watching);
  }
});
