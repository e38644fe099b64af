import { cpSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { parse } from "yaml";

type Cell = { readonly cell_type: string; readonly source: string | readonly string[]; readonly metadata?: { readonly tags?: readonly string[] } };
type Notebook = { readonly cells: readonly Cell[]; readonly metadata: object };
type Values = Readonly<Record<string, unknown>>;

/** A folder with the flagship as stock tslab can run it. */
export type JupyterProject = {
  readonly folder: string;
  /** Paths relative to `folder`, in the order in which they must run. */
  readonly notebooks: readonly string[];
  /** What `JUPYTER_PATH` must name for the kernel to be found. */
  readonly jupyterPath: string;
};

/**
 * Converts the flagship for stock tslab, whose root is the notebook's folder, which can't see the types of packages
 * with `exports` only, has no parameters, and loses shorthand properties that name a variable of an earlier cell.
 *
 * @param root - absolute path of the checkout
 * @param folder - absolute path of an empty folder
 */
export function makeJupyterProject(root: string, folder: string): JupyterProject {
  cpSync(join(root, "data/sources"), join(folder, "data/sources"), { recursive: true });
  for (const made of ["data/raw", "data/processed", "model", "stages"]) mkdirSync(join(folder, made), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  for (const name of readdirSync(join(root, "stages"))) {
    writeFileSync(join(folder, "stages", name), convertModule(readFileSync(join(root, "stages", name), "utf8")));
  }
  // It can't know the row types of a project; as a module of its own they cost it as little as they can.
  writeFileSync(join(folder, "stages/row-types.ts"), readFileSync(join(root, ".stitchbook/types/data.d.ts"), "utf8"));
  const { datasets }: { datasets: Readonly<Record<string, Values>> } = parse(readFileSync(join(root, "stitchbook.yaml"), "utf8"));
  const notebooks: string[] = [];
  for (const name of readdirSync(join(root, "notebooks")).filter((each) => each.endsWith(".ipynb")).sort()) {
    const notebook: Notebook = JSON.parse(readFileSync(join(root, "notebooks", name), "utf8"));
    const fansOut = notebook.cells.some((cell) => cell.cell_type === "raw" && /^foreach: dataset$/m.test(textOf(cell)));
    const variants: readonly Values[] = fansOut ? Object.entries(datasets).map(([dataset, values]) => ({ dataset, ...values })) : [{}];
    for (const values of variants) {
      const target = fansOut ? name.replace(".ipynb", `-${String(values["dataset"])}.ipynb`) : name;
      writeFileSync(join(folder, target), JSON.stringify(convertNotebook(notebook, values)));
      notebooks.push(target);
    }
  }
  return { folder, notebooks, jupyterPath: writeKernelspec(root, folder) };
}

function writeKernelspec(root: string, folder: string): string {
  const jupyterPath = join(folder, "jupyter");
  const spec = join(jupyterPath, "kernels/stock-tslab");
  mkdirSync(spec, { recursive: true });
  const argv = [process.execPath, join(root, "node_modules/tslab/bin/tslab"), "kernel", "--config-path={connection_file}"];
  writeFileSync(join(spec, "kernel.json"), JSON.stringify({ argv, display_name: "tslab", language: "typescript" }));
  return jupyterPath;
}

function convertNotebook(notebook: Notebook, values: Values): object {
  const cells = notebook.cells
    .filter((cell) => cell.cell_type !== "raw")
    .map((cell, index) => {
      const common = { id: `cell-${index}`, cell_type: cell.cell_type, metadata: {} };
      if (cell.cell_type !== "code") return { ...common, source: textOf(cell) };
      const isParameters = cell.metadata?.tags?.includes("parameters") ?? false;
      const source = convertCode(isParameters ? withValues(textOf(cell), values) : textOf(cell));
      return { ...common, source, outputs: [], execution_count: null };
    });
  const metadata = { kernelspec: { name: "stock-tslab", display_name: "tslab", language: "typescript" } };
  return { cells, metadata, nbformat: 4, nbformat_minor: 5 };
}

function textOf(cell: Cell): string {
  return typeof cell.source === "string" ? cell.source : cell.source.join("");
}

function withValues(source: string, values: Values): string {
  return Object.entries(values).reduce(
    (text, [name, value]) => text.replace(new RegExp(`^(const ${name}: [^=]+ = ).*;$`, "m"), (_, head: string) => `${head}${JSON.stringify(value)};`),
    source,
  );
}

function convertCode(source: string): string {
  const local = source
    .replaceAll('from "../stages/', 'from "./stages/')
    .replaceAll('from "stitchbook/data"', 'from "./stages/row-types"')
    .replace('import { show } from "stitchbook/notebook";', "const show = { markdown: (text: string) => console.log(text) };");
  return expandShorthands(local);
}

function convertModule(source: string): string {
  // It does not compile in strict mode, and without it the narrowing of an unknown fails where it is right.
  return `// @ts-nocheck\n${source.replaceAll('from "stitchbook/data"', 'from "./row-types"').replace(/^import type \{ TopLevelSpec \} from "vega-lite";$/m, "type TopLevelSpec = object;")}`;
}

function expandShorthands(source: string): string {
  const file = ts.createSourceFile("cell.ts", source, ts.ScriptTarget.ES2022, true);
  const found: ts.ShorthandPropertyAssignment[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isShorthandPropertyAssignment(node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found.reduceRight((text, { name }) => `${text.slice(0, name.end)}: ${name.text}${text.slice(name.end)}`, source);
}
