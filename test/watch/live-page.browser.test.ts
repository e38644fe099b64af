import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Frame, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isBrowserSkipped, launchBrowser } from "../report/browser.js";
import { editFile, repository, runStitchbook, waitUntil } from "../scripts/rig.js";
import { startWatching, stopWatching, tinyProject, type Watching } from "./watch-rig.js";

describe.skipIf(isBrowserSkipped)("the live page", () => {
  let watching: Watching;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    [watching, browser] = await Promise.all([startWatching(tinyProject), launchBrowser()]);
    page = await browser.newPage({ viewport: { width: 1200, height: 700 } });
    page.setDefaultTimeout(15_000);
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(watching.url);
  });

  afterAll(async () => {
    await browser?.close();
    if (watching !== undefined) await stopWatching(watching);
  });

  const report = async (): Promise<Frame> => {
    const handle = await page.waitForSelector("#report iframe:not(.coming)");
    const frame = await handle.contentFrame();
    if (frame === null) throw new Error("no frame");
    return frame;
  };
  /** What the report says, also while one frame takes the place of another. */
  const reportText = async (): Promise<string> => {
    try {
      return (await (await report()).textContent("main")) ?? "";
    } catch {
      return "";
    }
  };
  const saysSoon = (text: string) => waitUntil(async () => (await reportText()).includes(text), { what: `"${text}" in the report`, timeoutMs: 20_000 });
  const stateOf = async (task: string) => (await page.textContent(`[id="task-${task}"] .state`)) ?? "";
  const edit = (path: string, change: (text: string) => string) => editFile(watching.root, path, change);

  test("takes the token out of the address, and shows the report that the first round built", async () => {
    await saysSoon("The total is 3.");
    expect(page.url()).not.toContain("token");
    const cookies = await page.context().cookies();
    expect(cookies).toMatchObject([{ httpOnly: true, sameSite: "Strict" }]);
    await page.waitForSelector("#state.done");
    expect(await stateOf("sum")).toContain("ran");
    expect(await page.getAttribute("body", "data-old")).toBe("false");
  });

  test("follows an edit of the template, and stays where the reader was", async () => {
    await (await report()).evaluate(() => document.getElementById("part-30")?.scrollIntoView());
    const top = async () => (await report()).evaluate(() => document.getElementById("part-30")?.getBoundingClientRect().top ?? 0);
    const before = await top();
    await edit("templates/summary.md", (text) => text.replace("The total", "One more line.\n\nAnd another.\n\nThe whole total"));
    await saysSoon("The whole total is 3.");
    expect(Math.abs((await top()) - before)).toBeLessThan(3);
  });

  test("patches what differs into the report that is shown, and loads it anew where its frame is another", async () => {
    await waitUntil(async () => (await page.locator("#state.done").count()) === 1, { what: "rest" });
    await (await report()).evaluate(() => Object.assign(globalThis, { isTheSame: true }));
    const isTheSame = async () => (await page.waitForFunction(() => document.querySelector<HTMLIFrameElement>("#report iframe:not(.coming)")?.contentWindow)).evaluate((view) => Reflect.get(view ?? {}, "isTheSame") === true);
    await edit("templates/summary.md", (text) => text.replace("And another.", "And a third.\n\n- with\n- a list"));
    await saysSoon("And a third.");
    expect(await (await report()).locator("main li", { hasText: "a list" }).count()).toBe(1);
    expect(await isTheSame()).toBe(true);
    const frame = readFileSync(join(repository, "templates/page.html"), "utf8");
    writeFileSync(join(watching.root, "templates/page.html"), frame.replace("</head>", "<style>h1 { color: red; }</style></head>"));
    await waitUntil(async () => !(await isTheSame()), { what: "a page of its own" });
    expect(await (await report()).evaluate(() => getComputedStyle(document.querySelector("h1") ?? document.body).color)).toBe("rgb(255, 0, 0)");
    rmSync(join(watching.root, "templates/page.html"));
    await page.waitForSelector('body[data-old="false"] #state.done');
  });

  test("follows an edit of the data", async () => {
    writeFileSync(join(watching.root, "data/numbers.csv"), "value\n1\n2\n4\n");
    await saysSoon("total is 7.");
  });

  test("follows an edit of a stage's module", async () => {
    await edit("stages/total.ts", (text) => text.replace("sum + Number(line)", "sum + 10 * Number(line)"));
    await saysSoon("total is 70.");
  });

  test("shows what is wrong with a broken notebook, with its place, beside the last good report, and mends", async () => {
    const file = join(watching.root, "notebooks/sum.ipynb");
    const sound = readFileSync(file, "utf8");
    writeFileSync(file, sound.replace("total(readFileSync", "totale(readFileSync"));
    await page.waitForSelector('body[data-old="true"] #notice.failed');
    const notice = (await page.textContent("#notice")) ?? "";
    expect(notice).toContain("notebooks/sum.ipynb, cell 2, line 3");
    expect(notice).toContain("Not current");
    expect(await reportText()).toContain("total is 70.");
    expect(await page.title()).toContain("✗");
    writeFileSync(file, sound.slice(0, sound.length / 2));
    await waitUntil(async () => ((await page.textContent("#notice")) ?? "").includes("JSON"), { what: "the cut notebook's error" });
    writeFileSync(file, sound);
    await page.waitForSelector('body[data-old="false"] #state.done');
    expect(await page.textContent("#notice")).toBe("");
  });

  test("shows a cell that throws, and its executed notebook with the error in it", async () => {
    const data = join(watching.root, "stages/total.ts");
    const sound = readFileSync(data, "utf8");
    writeFileSync(data, sound.replace("return text", 'if (text.length > 3) throw new Error("too many numbers");\n  return text'));
    await page.waitForSelector('[id="task-sum"].failed');
    expect(await page.textContent("#notice")).toContain("too many numbers");
    const [opened] = await Promise.all([page.context().waitForEvent("page"), page.click('[id="task-sum"] .links a')]);
    await opened.waitForSelector("pre.error");
    expect(await opened.textContent("main")).toContain("too many numbers");
    expect(await opened.locator("details").count()).toBeGreaterThan(0);
    await opened.close();
    writeFileSync(data, sound);
    await page.waitForSelector('body[data-old="false"] #state.done');
  });

  test("mends where a type lies that only types need", async () => {
    await edit("stages/total.ts", (text) => `import type { Sum } from "./sum";\n${text.replace("): number", "): Sum").replace("10 *", "20 *")}`);
    await page.waitForSelector("#notice.failed");
    writeFileSync(join(watching.root, "stages/sum.ts"), "export type Sum = string;\n");
    await waitUntil(async () => ((await page.textContent("#notice")) ?? "").includes("not assignable"), { what: "the wrong type" });
    writeFileSync(join(watching.root, "stages/sum.ts"), "export type Sum = number;\n");
    await page.waitForSelector('body[data-old="false"] #state.done');
  });

  test("survives a broken configuration", async () => {
    const file = join(watching.root, "stitchbook.yaml");
    writeFileSync(file, "name: [");
    await page.waitForSelector("#notice.failed");
    expect(await page.textContent("#notice")).toContain("stitchbook.yaml");
    writeFileSync(file, "name: tiny\n");
    await page.waitForSelector('body[data-old="false"] #state.done');
  });

  test("finds a new notebook, and one that is renamed away", async () => {
    const text = readFileSync(join(watching.root, "notebooks/sum.ipynb"), "utf8");
    writeFileSync(join(watching.root, "notebooks/other.ipynb"), text.replaceAll("stage: sum", "stage: other").replaceAll("model/sum.json", "model/other.json"));
    await waitUntil(async () => (await page.locator('[id="task-other"]:is(.done,.fresh)').count()) === 1, { what: "the new stage" });
    renameSync(join(watching.root, "notebooks/other.ipynb"), join(watching.root, "other.ipynb"));
    await waitUntil(async () => (await page.locator('[id="task-other"]').count()) === 0, { what: "the stage that left" });
  });

  test("lets another run in between, and waits while it holds the project", async () => {
    await waitUntil(async () => (await page.locator("#state.done").count()) === 1, { what: "rest" });
    const { code, stdout } = await runStitchbook(["run"], { cwd: watching.root });
    expect(code).toBe(0);
    expect(stdout).toContain("up to date");
  });

  test("builds the final state of 12 saves of every kind, each with a round too many at most", async () => {
    const file = join(watching.root, "data/numbers.csv");
    const settled = () => watching.events.filter(({ event }) => ["run.done", "watch.broken"].includes(event)).length;
    for (let index = 0; index < 12; index += 1) {
      const before = settled();
      const text = `value\n${index}\n100\n`;
      switch (index % 4) {
        case 0:
          writeFileSync(file, text.slice(0, 8));
          await new Promise((resolve) => setTimeout(resolve, 40));
          writeFileSync(file, text);
          break;
        case 1:
          writeFileSync(`${file}.tmp`, text);
          renameSync(`${file}.tmp`, file);
          break;
        case 2:
          renameSync(file, `${file}~`);
          writeFileSync(file, text);
          break;
        default:
          for (let part = 0; part <= 5; part += 1) writeFileSync(file, part === 5 ? text : `value\n${part}\n`);
      }
      await saysSoon(`total is ${(index + 100) * 20}.`);
      await page.waitForSelector('body[data-old="false"] #state.done');
      expect(settled() - before, `save ${index}`).toBeLessThanOrEqual(2);
    }
  });

  test("has no fault that axe can find, in both schemes and at phone width", async () => {
    const axe = readFileSync(join(repository, "node_modules/axe-core/axe.min.js"), "utf8");
    for (const colorScheme of ["light", "dark"] as const) {
      const context = await browser.newContext({ colorScheme, viewport: { width: 390, height: 800 }, bypassCSP: true });
      const phone = await context.newPage();
      await phone.goto(watching.url);
      await phone.waitForSelector("#report iframe:not(.coming)");
      await phone.addScriptTag({ content: axe });
      for (const view of ["report", "pipeline"]) {
        await phone.click(`[data-show=${view}]`);
        const found = await phone.evaluate(() => (globalThis as unknown as { axe: { run(context: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe.run({ exclude: ["iframe"] }));
        expect(found.violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
        expect(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      }
      await context.close();
    }
  });

  test("can be used by keys alone", async () => {
    await page.focus(".graph a");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => location.hash)).toBe("#task-sum");
    // A part that is replaced keeps the focus.
    await page.focus('[id="task-sum"] .links a');
    writeFileSync(join(watching.root, "data/numbers.csv"), "value\n5\n");
    await saysSoon("total is 100.");
    await page.waitForSelector('body[data-old="false"] #state.done');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain("Executed notebook");
  });

  test("wrote no log and no history, complained of nothing, and ends at once with nothing left running", async () => {
    expect(complaints).toEqual([]);
    // The one of `run`, which came in between.
    expect(readdirSync(join(watching.root, "logs"))).toHaveLength(1);
    const { code } = await stopWatching(watching);
    expect(code).toBe(130);
    await page.waitForSelector("#state.failed");
    const left = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).split("\n").filter((line) => line.includes(watching.root));
    expect(left).toEqual([]);
    expect(existsSync(watching.root) ? readdirSync(watching.root) : []).toEqual([]);
  });
});

const charted = {
  "stitchbook.yaml": "name: charted\n",
  "data/numbers.csv": "value\n1\n2\n",
  "notebooks/show.ipynb": [
    "---\nstage: show\ntitle: The numbers\ninputs: [data/numbers.csv]\noutputs: [model/numbers.json]\n---",
    'import { readFileSync, writeFileSync } from "node:fs";\nconst values = readFileSync("data/numbers.csv", "utf8").trim().split("\\n").slice(1).map((line, row) => ({ row, value: Number(line) }));\nwriteFileSync("model/numbers.json", JSON.stringify(values));',
    '//| label: numbers\n//| alt: A bar for each number.\nimport { show } from "stitchbook/notebook";\nshow({ $schema: "https://vega.github.io/schema/vega-lite/v5.json", data: { values }, mark: { type: "bar", tooltip: true }, encoding: { x: { field: "row", type: "ordinal" }, y: { field: "value", type: "quantitative" } } });',
  ],
  "templates/summary.md": "---\nreport: summary\noutputs: { markdown: reports/summary.md, html: reports/summary.html, images: reports/images }\n---\nFirst text.\n\n{% embed \"numbers\" %}\n\nLast text.\n",
} as const;

describe.skipIf(isBrowserSkipped)("charts in the live page", () => {
  test("live on while the text is edited, and are drawn and brought to life anew where their data are others", async () => {
    const [watching, browser] = await Promise.all([startWatching(charted), launchBrowser()]);
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(15_000);
      await page.goto(watching.url);
      const frame = page.frameLocator("#report iframe:not(.coming)");
      const living = frame.locator(".plot[data-live]");
      await living.waitFor();
      await living.evaluate((plot) => Object.assign(plot, { isMarked: true }));
      await page.waitForSelector("#state.done");
      await editFile(watching.root, "templates/summary.md", (text) => text.replace("First text.", "Another text."));
      await frame.locator("main", { hasText: "Another text." }).waitFor();
      expect(await living.evaluate((plot) => Reflect.get(plot, "isMarked"))).toBe(true);
      await page.waitForSelector("#state.done");
      writeFileSync(join(watching.root, "data/numbers.csv"), "value\n1\n2\n4\n");
      await waitUntil(async () => (await living.count()) === 1 && (await living.locator(".mark-rect.role-mark path").count()) === 3, { what: "a third bar", timeoutMs: 15_000 });
      expect(await living.evaluate((plot) => Reflect.get(plot, "isMarked"))).toBeUndefined();
      expect(await frame.locator(".tip").count()).toBe(1);
      expect(await frame.locator(".tools").count()).toBe(1);
      await living.hover();
      await frame.locator(".tip:not([hidden])").waitFor();
    } finally {
      await browser.close();
      await stopWatching(watching);
    }
  });
});
