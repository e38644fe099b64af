/// <reference lib="dom" />
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderNotebookPage } from "../../engine/report/notebook-page.js";
import { renderReport } from "../../engine/report/render-report.js";
import { isBrowserSkipped, launchBrowser } from "./browser.js";
import { chartOutput, sampleReport, timeSeries } from "./sample-report.js";

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const folder = mkdtempSync(path.join(tmpdir(), "page-"));
const url = (file: string) => pathToFileURL(path.join(folder, file)).href;

describe.skipIf(isBrowserSkipped)("a report's page in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
    const { context, remove } = sampleReport();
    const { files } = await renderReport(context);
    remove();
    for (const [file, content] of files) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), content);
    }
    const cells = [
      { cell_type: "markdown", source: "# Reporting\n\nWhy this is done.\n\n## Figures" },
      { cell_type: "code", execution_count: 1, source: "//| label: forecast\n//| caption: Forecast\nconst chart: object = makeChart(rows, { width: 620 }); // a comment\nshow(`x`, 1)", outputs: [{ ...chartOutput(timeSeries) }, { output_type: "error", ename: "Error", evalue: "no", traceback: ["Error: no"] }] },
      { cell_type: "markdown", source: "## More" },
    ];
    writeFileSync(path.join(folder, "notebook.html"), await renderNotebookPage({ notebook: JSON.parse(JSON.stringify({ cells })) as { cells: [] }, title: "Reporting", file: "notebooks/05-reporting.ipynb" }));
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(file: string, options: BrowserContextOptions = {}): Promise<{ page: Page; said: string[]; asked: string[] }> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    const said: string[] = [];
    const asked: string[] = [];
    page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => said.push(`error: ${error.message}`));
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(url(file));
    return { page, said, asked };
  }
  /** Scrolls through the page, so that every chart comes to life. */
  async function enliven(page: Page): Promise<void> {
    const charts = page.locator(".plot[data-chart]");
    for (let index = 0; index < (await charts.count()); index += 1) {
      await charts.nth(index).scrollIntoViewIfNeeded();
      await page.waitForFunction((at) => document.querySelectorAll<HTMLElement>(".plot[data-chart]")[at]?.dataset.live === "true", index);
    }
  }

  it("brings its charts to life under its own policy, and asks for nothing", async () => {
    const { page, said, asked } = await open("reports/summary.html");
    await enliven(page);
    expect(await page.locator(".plot[data-live]").count()).toBe(4);
    expect(said).toEqual([]);
    expect(asked).toEqual([url("reports/summary.html")]);
    await page.context().close();
  });

  it("lets no script of the text run", async () => {
    const file = path.join(folder, "evil.html");
    writeFileSync(file, readFileSync(path.join(folder, "reports/summary.html"), "utf8").replace("</main>", '<script>window.evil = 1</script><img src="data:," onerror="window.evil = 2"><p id="styled" style="color: rgb(1, 2, 3)">x</p></main>'));
    const { page, said } = await open("evil.html");
    await page.waitForLoadState("load");
    expect(await page.evaluate(() => Reflect.get(window, "evil"))).toBeUndefined();
    expect(await page.locator("#styled").evaluate((element) => getComputedStyle(element).color)).not.toBe("rgb(1, 2, 3)");
    expect(said.filter((line) => line.includes("Content Security Policy")).length).toBeGreaterThanOrEqual(3);
    await page.context().close();
  });

  it("tells exact values where the pointer is, and hides them again", async () => {
    const { page } = await open("reports/summary.html");
    await enliven(page);
    const chart = page.locator("#figure-lines .plot");
    await chart.scrollIntoViewIfNeeded();
    const box = await chart.locator("svg").boundingBox();
    if (box === null) throw new Error("the chart has no box");
    const line = await chart.locator(".mark-line path").first().boundingBox();
    if (line === null) throw new Error("the line has no box");
    await page.mouse.move(line.x + 1, line.y + line.height / 2);
    await page.mouse.move(line.x + 1, line.y + line.height / 2 + 6);
    const tip = page.locator(".tip:visible");
    await expect.poll(() => tip.count()).toBe(1);
    expect(await tip.locator("dt").allTextContents()).toEqual(["date", "Maximum temperature (°C)", "place"]);
    expect((await tip.locator("dd").allTextContents())[0]).toMatch(/^Nov 0\d, 2015$/);
    const dot = await page.locator("#figure-lines .tip-dot").boundingBox();
    expect(Math.abs((dot?.x ?? 0) + (dot?.width ?? 0) / 2 - line.x)).toBeLessThan(2.5);
    const tipBox = await tip.boundingBox();
    expect(tipBox !== null && tipBox.x >= 0 && tipBox.x + tipBox.width <= 1280).toBe(true);
    await page.keyboard.press("Escape");
    expect(await page.locator(".tip:visible").count()).toBe(0);
    await page.context().close();
  });

  it("shows the same days to readers in other time zones", async () => {
    for (const timezoneId of ["America/Los_Angeles", "Asia/Tokyo"]) {
      const { page } = await open("reports/summary.html", { timezoneId });
      await enliven(page);
      expect(await page.locator("#figure-lines .role-axis-label text").first().textContent()).toBe("Tue 03");
      await page.context().close();
    }
  });

  it("saves a chart as SVG and its data as CSV", async () => {
    const { page, said } = await open("reports/summary.html", { acceptDownloads: true });
    await enliven(page);
    const save = async (name: string) => {
      const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#figure-errors").getByRole("button", { name }).click()]);
      return { name: download.suggestedFilename(), text: readFileSync(await download.path(), "utf8") };
    };
    const csv = await save("CSV");
    expect(csv.name).toBe("errors.csv");
    expect(csv.text.split("\n").slice(0, 2)).toEqual(["month,place,error", "Jan,New York,2.7"]);
    expect(csv.text.trim().split("\n")).toHaveLength(25);
    const svg = await save("SVG");
    expect(svg.name).toBe("errors.svg");
    expect(svg.text).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg.text).toContain("prefers-color-scheme");
    expect(said).toEqual([]);
    await page.context().close();
  });

  it("fits a phone: only boxes of their own scroll sideways, charts get narrow", async () => {
    const { page } = await open("reports/summary.html", { viewport: { width: 360, height: 740 }, hasTouch: true });
    await enliven(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    for (const width of await page.locator(".plot[data-live] svg").evaluateAll((all) => all.map((svg) => svg.getBoundingClientRect().width))) expect(width).toBeLessThanOrEqual(322);
    await page.locator("nav.top summary").click();
    expect(await page.locator("nav.top a:visible").count()).toBe(5 - 1);
    await page.context().close();
  });

  it("is whole without scripts", async () => {
    const { page } = await open("reports/summary.html", { javaScriptEnabled: false, viewport: { width: 360, height: 740 } });
    expect(await page.locator(".plot svg").count()).toBe(4);
    expect(await page.locator("button:visible").count()).toBe(0);
    expect(await page.getByRole("img", { name: "Line chart of two places" }).count()).toBe(1);
    await page.context().close();
  });

  it.each(["light", "dark"] as const)("meets WCAG AA in the %s scheme", async (colorScheme) => {
    for (const file of ["reports/summary.html", "notebook.html"]) {
      const { page } = await open(file, { colorScheme, bypassCSP: true });
      if (file !== "notebook.html") await enliven(page);
      await page.evaluate(() => document.querySelectorAll("details").forEach((each) => { each.open = true; }));
      await page.addScriptTag({ path: axePath });
      const found = await page.evaluate(async () => {
        const axe = Reflect.get(window, "axe") as { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
        const { violations } = await axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] });
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
      });
      expect(found, file).toEqual([]);
      await page.context().close();
    }
  });

  it("gives charts the colours of the scheme, and follows when it changes", async () => {
    const { page } = await open("reports/summary.html", { colorScheme: "light" });
    await enliven(page);
    const stroke = () => page.locator("#figure-lines .mark-line path").first().evaluate((path) => getComputedStyle(path).stroke);
    expect(await stroke()).toBe("rgb(29, 95, 158)");
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await stroke()).toBe("rgb(75, 149, 224)");
    await page.emulateMedia({ colorScheme: "dark", media: "print" });
    expect(await stroke()).toBe("rgb(29, 95, 158)");
    await page.context().close();
  });

  it("prints without controls, and splits no figure", async () => {
    const { page } = await open("reports/summary.html");
    await enliven(page);
    await page.emulateMedia({ media: "print" });
    expect(await page.locator("button:visible, nav:visible, .skip:visible").count()).toBe(0);
    for (const value of await page.locator("figure, .key-figures").evaluateAll((all) => all.map((each) => getComputedStyle(each).breakInside))) expect(value).toBe("avoid");
    // A name that a wider font makes longer than its room is not cut off.
    for (const value of await page.locator(".plot svg").evaluateAll((all) => all.map((each) => getComputedStyle(each).overflow))) expect(value).toBe("visible");
    expect((await page.pdf({ format: "A4" })).length).toBeGreaterThan(20_000);
    await page.context().close();
  });

  it("is reached by keyboard: the way past the contents first, and every link and box visibly", async () => {
    const { page } = await open("reports/summary.html");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the text");
    expect(await page.locator(".skip").evaluate((link) => link.getBoundingClientRect().left)).toBe(0);
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle)).toBe("solid");
    await page.context().close();
  });
});

describe("tests in a browser", () => {
  it("say clearly that there is none", async () => {
    const before = process.env.CHROMIUM_PATH;
    process.env.CHROMIUM_PATH = "/nowhere/chromium";
    try {
      await expect(launchBrowser()).rejects.toThrow(/^no browser: none at \/nowhere\/chromium\..*STITCHBOOK_SKIP_BROWSER=1/);
    } finally {
      if (before === undefined) delete process.env.CHROMIUM_PATH;
      else process.env.CHROMIUM_PATH = before;
    }
  });
});
