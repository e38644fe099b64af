import { mkdir, mkdtemp, realpath, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A cell of a test notebook. A plain string is a code cell; the first one is the raw front matter where it starts with `---`. */
export type TestCell =
  | string
  | { readonly type?: "code" | "markdown" | "raw"; readonly source: string; readonly tags?: readonly string[] };

/** The cells of a test notebook; `makeProject` writes them as a notebook file. */
export type NotebookCells = readonly TestCell[];

/**
 * Writes a temporary project folder.
 * @param files project path -> text, or the cells of a notebook
 * @returns the absolute path of its root
 */
export async function makeProject(files: Readonly<Record<string, string | NotebookCells>>): Promise<string> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "stitchbook-project-")));
  for (const [path, content] of Object.entries(files)) {
    const target = join(root, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, typeof content === "string" ? content : notebook(content));
  }
  return root;
}

/** The text of an .ipynb file (nbformat 4.5) with these cells. */
export function notebook(cells: NotebookCells): string {
  const written = cells.map((cell, index) => {
    const { type, source, tags } = typeof cell === "string" ? { type: undefined, source: cell, tags: undefined } : cell;
    const isFrontMatter = typeof cell === "string" && index === 0 && source.startsWith("---");
    const kind = type ?? (isFrontMatter ? "raw" : "code");
    return {
      cell_type: kind,
      id: `c${index + 1}`,
      metadata: tags === undefined ? {} : { tags },
      source: splitLines(source),
      ...(kind === "code" ? { execution_count: null, outputs: [] } : {}),
    };
  });
  const kernel = { display_name: "Stitchbook", language: "typescript", name: "stitchbook" };
  return `${JSON.stringify({ cells: written, metadata: { kernelspec: kernel }, nbformat: 4, nbformat_minor: 5 }, null, 1)}\n`;
}

/** nbformat's list of lines, each with its line end. */
function splitLines(source: string): string[] {
  return source.split(/(?<=\n)/).filter((line) => line !== "");
}
