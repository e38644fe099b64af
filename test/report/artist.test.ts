import { mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createArtist } from "../../engine/report/artist.js";
import { drawChart } from "../../engine/report/chart.js";
import { renderNotebookPage } from "../../engine/report/notebook-page.js";
import { plotChart } from "../../engine/report/plot.js";
import type { JsonValue } from "../../engine/project/types.js";

let home: string;
let threadFile: string;
beforeAll(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), "stitchbook-artist-")));
  await symlink(resolve("node_modules"), join(home, "node_modules"));
  await symlink(resolve("templates"), join(home, "templates"));
  threadFile = join(home, "artist-thread.mjs");
  await build({ entryPoints: [resolve("engine/report/artist-thread.ts")], outfile: threadFile, bundle: true, platform: "node", format: "esm", packages: "external", logLevel: "error" });
});
afterAll(() => rm(home, { recursive: true, force: true }));

const bars = (rows: number): JsonValue => ({ data: { values: Array.from({ length: rows }, (_, a) => ({ a, b: a * a })) }, mark: "bar", encoding: { x: { field: "a", type: "ordinal" }, y: { field: "b", type: "quantitative" } } });

let folders = 0;
function artist(options: { readonly version?: string; readonly cacheFolder?: string; readonly file?: string | null; readonly most?: number } = {}) {
  const cacheFolder = options.cacheFolder ?? join(home, `cache-${(folders += 1)}`);
  return { cacheFolder, ...createArtist({ threadFile: options.file === undefined ? threadFile : options.file, cacheFolder, version: options.version ?? "1", ...(options.most === undefined ? {} : { most: options.most }) }) };
}

describe("an artist", () => {
  it("keeps a few plots in memory, those that were asked for last, and the rest on the disk", async () => {
    const { plot, close } = artist({ file: null, most: 2 });
    const [one, two] = [await plot(bars(1)), await plot(bars(2))];
    expect(await plot(bars(1))).toBe(one);
    await plot(bars(3));
    expect(await plot(bars(1))).toBe(one);
    const again = await plot(bars(2));
    expect(again).not.toBe(two);
    expect(again).toEqual(two);
    await close();
  });

  it("plots in its thread what is plotted without one, and draws pictures and pages of it", async () => {
    const { plot, picture, page, close } = artist();
    const found = await plot(bars(3));
    expect(found).toEqual(await plotChart(bars(3)));
    expect((await drawChart(bars(3), { id: "x", place: { file: "a" }, plot })).svg).toBe((await drawChart(bars(3), { id: "x", place: { file: "a" } })).svg);
    expect(Buffer.from(await picture(found.svg), "base64").toString("latin1", 1, 4)).toBe("PNG");
    const shown = { output_type: "display_data", metadata: {}, data: { "application/vnd.vegalite.v5+json": bars(3) } };
    const notebook = { cells: [{ cell_type: "code", source: "chart", outputs: [shown] }] };
    const plan = { notebook, title: "One", file: "notebooks/one.ipynb" };
    expect(await page({ ...plan, plots: [[JSON.stringify(bars(3)), found]] })).toBe(await renderNotebookPage(plan));
    await close();
  });

  it("plots before it draws what nobody waits for", async () => {
    const { plot, picture, close } = artist();
    const { svg } = await plot(bars(2));
    const order: string[] = [];
    const note = (name: string) => (value: unknown) => void (order.push(name), value);
    await Promise.all([picture(svg).then(note("picture 1")), picture(svg).then(note("picture 2")), plot(bars(4)).then(note("plot"))]);
    expect(order).toEqual(["picture 1", "plot", "picture 2"]);
    await close();
  });

  it("keeps plots from run to run, those of the same version", async () => {
    const first = artist();
    const plotted = await first.plot(bars(5));
    await first.close();
    const [name = ""] = await readdir(first.cacheFolder);
    const file = join(first.cacheFolder, name);
    // A thread that can't be started shows that none was needed.
    const again = { cacheFolder: first.cacheFolder, file: join(home, "nothing.mjs") };
    expect(await artist(again).plot(bars(5))).toEqual(plotted);
    await expect(artist({ ...again, version: "2" }).plot(bars(5))).rejects.toThrow("nothing.mjs");
    await expect(artist(again).plot(bars(6))).rejects.toThrow("nothing.mjs");
    const text = await readFile(file, "utf8");
    for (const damaged of ["", text.slice(0, 80), text.slice(0, -1), text.replace("<svg", "<svh")]) {
      await writeFile(file, damaged);
      await expect(artist(again).plot(bars(5))).rejects.toThrow("nothing.mjs");
    }
  });

  it("says what is wrong with a chart, and goes on", async () => {
    const { plot, picture, close } = artist();
    expect((await plot({ mark: "nonsense", encoding: {} })).problems).toMatchObject([{ severity: "error", code: "chart-invalid" }]);
    await expect(picture("no picture")).rejects.toThrow();
    expect((await plot(bars(1))).problems).toEqual([]);
    await close();
  });

  it("works where nothing can be kept", async () => {
    const cacheFolder = join(home, "taken");
    await writeFile(cacheFolder, "a file");
    expect((await artist({ cacheFolder, file: null }).plot(bars(1))).svg).toContain("<svg");
  });
});
