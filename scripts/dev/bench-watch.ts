import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { median, showMs } from "./bench-figures.js";

export type WatchBench = {
  /** Absolute paths: the flagship's sources, the bundled command, a folder for a tiny project. */
  readonly flagship: string;
  readonly stitchbook: string;
  readonly tiny: string;
  readonly runs: number;
  /** How many rounds memory is watched over. */
  readonly rounds: number;
};

const browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** From a save to the page that shows it, in a real browser; and the memory of many rounds. */
export async function measureWatch({ flagship, stitchbook, tiny, runs, rounds }: WatchBench): Promise<string> {
  const node = Array.from({ length: 5 }, () => timeOf(() => spawnSync(process.execPath, ["-e", "0"])));
  const template = join(flagship, "templates/summary.md");
  const data = join(flagship, "data/sources/seattle.csv");
  const [text, rows] = [readFileSync(template, "utf8"), readFileSync(data, "utf8")];
  const timed = await withPage(flagship, stitchbook, async (page) => ({
    template: await sample(runs, page, (index) => writeFileSync(template, `${text}\nEdit ${index}.\n`)),
    // The last day's maximum, which the report quotes.
    data: await sample(runs, page, (index) => writeFileSync(data, changeLastDay(rows, index))),
  }));
  const memory = await measureMemory(tiny, { stitchbook, rounds });
  const bare = median(node);
  const row = (what: string, times: readonly number[], aim: string) => `| ${what} | ${showMs(median(times))} | ${showMs(Math.max(...times))} | ${(median(times) / bare).toFixed(1)}× | ${aim} |`;
  return [
    "| from a save to the page | median | worst | of a bare node start | aim |",
    "|---|---:|---:|---:|---:|",
    row("an edit of the template", timed.template, "150 ms"),
    row("new data through all five stages", timed.data, "1.2 s"),
    "",
    `${runs} saves each; bare node ${showMs(bare)}. Memory of the command over ${rounds.toLocaleString("en")} rounds of a tiny project: ${memory.map(({ round, megabytes }) => `${megabytes} MB after ${round}`).join(", ")}.`,
  ].join("\n");
}

function timeOf(act: () => void): number {
  const startedAt = performance.now();
  act();
  return performance.now() - startedAt;
}

function changeLastDay(rows: string, index: number): string {
  const lines = rows.trimEnd().split("\n");
  const columns = (lines[0] ?? "").split(",");
  const cells = (lines.at(-1) ?? "").split(",");
  const at = columns.findIndex((name) => /max/.test(name));
  cells[at] = String(10 + index / 10);
  return `${[...lines.slice(0, -1), cells.join(",")].join("\n")}\n`;
}

async function withPage<T>(root: string, stitchbook: string, use: (page: Page) => Promise<T>): Promise<T> {
  const { chromium } = await import("playwright-core");
  const executablePath = process.env["CHROMIUM_PATH"] ?? browsers.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error("This bench needs Chromium: install it, or set CHROMIUM_PATH.");
  const watching = await startWatch(root, stitchbook);
  let browser: Browser | null = null;
  try {
    await watching.rounds(1);
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--no-first-run"] });
    const page = await browser.newPage();
    await page.goto(watching.url);
    await page.waitForSelector("#report[data-shown]");
    // Tells when a newer report stands in its place.
    await page.evaluate(() => {
      const report = document.getElementById("report");
      if (report === null) throw new Error("There is no report.");
      new MutationObserver(() => (document.body.dataset["shownAt"] = String(Date.now()))).observe(report, { attributeFilter: ["data-shown"] });
    });
    return await use(page);
  } finally {
    await browser?.close();
    await watching.stop();
  }
}

async function sample(runs: number, page: Page, save: (index: number) => void): Promise<number[]> {
  const times: number[] = [];
  // The first one warms up.
  for (let index = 0; index <= runs; index += 1) {
    await page.waitForSelector("#state.done");
    // People read before they write again; meanwhile workers are prepared.
    await delay(2000);
    const before = await page.getAttribute("body", "data-shown-at");
    const savedAt = Date.now();
    save(index + 1);
    await page.waitForFunction((earlier) => document.body.dataset["shownAt"] !== undefined && document.body.dataset["shownAt"] !== earlier, before ?? undefined, { polling: 20 });
    const ms = Number(await page.getAttribute("body", "data-shown-at")) - savedAt;
    console.log(`${index}/${runs}  ${ms} ms`);
    if (index > 0) times.push(ms);
  }
  return times;
}

type Watch = { readonly url: string; readonly child: ChildProcess; readonly rounds: (count: number) => Promise<void>; readonly stop: () => Promise<void> };

async function startWatch(root: string, stitchbook: string): Promise<Watch> {
  const child = spawn(process.execPath, [stitchbook, "watch", "--no-open", "--port", "0", "--json", "--root", root], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  // Ctrl-C reaches it as well; an error here does not.
  process.once("exit", () => child.kill());
  let [text, url, done] = ["", "", 0];
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (text + chunk).split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) {
      const event = JSON.parse(line) as { readonly event: string; readonly url?: string; readonly status?: string };
      if (event.event === "watch.start") url = event.url ?? "";
      if (event.event === "run.done") done += 1;
      if (event.event === "watch.broken" || (event.event === "run.done" && event.status === "failed")) throw new Error(`A round failed: ${line}`);
    }
  });
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await delay(5);
  };
  await until(() => url !== "");
  return { url, child, rounds: (count) => until(() => done >= count), stop: async () => (child.kill("SIGINT"), ended) };
}

async function measureMemory(root: string, { stitchbook, rounds }: Pick<WatchBench, "stitchbook" | "rounds">): Promise<{ readonly round: number; readonly megabytes: number }[]> {
  mkdirSync(join(root, "templates"), { recursive: true });
  const template = join(root, "templates/page.md");
  const write = (index: number): void => writeFileSync(template, `---\nreport: page\noutputs: { markdown: reports/page.md, html: reports/page.html, images: reports/images }\n---\nText ${index}.\n`);
  write(0);
  const watching = await startWatch(root, stitchbook);
  const found: { round: number; megabytes: number }[] = [];
  try {
    await watching.rounds(1);
    for (let round = 1; round <= rounds; round += 1) {
      write(round);
      await watching.rounds(round + 1);
      if (round % Math.ceil(rounds / 5) === 0) found.push({ round, megabytes: residentMegabytes(watching.child.pid ?? 0) });
    }
    return found;
  } finally {
    await watching.stop();
  }
}

function residentMegabytes(pid: number): number {
  const { stdout } = spawnSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" });
  return Math.round(Number(stdout) / 1024);
}
