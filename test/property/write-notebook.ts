import { posix } from "node:path";
import { dress, useItem } from "./write-modules.js";
import { BARREL, moduleOf, SHARED, type CellImport, type Item, type StageModel, type World } from "./world.js";

export type WrittenCell = { readonly type: "raw" | "code" | "markdown"; readonly source: string; readonly tags?: readonly string[] };

/** The cells of a stage's notebook. A plain stage has no prose and no other looks: what is left is what runs. */
export function writeCells(world: World, stage: StageModel): WrittenCell[] {
  const [first = "", ...others] = stage.prose;
  const code = codeCells(world, stage);
  return [
    { type: "raw", source: writeFrontMatter(stage) },
    ...(first === "" ? [] : [{ type: "markdown", source: first } as const]),
    ...parameterCell(stage),
    ...code.flatMap((source, index): WrittenCell[] => {
      const options = index === LABELLED ? optionLines(stage) : "";
      const prose = others[index];
      return [{ type: "code", source: options + dress(source, stage.look).trimEnd() }, ...(prose === undefined ? [] : [{ type: "markdown", source: prose } as const])];
    }),
  ];
}

/** The code cells as they are without comments and option lines. */
export function codeCells(world: World, stage: StageModel): string[] {
  return [writeImports(world, stage), writeWork(world, stage), writeDisplay(stage), writeOutputs(stage)];
}

const LABELLED = 2;

function optionLines({ label, caption, alt }: StageModel): string {
  return label === null ? "" : `//| label: ${label}\n//| caption: ${JSON.stringify(caption)}\n//| alt: ${JSON.stringify(alt)}\n`;
}

function writeFrontMatter(stage: StageModel): string {
  const table = { path: stage.table, rows: `0..${1000 + stage.contract}`, columns: { key: "string", value: "string" } };
  const front = {
    stage: stage.id,
    title: `Title ${Math.floor(stage.contract / 2)}`,
    inputs: stage.inputs,
    outputs: [table, ...(stage.metrics === null ? [] : [stage.metrics])],
    ...(stage.env.length === 0 ? {} : { env: stage.env.map((name) => `${name}?`) }),
    ...(stage.foreach ? { foreach: "dataset" } : {}),
    ...(stage.ages ? { max_age: "1h" } : {}),
  };
  return ["---", ...Object.entries(front).map(([key, value]) => `${key}: ${JSON.stringify(value)}`), "---"].join("\n");
}

function parameterCell(stage: StageModel): WrittenCell[] {
  const lines = [
    ...stage.parameters.map(({ name, type, value }) => `const ${name}: ${type} = ${JSON.stringify(value)};`),
    ...(stage.foreach ? ['const dataset: string = "none";'] : []),
    ...(takesDatasets(stage) ? ["const datasets: string[] = [];"] : []),
  ];
  return lines.length === 0 ? [] : [{ type: "code", source: lines.join("\n"), tags: ["parameters"] }];
}

/** A stage that gathers by name is given the list. */
export function takesDatasets(stage: StageModel): boolean {
  return !stage.foreach && stage.inputs.some((path) => path.includes("{dataset}"));
}

function writeImports(world: World, stage: StageModel): string {
  const lines = ['import { createHash } from "node:crypto";', 'import { readdirSync, readFileSync, writeFileSync } from "node:fs";'];
  if (stage.label !== null) lines.push('import { show } from "stitchbook/notebook";');
  lines.push(...stage.packages.map((name) => `import ${name} from ${JSON.stringify(name)};`));
  for (const [index, use] of stage.imports.entries()) lines.push(writeImport(use, `taken${index}`, specifierOf(stage, use)));
  return `${lines.join("\n")}\n`;
}

/** Both the notebook's folder and the project's root will do, with and without an ending. */
function specifierOf(stage: StageModel, { module }: CellImport): string {
  const path = module.replace(/\/index\.ts$/, "").replace(/\.ts$/, module !== BARREL && (stage.literal + module.length) % 3 === 0 ? ".js" : "");
  return stage.literal % 2 === 0 ? posix.join("..", path) : `./${path}`;
}

function writeImport({ how, names }: CellImport, all: string, specifier: string): string {
  const from = JSON.stringify(specifier);
  switch (how) {
    case "named":
      return `import { ${names.join(", ")} } from ${from};`;
    case "type":
      return `import type { ${names.join(", ")} } from ${from};`;
    case "namespace":
      return `import * as ${all} from ${from};`;
    case "dynamic":
      return `const ${all} = await import(${from});`;
    case "require":
      return `const ${all} = require(${from});`;
    case "effect":
      return `import ${from};`;
  }
}

