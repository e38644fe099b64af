import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** One pipeline, written once for each tool: clean -> features -> train -> report, with two helper modules and a template. */
export type Tool = "stitchbook" | "make" | "snakemake" | "dvc" | "ploomber";

type Step = { readonly name: string; readonly inputs: readonly string[]; readonly output: string; readonly helper: string | null; readonly body: string };

const read = (path: string) => `readFileSync(${JSON.stringify(path)}, "utf8")`;
const write = (path: string, value: string) => `writeFileSync(${JSON.stringify(path)}, ${value});`;
const rowsOf = (path: string) => `${read(path)}.trim().split("\\n").slice(1).map((line) => line.split(","))`;

/** What the stages do, in words that are JavaScript and TypeScript alike. */
const steps: readonly Step[] = [
  {
    name: "clean", inputs: ["data.csv"], output: "out/clean.csv", helper: "toCelsius",
    body: `const cleaned = ${rowsOf("data.csv")}.map(([day, heat]) => day + "," + toCelsius(Number(heat)));\n${write("out/clean.csv", '["day,heat", ...cleaned, ""].join("\\n")')}`,
  },
  {
    name: "features", inputs: ["out/clean.csv"], output: "out/features.csv", helper: null,
    body: `const clean = ${rowsOf("out/clean.csv")};\nconst lagged = clean.slice(1).map(([day, heat], index) => [day, heat, clean[index]?.[1]].join(","));\n${write("out/features.csv", '["day,heat,before", ...lagged, ""].join("\\n")')}`,
  },
  {
    name: "train", inputs: ["out/features.csv"], output: "out/metrics.json", helper: "meanError",
    body: `const features = ${rowsOf("out/features.csv")};\n${write("out/metrics.json", 'JSON.stringify({ error: meanError(features.map((row) => Number(row[1]) - Number(row[2]))) }) + "\\n"')}`,
  },
];
const helpers: Readonly<Record<string, { readonly module: string; readonly signature: string; readonly body: string }>> = {
  toCelsius: { module: "units", signature: "(heat: number): number", body: "const zero = 32;\nexport function toCelsius$ {\n  return ((heat - zero) * 5) / 9;\n}\n" },
  meanError: { module: "stats", signature: "(errors: readonly number[]): number", body: "const scale = 1;\nexport function meanError$ {\n  return (scale * errors.reduce((sum, each) => sum + Math.abs(each), 0)) / errors.length;\n}\n" },
};

/** What is changed before a run, another thing in each round, and whether the report must then change. */
export type Edit = { readonly name: string; readonly file: (tool: Tool) => string; readonly change: (text: string, round: number) => string; readonly changesReport: boolean };

const endingOf = (tool: Tool) => (tool === "stitchbook" ? "ts" : "mjs");
export const edits: readonly Edit[] = [
  { name: "nothing", file: () => "data.csv", change: (text) => text, changesReport: false },
  { name: "a comment in a helper", file: (tool) => `lib/units.${endingOf(tool)}`, change: (text, round) => `${text}// note ${round}\n`, changesReport: false },
  { name: "a constant in a helper", file: (tool) => `lib/stats.${endingOf(tool)}`, change: (text, round) => text.replace(/scale = \d+/, `scale = ${round + 1}`), changesReport: true },
  { name: "the template", file: (tool) => (tool === "stitchbook" ? "templates/report.md" : "template.md"), change: (text, round) => `${text}Line ${round}.\n`, changesReport: true },
  { name: "the data", file: () => "data.csv", change: (text, round) => `${text}${round + 100},${60 + round * 7}\n`, changesReport: true },
];

/** Where the report is. */
export const reportFile = "out/report.md";

const data = ["day,heat", ...Array.from({ length: 60 }, (_, day) => `${day},${50 + ((day * 37) % 40)}`), ""].join("\n");
const prose = "# Report\n\nThe mean error is ERROR.\n\n";

