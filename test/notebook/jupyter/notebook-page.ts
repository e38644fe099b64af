/// <reference lib="dom" />
import type { Locator, Page } from "playwright-core";
import { waitUntil } from "../../scripts/rig.js";

const panel = ".jp-NotebookPanel:not(.lm-mod-hidden)";
const charts = `${panel} .jp-RenderedVegaCommon5 canvas`;
const tab = "#jp-main-dock-panel .lm-TabBar-tab.lm-mod-current";

/** Less than a test may take, so that a failure tells what it waited for. */
const patienceMs = 40_000;

/** The notebook that is in front, used as people use it. Cells are counted from 0. */
export class NotebookPage {
  /** @param address - of the server, with its token: any page's */
  constructor(
    readonly page: Page,
    readonly address: string,
  ) {}

  cell(index: number): Locator {
    return this.page.locator(`${panel} .jp-Cell[data-windowed-list-index="${index}"]`);
  }

  prompt(index: number): Locator {
    return this.cell(index).locator(".jp-InputPrompt");
  }

  outputs(index: number): Locator {
    return this.cell(index).locator(".jp-OutputArea-output");
  }

  /** Opens a notebook by its name in the file browser, and waits for its kernel. */
  async open(name: string): Promise<void> {
    await this.page.locator(`.jp-DirListing-item[title^="Name: ${name}"]`).dblclick({ timeout: patienceMs });
    await this.page.locator(tab, { hasText: name }).waitFor({ timeout: patienceMs });
    await this.waitForKernel(name);
  }

  /** Lab shows a kernel as idle, too, while it has not yet asked for it; the server knows. */
  async waitForKernel(name: string): Promise<void> {
    const sessions = new URL("/api/sessions", this.address);
    sessions.search = new URL(this.address).search;
    let told = "";
    const isIdle = async () => (told = await (await fetch(sessions)).text()).match(new RegExp(`"${name}".*?"execution_state": "idle"`)) !== null;
    await waitUntil(isIdle, { what: `a kernel for ${name}`, timeoutMs: patienceMs }).catch((error: unknown) => {
      throw new Error(`The server's sessions: ${told}`, { cause: error });
    });
    await this.waitForIdle();
  }

  async waitForIdle(): Promise<void> {
    await this.page.locator(`${panel} .jp-Notebook-ExecutionIndicator[data-status="idle"]`).waitFor({ timeout: patienceMs });
  }

  /** @param command - Lab's name of it, as the menu's item has it */
  async chooseFromMenu(menu: string, command: string): Promise<void> {
    await this.page.locator(".lm-MenuBar-item", { hasText: menu }).click();
    await this.page.locator(`.lm-Menu-item[data-command="${command}"]`).click();
  }

  async pressButton(command: string): Promise<void> {
    await this.page.locator(`${panel} .jp-NotebookPanel-toolbar [data-command="${command}"]`).click();
  }

  /** Runs all cells and waits until none is running or waits to. @returns the prompts of code cells */
  async runAll(): Promise<readonly string[]> {
    await this.chooseFromMenu("Run", "runmenu:run-all");
    const prompts = `${panel} .jp-CodeCell .jp-InputPrompt`;
    await this.page.waitForFunction((each) => [...document.querySelectorAll(each)].every(({ textContent }) => textContent?.trim() !== "[*]:"), prompts);
    await this.waitForIdle();
    return this.page.locator(prompts).allTextContents();
  }

  /**
   * Runs this cell alone, and does not wait for its end. Lab drops a key without a word while it puts the focus into
   * a notebook that was just opened; so it is pressed until Lab takes it, as people do.
   */
  async start(index: number): Promise<void> {
    const before = await this.readPrompt(index);
    for (let presses = 0; presses < 5; presses++) {
      await this.prompt(index).click();
      await this.page.keyboard.press("Control+Enter");
      if (await this.isTaken(index, before)) return;
    }
    throw new Error(`Lab does not run cell ${index}: its prompt is ${await this.readPrompt(index)}`);
  }

  async run(index: number): Promise<void> {
    await this.start(index);
    await this.waitForCell(index);
  }

  /** Waits until this cell, which was started, has ended. */
  async waitForCell(index: number): Promise<void> {
    await waitUntil(async () => /^\[\d+\]:$/.test(await this.readPrompt(index)), { what: `the end of cell ${index}`, timeoutMs: patienceMs });
  }

  private async readPrompt(index: number): Promise<string> {
    return ((await this.prompt(index).textContent()) ?? "").trim();
  }

  private async isTaken(index: number, before: string): Promise<boolean> {
    const isOther = async () => /\[(\*|\d+)\]:/.test(await this.readPrompt(index)) && (await this.readPrompt(index)) !== before;
    return waitUntil(isOther, { what: "another prompt", timeoutMs: 5000 }).then(
      () => true,
      () => false,
    );
  }

  async save(): Promise<void> {
    await this.pressButton("docmanager:save");
    await this.page.locator(`${tab}:not(.jp-mod-dirty)`).waitFor();
  }

  countTables(): Promise<number> {
    return this.page.locator(`${panel} .jp-OutputArea-output table`).count();
  }

  /** How many charts are drawn, by Vega itself and not from a picture. */
  countCharts(): Promise<number> {
    return this.page.locator(charts).count();
  }

  /** Those of them on which every point has the same colour. */
  countBlankCharts(): Promise<number> {
    return this.page.evaluate((each) => {
      const isBlank = (canvas: HTMLCanvasElement) => {
        const pixels = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
        return new Set(new Uint32Array(Uint8ClampedArray.from(pixels).buffer)).size < 2;
      };
      return [...document.querySelectorAll(each)].filter((canvas) => canvas instanceof HTMLCanvasElement && isBlank(canvas)).length;
    }, charts);
  }
}
