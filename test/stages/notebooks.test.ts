import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

type Notebook = {
  nbformat: number;
  nbformat_minor: number;
  metadata: { kernelspec: Record<string, string> };
  cells: { id: string; cell_type: string; source: string[]; metadata: { tags?: string[] }; outputs?: unknown[]; execution_count?: number | null }[];
};

const folder = new URL("../../notebooks/", import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith(".ipynb"));

it("there are five, in the order of the way", () => {
  expect(names.sort()).toEqual(["01-ingestion.ipynb", "02-cleaning.ipynb", "03-features.ipynb", "04-training.ipynb", "05-reporting.ipynb"]);
});

describe.each(names)("%s", (name) => {
  const notebook = JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Notebook;
  const text = (cell: Notebook["cells"][number]): string => cell.source.join("");

  it("is nbformat 4.5 for the project's kernel, without outputs", () => {
    expect([notebook.nbformat, notebook.nbformat_minor]).toEqual([4, 5]);
    expect(notebook.metadata.kernelspec).toEqual({ display_name: "Stitchbook", language: "typescript", name: "stitchbook" });
    const code = notebook.cells.filter((cell) => cell.cell_type === "code");
    expect(code.every((cell) => cell.outputs?.length === 0 && cell.execution_count === null)).toBe(true);
  });

  it("has stable cell ids that are said once", () => {
    const ids = notebook.cells.map((cell) => cell.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z][a-z0-9-]{0,63}$/);
  });

  it("begins with its front matter and tells its story in between", () => {
    const [first, second] = notebook.cells;
    expect(first?.cell_type).toBe("raw");
    expect(text(first ?? { id: "", cell_type: "", source: [], metadata: {} })).toMatch(/^---\nstage: [a-z]+\n[\s\S]*\n---$/);
    expect(second?.cell_type).toBe("markdown");
    const prose = notebook.cells.filter((cell) => cell.cell_type === "markdown");
    expect(prose.length).toBeGreaterThanOrEqual(notebook.cells.filter((cell) => cell.cell_type === "code").length - 1);
  });

  it("says what each labelled chart shows", () => {
    for (const cell of notebook.cells.filter((each) => text(each).includes("//| label:"))) {
      expect(text(cell)).toMatch(/^\/\/\| label: \S+\n\/\/\| caption: .{20,}\n\/\/\| alt: .{60,}\n/);
    }
  });
});