/** Writes the pipeline for a tool into a folder. */
export function writePeerProject(folder: string, tool: Tool, modules: string): void {
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  put("data.csv", data);
  for (const { module, signature, body } of Object.values(helpers)) {
    put(`lib/${module}.${endingOf(tool)}`, body.replace("$", tool === "stitchbook" ? signature : signature.replace(/: [^,)]+/g, "")));
  }
  if (tool === "stitchbook") return writeNotebooks(folder, put, modules);
  put("template.md", prose);
  mkdirSync(join(folder, "out"), { recursive: true });
  for (const { name, helper, body } of steps) put(`${name}.mjs`, `import { readFileSync, writeFileSync } from "node:fs";\n${importOf(helper, ".", ".mjs")}${body}\n`);
  const error = `JSON.parse(${read("out/metrics.json")}).error`;
  put("report.mjs", `import { readFileSync, writeFileSync } from "node:fs";\n${write(reportFile, `${read("template.md")}.replace("ERROR", String(${error}))`)}\n`);
  writers[tool](put, folder);
}

function importOf(helper: string | null, from: string, ending: string): string {
  const module = helper === null ? undefined : helpers[helper]?.module;
  return module === undefined ? "" : `import { ${helper} } from "${from}/lib/${module}${ending}";\n`;
}

type Put = (path: string, text: string) => void;

function writeNotebooks(folder: string, put: Put, modules: string): void {
  symlinkSync(modules, join(folder, "node_modules"));
  put("stitchbook.yaml", "name: peers\n");
  for (const [index, { name, inputs, output, helper, body }] of steps.entries()) {
    const cells = [
      { id: "front", cell_type: "raw", metadata: {}, source: `---\nstage: ${name}\ninputs: [${inputs.join(", ")}]\noutputs: [${output}]\n---` },
      { id: "code", cell_type: "code", metadata: {}, execution_count: null, outputs: [], source: `import { readFileSync, writeFileSync } from "node:fs";\n${importOf(helper, "..", "")}\n${body}` },
    ];
    const kernelspec = { name: "stitchbook", display_name: "Stitchbook", language: "typescript" };
    put(`notebooks/${index + 1}-${name}.ipynb`, JSON.stringify({ cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 }));
  }
  put("templates/report.md", `---\nreport: report\noutputs: { markdown: ${reportFile} }\ninputs: { metrics: out/metrics.json }\n---\n${prose.replace("ERROR", "{{ metrics.error }}")}`);
}

/** Each script with all that it reads: what a careful author declares. */
const rules = [
  ...steps.map(({ name, inputs, output, helper }) => ({ name, output, needs: [...inputs, `${name}.mjs`, ...(helper === null ? [] : [`lib/${helpers[helper]?.module}.mjs`])] })),
  { name: "report", output: reportFile, needs: ["out/metrics.json", "template.md", "report.mjs"] },
];

const writers: Readonly<Record<Exclude<Tool, "stitchbook">, (put: Put, folder: string) => void>> = {
  make: (put) => put("Makefile", [`all: ${reportFile}`, ...rules.map(({ name, output, needs }) => `${output}: ${needs.join(" ")}\n\tnode ${name}.mjs`), ""].join("\n")),
  snakemake: (put) => {
    const list = (paths: readonly string[]) => paths.map((path) => JSON.stringify(path)).join(", ");
    put("Snakefile", [`rule all:\n    input: "${reportFile}"`, ...rules.map(({ name, output, needs }) => `rule ${name}:\n    input: ${list(needs)}\n    output: "${output}"\n    shell: "node ${name}.mjs"`), ""].join("\n\n"));
  },
  dvc: (put) => put("dvc.yaml", ["stages:", ...rules.map(({ name, output, needs }) => `  ${name}:\n    cmd: node ${name}.mjs\n    deps: [${needs.join(", ")}]\n    outs: [${output}]`), ""].join("\n")),
  ploomber: (put, folder) => {
    const producerOf = (path: string) => rules.find(({ output }) => output === path)?.name;
    const tasks = rules.map(({ name, output, needs }) => {
      const upstream = needs.flatMap((path) => producerOf(path) ?? []);
      const resources = needs.filter((path) => producerOf(path) === undefined).map((path, index) => `      file${index}: ${path}`);
      put(`scripts/${name}.sh`, `${upstream.map((each) => `# {{upstream["${each}"]}}\n`).join("")}node ${name}.mjs # {{product}} {{resources_}}\n`);
      chmodSync(join(folder, `scripts/${name}.sh`), 0o755);
      return [`  - source: scripts/${name}.sh`, `    name: ${name}`, `    product: ${output}`, "    params:", "     resources_:", ...resources].join("\n");
    });
    put("pipeline.yaml", ["tasks:", ...tasks, ""].join("\n"));
  },
};
