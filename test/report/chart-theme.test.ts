import { describe, expect, it } from "vitest";
import { browserRuntime, runtimeSizeFor } from "../../engine/report/browser-runtime.js";
import { chartConfig, darkChartRules, paper } from "../../engine/report/chart-theme.js";
import { drawChart } from "../../engine/report/chart.js";

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((one, other) => one - other);
  return (light + 0.05) / (dark + 0.05);
}
const darkOf = (light: string) => new RegExp(`\\[fill="${light}"\\]\\{fill:(#\\w+)\\}`).exec(darkChartRules(""))?.[1] ?? "";

describe("the colours of charts", () => {
  it("stand out from the paper of both schemes", () => {
    for (const colour of chartConfig.range.category) {
      expect(contrast(colour, paper.light), colour).toBeGreaterThanOrEqual(3);
      expect(contrast(darkOf(colour), paper.dark), colour).toBeGreaterThanOrEqual(3);
    }
    for (const colour of [chartConfig.axis.labelColor, chartConfig.axis.titleColor, chartConfig.title.color, chartConfig.legend.labelColor]) {
      expect(contrast(colour, paper.light), colour).toBeGreaterThanOrEqual(4.5);
      expect(contrast(darkOf(colour), paper.dark), colour).toBeGreaterThanOrEqual(4.5);
    }
  });

  it("differ in grey, the first two above all", () => {
    const [first = "", second = "", third = ""] = chartConfig.range.category;
    expect(contrast(first, second)).toBeGreaterThan(1.8);
    expect(contrast(first, third)).toBeGreaterThan(1.4);
  });
});

describe("the script of a page", () => {
  it("is small for common charts and whole for maps, trees and labels", async () => {
    const sphere = await drawChart({ width: 200, height: 100, projection: { type: "equalEarth" }, data: { sphere: true }, mark: "geoshape" }, { id: "map", place: { file: "n.ipynb" } });
    const bar = await drawChart({ data: { values: [{ type: "tree" }] }, mark: "bar", encoding: { x: { field: "type" } } }, { id: "bar", place: { file: "n.ipynb" } });
    expect(runtimeSizeFor([bar.vega])).toBe("common");
    expect(runtimeSizeFor([bar.vega, sphere.vega])).toBe("all");
    const [common, all] = await Promise.all([browserRuntime("common"), browserRuntime("all")]);
    expect(common.length).toBeLessThan(460_000);
    expect(all.length).toBeLessThan(600_000);
    expect(all.length).toBeGreaterThan(common.length + 50_000);
    expect(common).not.toMatch(/<\/script/i);
  });
});
