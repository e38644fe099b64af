import type { Job } from "./artist.js";

/** How wide the pictures are that stand in notebooks for those who draw no Vega-Lite, in pixels. */
const pictureWidth = 960;

/** Does one job of the artist. @returns a plot, the base64 of a PNG, or a page */
export async function doJob(job: Job): Promise<unknown> {
  switch (job.kind) {
    case "plot":
      return (await import("./plot.js")).plotChart(job.spec);
    case "picture": {
      const { svgToPng } = await import("./png.js");
      return Buffer.from(await svgToPng(job.svg, { width: pictureWidth })).toString("base64");
    }
    case "page": {
      const { renderNotebookPage } = await import("./notebook-page.js");
      const plots = new Map(job.plan.plots);
      const plot = async (spec: unknown) => {
        const known = plots.get(JSON.stringify(spec));
        if (known === undefined) throw new Error("Internal error: a page's chart was not plotted before");
        return known;
      };
      return renderNotebookPage({ ...job.plan, plot });
    }
  }
}
