import { makeProject } from "../project/make-project.js";

/** A fan-out over three datasets that is gathered, with a helper module for two of its stages and a report. */
export function makeWeatherProject(): Promise<string> {
  return makeProject({
    "stitchbook.yaml": "name: small-weather\ndatasets: [berlin, oslo, rome]\n",
    "raw/berlin.csv": "day,temp\n1,10\n2,12\n",
    "raw/oslo.csv": "day,temp\n1,2\n2,4\n",
    "raw/rome.csv": "day,temp\n1,20\n2,22\n",
    "stages/scale.ts": "const factor = 10;\n/** Tenths. */\nexport function scale(value: number): number {\n  return value * factor;\n}\nexport const unused = 1;\n",
    "notebooks/01-clean.ipynb": [
      [
        "---",
        "stage: clean",
        "foreach: dataset",
        'inputs: ["raw/{dataset}.csv"]',
        "outputs:",
        '  - path: "data/{dataset}.csv"',
        '    rows: ">= 1"',
        "    columns: { day: integer, temp: integer }",
        "    key: [day]",
        "---",
      ].join("\n"),
      { source: 'const dataset: string = "berlin"', tags: ["parameters"] },
      'import { readFileSync, writeFileSync } from "node:fs";\nimport { scale } from "../stages/scale";',
      [
        'const [head, ...lines] = readFileSync(`raw/${dataset}.csv`, "utf8").trim().split("\\n");',
        'const scaled = lines.map((line) => line.split(",")).map(([day, temp]) => `${day},${scale(Number(temp))}`);',
        'writeFileSync(`data/${dataset}.csv`, [head, ...scaled, ""].join("\\n"));',
        "console.log(dataset, scaled.length);",
      ].join("\n"),
    ],
    "notebooks/02-gather.ipynb": [
      '---\nstage: gather\ninputs: ["data/{dataset}.csv"]\noutputs: [out/all.csv, out/metrics.json]\n---',
      { source: "const datasets: string[] = []", tags: ["parameters"] },
      [
        'import { readFileSync, writeFileSync } from "node:fs";',
        'const rows = datasets.flatMap((name) => readFileSync(`data/${name}.csv`, "utf8").trim().split("\\n").slice(1).map((line) => `${name},${line}`));',
        'writeFileSync("out/all.csv", ["place,day,temp", ...rows, ""].join("\\n"));',
        'writeFileSync("out/metrics.json", JSON.stringify({ rows: rows.length }) + "\\n");',
      ].join("\n"),
    ],
    "notebooks/03-count.ipynb": [
      "---\nstage: count\ninputs: [out/metrics.json]\noutputs: out/count.txt\n---",
      'import { readFileSync, writeFileSync } from "node:fs";\nwriteFileSync("out/count.txt", String(JSON.parse(readFileSync("out/metrics.json", "utf8")).rows));',
    ],
    "templates/summary.md": "---\nreport: summary\noutputs: { markdown: reports/summary.md }\ninputs: { metrics: out/metrics.json }\n---\n# Places\n\n{{ metrics.rows }} rows.\n",
  });
}

/** The folders of the project that hold artifacts. */
export const artifactFolders = ["data", "out"];

export const weatherTasks = ["clean@berlin", "clean@oslo", "clean@rome", "count", "gather", "summary"];
