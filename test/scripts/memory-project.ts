import { makeProject } from "../project/make-project.js";

/** Points that are cleaned and fitted, with metrics, and a report that tells what they were before. */
export function makeMemoryProject(): Promise<string> {
  return makeProject({
    "stitchbook.yaml": "name: memory\nlogs: { keep: 50 }\n",
    "raw/points.csv": "x,y\n1,1\n2,2\n3,3\n",
    "stages/mean.ts": "export function mean(values: readonly number[]): number {\n  return values.reduce((sum, value) => sum + value, 0) / values.length;\n}\n",
    "notebooks/1-clean.ipynb": [
      "---\nstage: clean\ninputs: raw/points.csv\noutputs: data/points.csv\n---",
      [
        'import { readFileSync, writeFileSync } from "node:fs";',
        'const lines = readFileSync("raw/points.csv", "utf8").trim().split("\\n");',
        'if (lines.some((line) => line.includes("?"))) throw new Error(`unknown point: ${lines.find((line) => line.includes("?"))}`);',
        "console.log(`read ${lines.length - 1} points`);",
        'writeFileSync("data/points.csv", lines.join("\\n") + "\\n");',
      ].join("\n"),
    ],
    "notebooks/2-fit.ipynb": [
      "---\nstage: fit\ninputs: data/points.csv\noutputs: model/metrics.json\nmetrics: model/metrics.json\n---",
      { source: "const scale: number = 1", tags: ["parameters"] },
      [
        'import { readFileSync, writeFileSync } from "node:fs";',
        'import { mean } from "../stages/mean";',
        'const ys = readFileSync("data/points.csv", "utf8").trim().split("\\n").slice(1).map((line) => Number(line.split(",")[1]));',
        'writeFileSync("model/metrics.json", JSON.stringify({ n: ys.length, mean: scale * mean(ys), test: { largest: Math.max(...ys) } }) + "\\n");',
      ].join("\n"),
      '//| label: about\n//| caption: What was fitted\nimport { show } from "stitchbook/notebook";\nshow.markdown(`**${ys.length}** points`);',
    ],
    "templates/points.md": [
      "---",
      "report: points",
      "title: Points",
      "outputs: { markdown: reports/points.md, html: reports/points.html, images: reports/images }",
      "inputs: { metrics: model/metrics.json }",
      "---",
      "The mean is {{ metrics.mean }}.",
      "",
      '{% embed "about" %}',
      "",
    ].join("\n"),
  });
}
