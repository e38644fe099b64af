import * as aq from "arquero";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderValue } from "../../../engine/notebook/execute/render-value.js";
import { isBrowserSkipped, launchBrowser } from "../../report/browser.js";

const table = aq.table({
  name: ["b", "a", null, "c"],
  n: [10.5, 9.25, Number.NaN, -1e-7],
  mixed: ["10", 9, undefined, true],
  text: Array.from({ length: 4 }, (_, index) => `${index} ${"long ".repeat(30)}`),
});
const many = aq.table({ n: Array.from({ length: 30 }, (_, index) => index) });

describe.skipIf(isBrowserSkipped)("a table in a page", () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 500, height: 900 } });
    // Twice the same, as a cell that is shown again; the second's script runs over both.
    const html = String(renderValue(table)["text/html"]);
    await page.setContent(`<!doctype html><style>:root{--jp-layout-color0:rgb(1, 2, 3)} th, td { text-align: center; white-space: normal }</style><body>${html}${html}${String(renderValue(many)["text/html"])}`);
  });
  afterAll(() => browser.close());

  const cells = (column: number) => page.locator("table").first().locator(`tbody td:nth-child(${column})`).allTextContents();
  const head = (column: number) => page.locator("table").first().locator(`th:nth-child(${column})`);

  it("is sorted by its headers: up, down, and back; missing values last", async () => {
    await head(2).click();
    expect(await cells(2)).toEqual(["-1e-7", "9.25", "10.50", "NaN"]);
    expect(await head(2).getAttribute("aria-sort")).toBe("ascending");
    await head(2).click();
    expect(await cells(2)).toEqual(["10.50", "9.25", "-1e-7", "NaN"]);
    await head(2).click();
    expect([await cells(2), await head(2).getAttribute("aria-sort")]).toEqual([["10.50", "9.25", "NaN", "-1e-7"], null]);
    await head(1).focus();
    await page.keyboard.press("Enter");
    expect(await cells(1)).toEqual(["a", "b", "c", "null"]);
    expect(await page.locator("table").nth(1).locator("tbody td:nth-child(1)").allTextContents()).toEqual(["b", "a", "null", "c"]);
  });

  it("scrolls in its own box both ways, below a header that stays and is opaque", async () => {
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    const box = page.locator(".stitchbook-table > div");
    const [wide, tall] = await Promise.all([box.nth(0), box.nth(2)].map((each) => each.evaluate((element) => ({ x: element.scrollWidth > element.clientWidth, y: element.scrollHeight > element.clientHeight }))));
    expect([wide?.x, tall?.y]).toEqual([true, true]);
    const before = await page.locator("table").nth(2).locator("th").boundingBox();
    await box.nth(2).evaluate((element) => { element.scrollTop = 100; });
    expect(await page.locator("table").nth(2).locator("th").boundingBox()).toEqual(before);
    expect(await head(1).evaluate((element) => getComputedStyle(element).backgroundColor)).toBe("rgb(1, 2, 3)");
  });

  it("is sorted where front ends run scripts in their own ways: before it is in the page, or in another place than it stood", async () => {
    const html = String(renderValue(many)["text/html"]);
    const sorted = await page.evaluate((text) => {
      const copyOf = (script: HTMLScriptElement) => Object.assign(document.createElement("script"), { textContent: script.textContent });
      const insert = (run: (script: HTMLScriptElement, host: HTMLElement) => void, isEarly: boolean): string | null | undefined => {
        const host = document.createElement("div");
        host.innerHTML = text;
        if (!isEarly) document.body.append(host);
        for (const script of host.querySelectorAll("script")) run(script, host);
        if (isEarly) document.body.append(host);
        const head = host.querySelector("th");
        for (let click = 0; click < 2; click += 1) head?.click();
        return host.querySelector("td")?.textContent;
      };
      return [insert((script) => script.replaceWith(copyOf(script)), true), insert((script) => script.parentElement?.appendChild(copyOf(script)).remove(), false), insert((script) => document.head.append(copyOf(script)), false)];
    }, html);
    expect(sorted).toEqual(["19", "19", "19"]);
  });

  it("aligns numbers to the right and texts to the left, whatever the page says", async () => {
    const aligns = await page.locator("table").first().locator("tbody tr").first().locator("td").evaluateAll((found) => found.map((cell) => getComputedStyle(cell).textAlign));
    expect(aligns).toEqual(["left", "right", "left", "left"]);
  });
});