function writeWork(world: World, stage: StageModel): string {
  const lines = ["const parts: string[] = [];", ...stage.inputs.map((pattern) => writeRead(stage, pattern))];
  const values = [
    String(stage.literal),
    ...[...stage.parameters.map(({ name }) => name), ...(stage.foreach ? ["dataset"] : []), ...(takesDatasets(stage) ? ["datasets"] : [])],
    ...stage.env.map((name) => `process.env[${JSON.stringify(name)}]`),
    ...stage.packages.map((name) => `${name}.value`),
    ...stage.imports.flatMap((use, index) => (use.how === "type" || use.how === "effect" ? [] : use.names.map((name) => useItem(use.how === "named" ? name : `taken${index}.${name}`, findItem(world, use, name), String(index + 2))))),
    "(globalThis as unknown as { seen?: number[] }).seen",
  ];
  for (const { how, names } of stage.imports) if (how === "type") lines.push(...names.map((name, index) => `const held${index}: ${name} | null = null;`));
  lines.push(`parts.push(JSON.stringify([${values.join(", ")}]));`);
  if (stage.isBroken) lines.push('if (parts.length > 0) throw new Error("broken on purpose");');
  lines.push('const digest = createHash("sha256").update(parts.join("\\n")).digest("hex");');
  lines.push(stage.isCoarse ? 'const result = Number.parseInt(digest.slice(0, 2), 16) % 2 === 0 ? "even" : "odd";' : "const result = digest.slice(0, 12);");
  return `${lines.join("\n")}\n`;
}

function findItem(world: World, { module }: CellImport, name: string): Item {
  const items = (module === BARREL ? SHARED : [module]).flatMap((path) => moduleOf(world, path).items);
  const found = items.find((item) => item.name === name);
  if (found === undefined) throw new Error(`no ${name} in ${module}`);
  return found;
}

function writeRead(stage: StageModel, pattern: string): string {
  const read = 'parts.push(readFileSync(path, "utf8"));';
  const text = (path: string): string => (path.includes("{dataset}") ? `\`${path.replaceAll("{dataset}", "${dataset}")}\`` : JSON.stringify(path));
  if (pattern.includes("*")) {
    const start = posix.basename(pattern).split("*")[0] ?? "";
    const folder = posix.dirname(pattern);
    return `for (const name of readdirSync(${JSON.stringify(folder)}).filter((each) => each.startsWith(${JSON.stringify(start)})).sort()) parts.push(name, readFileSync(\`${folder}/\${name}\`, "utf8"));`;
  }
  if (!stage.foreach && pattern.includes("{dataset}")) return `for (const dataset of datasets) { const path = ${text(pattern)}; ${read} }`;
  return `{ const path = ${text(pattern)}; ${read} }`;
}

function writeDisplay(stage: StageModel): string {
  if (stage.label === null) return 'const nothing = "shown";\n';
  if (stage.shows === "markdown") return "show.markdown(`The result is **${result}**.`);\n";
  return 'show({ $schema: "https://vega.github.io/schema/vega-lite/v6.json", mark: "bar", data: { values: [...result].slice(0, 4).map((a, b) => ({ a: `${b} ${a}`, b: a.charCodeAt(0) % 16 })) }, encoding: { x: { field: "a", type: "nominal" }, y: { field: "b", type: "quantitative" } } });\n';
}

function writeOutputs(stage: StageModel): string {
  const path = (each: string): string => (stage.foreach ? `\`${each.replaceAll("{dataset}", "${dataset}")}\`` : JSON.stringify(each));
  const rows = stage.isCoarse ? "1" : "1 + (digest.charCodeAt(0) % 3)";
  const lines = [
    `const rows = Array.from({ length: ${rows} }, (_, index) => \`r\${index},x\${result.repeat(1 + (result.charCodeAt(1) % 3))}\`);`,
    `writeFileSync(${path(stage.table)}, ["key,value", ...rows, ""].join("\\n"));`,
  ];
  if (stage.metrics !== null) lines.push(`writeFileSync(${path(stage.metrics)}, JSON.stringify({ total: result.charCodeAt(0), result }));`);
  return `${lines.join("\n")}\n`;
}
