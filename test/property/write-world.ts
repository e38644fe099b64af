import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createRandom } from "../plan/seeded-random.js";
import { writeModule, writePackage } from "./write-modules.js";
import { writeCells } from "./write-notebook.js";
import type { ReportModel, StageModel, World } from "./world.js";

/** Every file of the project, by project path; `../linked` holds a package that is linked. */
export function writeFiles(world: World): Map<string, string> {
  const files = new Map<string, string>([["stitchbook.yaml", writeConfig(world)], ...world.data]);
  for (const [path, module] of world.modules) files.set(path, writeModule(world, module));
  files.set(world.json.path, JSON.stringify({ rows: world.json.rows, label: world.json.label }, null, world.json.indent));
  for (const [name, each] of world.packages) for (const [path, text] of Object.entries(writePackage(name, each))) files.set(path, text);
  files.set("../linked/package.json", '{ "name": "linked", "version": "0.0.0", "main": "lib/index.js", "types": "lib/index.d.ts" }\n');
  files.set("../linked/lib/index.js", `module.exports = { value: ${world.linked.value} };\n`);
  files.set("../linked/lib/index.d.ts", "declare const all: { value: number };\nexport = all;\n");
  if (world.deniesEffects) files.set("package.json", '{ "name": "made", "sideEffects": false }\n');
  if (world.tsconfig !== null) files.set("tsconfig.json", JSON.stringify(world.tsconfig));
  for (const stage of world.stages) files.set(stage.file, writeNotebook(world, stage));
  files.set("templates/summary.md", writeReport(world));
  files.set("templates/footer.md", `${world.report.partial}\n`);
  if (world.report.frame !== null) files.set("templates/page.html", writeFrame(world.report.frame));
  return files;
}

/** Brings a folder to the state of the world; files that are as they should be are not touched. */
export function writeWorld(world: World, root: string, before: ReadonlyMap<string, string> = new Map()): Map<string, string> {
  const files = writeFiles(world);
  for (const [path, text] of files) {
    if (before.get(path) === text) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  for (const path of before.keys()) if (!files.has(path)) rmSync(join(root, path));
  if (before.size === 0) symlinkSync(join(root, "../linked"), join(root, "node_modules/linked"));
  return files;
}

function writeConfig(world: World): string {
  const config = {
    name: "made",
    timezone: world.timezone,
    datasets: Object.fromEntries(world.datasets.map(({ name, level }) => [name, { level }])),
    ...(world.settings.size === 0 ? {} : { params: Object.fromEntries(world.settings) }),
  };
  return Object.entries(config).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`).join("");
}

function writeNotebook(world: World, stage: StageModel): string {
  const random = createRandom(stage.notebookSeed);
  const isOdd = stage.notebookSeed > 0;
  const cells = writeCells(world, stage).map(({ type, source, tags }, index) => ({
    cell_type: type,
    id: isOdd ? `id-${random.int(1e9)}-${index}` : `c${index}`,
    metadata: { ...(isOdd && random.chance(0.5) ? { collapsed: random.chance(0.5), scrolled: true } : {}), ...(tags === undefined ? {} : { tags }) },
    ...(type === "code" ? { execution_count: isOdd ? random.int(99) : null, outputs: isOdd && random.chance(0.5) ? [{ output_type: "stream", name: "stdout", text: ["old\n"] }] : [] } : {}),
    source: isOdd && random.chance(0.5) ? source : source.split(/(?<=\n)/),
  }));
  const metadata = { kernelspec: { display_name: isOdd ? `Kernel ${random.int(9)}` : "Stitchbook", language: "typescript", name: "stitchbook" } };
  return `${JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }, null, isOdd ? 2 : 1)}\n`;
}

/** The text of the report's template after its front matter. */
export function writeReportBody(world: World): string {
  const { report, datasets } = world;
  const lines = [report.text, ""];
  for (const stage of report.embeds) {
    const places = stage.foreach ? datasets.slice(0, 2).map(({ name }) => `, dataset: "${name}"`) : [""];
    for (const place of places) lines.push(`{% embed "${stage.label}"${place} %}`, "");
  }
  for (const stage of report.metrics) lines.push(`{{ ${inputName(stage)}.total | format: ".1f" }} of {{ ${inputName(stage)}.result }}`, "");
  for (const stage of report.rows) {
    const paths = stage.foreach ? datasets.slice(0, 1).map(({ name }) => stage.table.replace("{dataset}", name)) : [stage.table];
    for (const path of paths) lines.push(`There are {{ stages.${stage.id}.outputs["${path}"].rows }} rows.`, "");
  }
  lines.push('{% render "footer" %}');
  return `${lines.join("\n")}\n`;
}

function writeReport(world: World): string {
  const { report } = world;
  const outputs = { markdown: "reports/summary.md", ...(report.html ? { html: "reports/summary.html" } : {}), images: "reports/images" };
  const front = { report: "summary", title: report.title, outputs, inputs: reportInputs(report) };
  return ["---", ...Object.entries(front).map(([key, value]) => `${key}: ${JSON.stringify(value)}`), "---", writeReportBody(world)].join("\n");
}

/** Name in the report -> path. */
export function reportInputs(report: ReportModel): Record<string, string> {
  return Object.fromEntries(report.metrics.map((stage) => [inputName(stage), stage.metrics ?? ""]));
}

function inputName({ id }: StageModel): string {
  return `${id.replaceAll("-", "_")}_metrics`;
}

/** The frame that comes with Stitchbook, with a mark of its own. */
function writeFrame(mark: number): string {
  const text = readFileSync(new URL("../../templates/page.html", import.meta.url), "utf8");
  return text.replace("</body>", `<p>frame ${mark}</p></body>`);
}
