import { existsSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { writeNotebookJson } from "../notebook/strip/notebook-json.js";
import type { Project, Stage } from "../project/types.js";
import { nameFunction, nameTitle, outputEnd, pickKind, stageParts, type StageKind } from "./stage-parts.js";
import type { NewFiles } from "./write-new-files.js";

export type StageRequest = {
  readonly id: string;
  /** The stage whose outputs the new one reads. */
  readonly after: Stage | null;
};

/** What a new stage is made of; paths are project paths. */
export type NewStage = { readonly notebook: string; readonly module: string; readonly test: string; readonly output: string; readonly files: NewFiles };

/** Draws up a stage that can be run at once: a notebook, the module that it calls, and a test of that. */
export function draftStage(project: Project, { id, after }: StageRequest): NewStage {
  const place = { notebook: nameNotebook(project, id, after), module: `stages/${id}.ts`, test: `${existsSync(join(project.root, "test/stages")) ? "test/stages" : "test"}/${id}.test.ts` };
  const first = after?.outputs[0]?.path ?? null;
  const kind = pickKind(first, hasPackage(project.root, "arquero"));
  const isFanOut = after?.foreach === true;
  const folder = first === null ? "data" : posix.dirname(first.replace(/\/[^/]*\{dataset\}.*\//, "/"));
  const output = posix.join(folder.includes("{dataset}") ? "data" : folder, `${id}${isFanOut ? "-{dataset}" : ""}${outputEnd(kind, first)}`);
  const draft: Draft = { id, after, kind, first, output, dataset: isFanOut ? (project.datasets[0]?.name ?? "") : null, ...place };
  return { ...place, output, files: { [place.notebook]: writeNotebook(draft), [place.module]: writeModule(draft), [place.test]: writeTest(draft) } };
}

type Draft = StageRequest & {
  readonly kind: StageKind;
  readonly first: string | null;
  readonly output: string;
  /** The first dataset, where the stage fans out. */
  readonly dataset: string | null;
  readonly notebook: string;
  readonly module: string;
  readonly test: string;
};

/** Numbered behind the others, where they are numbered. */
function nameNotebook(project: Project, id: string, after: Stage | null): string {
  const files = [...project.stages.map(({ file }) => file), ...project.ignoredNotebooks];
  const folder = posix.dirname(after?.file ?? files[0] ?? "notebooks/x");
  const numbers = files.flatMap((file) => /^(\d+)[-_ ]/.exec(posix.basename(file))?.[1] ?? []);
  const width = Math.max(...numbers.map((each) => each.length), 2);
  const next = String(Math.max(0, ...numbers.map(Number)) + 1).padStart(width, "0");
  return posix.join(folder, `${files.length > 0 && numbers.length === 0 ? "" : `${next}-`}${id}.ipynb`);
}

/** A package that notebooks of the project can import. */
function hasPackage(root: string, name: string): boolean {
  for (let folder = root; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "node_modules", name, "package.json"))) return true;
    if (folder === dirname(folder)) return false;
  }
}

function writeNotebook(draft: Draft): string {
  const { id, after, dataset } = draft;
  const called = after === null ? "" : ` It reads what the stage \`${after.id}\` makes.`;
  const cells = [
    { cell_type: "raw", id: "front-matter", metadata: {}, source: writeFrontMatter(draft) },
    { cell_type: "markdown", id: "introduction", metadata: {}, source: `# ${nameTitle(id)}\n\nWhat this stage finds out, and why.${called}` },
    ...(dataset === null ? [] : [code("parameters", `const dataset: string = ${JSON.stringify(dataset)};`, ["parameters"])]),
    code("work", writeWork(draft)),
    code("result", "result"),
  ];
  return writeNotebookJson({
    cells: cells.map((cell) => ({ ...cell, source: cell.source.split(/(?<=\n)/) })),
    metadata: { kernelspec: { display_name: "Stitchbook", language: "typescript", name: "stitchbook" }, language_info: { file_extension: ".ts", mimetype: "text/typescript", name: "typescript" } },
    nbformat: 4,
    nbformat_minor: 5,
  });
}

function code(id: string, source: string, tags: readonly string[] = []) {
  return { cell_type: "code", id, metadata: tags.length === 0 ? {} : { tags }, outputs: [], execution_count: null, source };
}

function writeFrontMatter({ id, after, dataset, output }: Draft): string {
  const list = (paths: readonly string[]) => `[${paths.map((path) => JSON.stringify(path)).join(", ")}]`;
  return [
    "---",
    `stage: ${/^\d+$/.test(id) ? JSON.stringify(id) : id}`,
    `title: ${JSON.stringify(nameTitle(id))}`,
    ...(dataset === null ? [] : ["foreach: dataset"]),
    ...(after === null || after.outputs.length === 0 ? [] : [`inputs: ${list(after.outputs.map(({ path }) => path))}`]),
    `outputs: ${list([output])}`,
    "---",
  ].join("\n");
}

function writeWork({ id, kind, first, output, dataset, notebook, module }: Draft): string {
  const parts = stageParts[kind];
  const name = nameFunction(id);
  const path = (text: string) => (dataset === null ? JSON.stringify(text) : `\`${text.replaceAll("{dataset}", "${dataset}")}\``);
  const from = importPath(notebook, module);
  return [
    `import { ${first === null ? "" : "readFileSync, "}writeFileSync } from "node:fs";\n${parts.imports}import { ${name} } from ${JSON.stringify(from)};`,
    "",
    ...(first === null ? [] : [`const input = ${parts.read.replace("PATH", () => path(first))};`]),
    `const result = ${name}(${first === null ? "" : "input"});`,
    `writeFileSync(${path(output)}, ${parts.written});`,
  ].join("\n");
}

function writeModule({ id, kind, notebook }: Draft): string {
  const { typeImport, parameter, result, body } = stageParts[kind];
  return `${typeImport}/** ${nameTitle(id)}: what ${notebook} works out. */\nexport function ${nameFunction(id)}(${parameter}): ${result} {\n  ${body}\n}\n`;
}

function writeTest({ id, kind, module, test }: Draft): string {
  const parts = stageParts[kind].test;
  const name = nameFunction(id);
  return `${parts.imports}import { expect, it } from "vitest";\nimport { ${name} } from ${JSON.stringify(importPath(test, module))};\n\n${parts.text.replace("NAME", name)}`;
}

/** As editors resolve it: from the file's own folder, without the ending. */
function importPath(from: string, to: string): string {
  const way = posix.relative(posix.dirname(from), to).replace(/\.ts$/, "");
  return way.startsWith(".") ? way : `./${way}`;
}
