import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeStrip, stripNotebook, type StripResult } from "../../../engine/notebook/strip/strip-notebook.js";
import { repository } from "../../scripts/rig.js";

type Json = Record<string, unknown>;

const kernel = { kernelspec: { display_name: "Stitchbook", language: "typescript", name: "stitchbook" }, language_info: { name: "typescript", version: "5.0.4" } };
const code = (fields: Json = {}): Json => ({ cell_type: "code", id: "one", metadata: {}, execution_count: null, outputs: [], source: ["1\n", "2"], ...fields });
const prose = (fields: Json = {}): Json => ({ cell_type: "markdown", id: "two", metadata: {}, source: ["# Grüße 🌧"], ...fields });
const book = (cells: readonly Json[], metadata: Json = {}, minor = 5): Json => ({ cells, metadata, nbformat: 4, nbformat_minor: minor });
const strip = (content: unknown) => stripNotebook("a.ipynb", Buffer.from(typeof content === "string" ? content : JSON.stringify(content)));

/** The text of what came out; that nothing was to strip is an error. */
function textOf(result: StripResult): string {
  if (result.kind !== "stripped") throw new Error(`expected something to strip, found ${JSON.stringify(result)}`);
  return result.text;
}

const cellsOf = (result: StripResult): Json[] => (JSON.parse(textOf(result)) as { cells: Json[] }).cells;

describe("what is taken out", () => {
  it("is outputs and counts", () => {
    const result = strip(book([code({ outputs: [{ output_type: "stream", name: "stdout", text: ["x"] }], execution_count: 7 })]));
    expect(cellsOf(result)[0]).toEqual(code());
    expect(result.kind === "stripped" && describeStrip(result.summary)).toBe("1 output, 1 execution count");
  });

  it.each([
    ["what Jupyter folds and scrolls", { collapsed: true, scrolled: "auto", "jp-MarkdownHeadingCollapsed": true, trusted: true }, {}],
    ["times of execution", { execution: { "iopub.status.busy": "2026-01-01T00:00:00Z" }, ExecuteTime: { start_time: "x" } }, {}],
    ["hidden outputs, but not a hidden source", { jupyter: { outputs_hidden: true, source_hidden: true } }, { jupyter: { source_hidden: true } }],
    ["what is left empty", { jupyter: { outputs_hidden: false }, tags: [], editable: true, slideshow: { slide_type: "" }, name: "n" }, { name: "n" }],
    ["Colab's ids and times", { id: "Xy", colab: { base_uri: "x" }, outputId: "1", executionInfo: { elapsed: 1 } }, {}],
    ["papermill's state, not its tags", { papermill: { duration: 1 }, tags: ["parameters"] }, { tags: ["parameters"] }],
    ["VS Code's ids and the kernel's own language", { vscode: { languageId: "typescript", cellId: "1" }, azdata_cell_guid: "g" }, {}],
    ["but not another language", { vscode: { languageId: "sql", cellId: "1" } }, { vscode: { languageId: "sql" } }],
    ["PyCharm's state", { pycharm: { name: "#%%" }, is_executing: true }, {}],
  ])("is %s", (_, metadata, kept) => {
    expect(cellsOf(strip(book([code({ metadata })], kernel)))[0]?.["metadata"]).toEqual(kept);
  });

  it("is VS Code's language of a raw cell, but not YAML's", () => {
    const raw = (languageId: string) => ({ cell_type: "raw", id: languageId, metadata: { vscode: { languageId } }, source: ["---"] });
    expect(cellsOf(strip(book([raw("raw"), raw("yaml")]))).map((cell) => cell["metadata"])).toEqual([{}, { vscode: { languageId: "yaml" } }]);
  });

  it("is what programs write of the notebook", () => {
    const metadata = { ...kernel, kernelspec: { ...kernel.kernelspec, argv: ["x"], env: {} }, widgets: {}, signature: "s", papermill: {}, vscode: { interpreter: { hash: "h" } }, colab: { provenance: [] }, orig_nbformat: 4, authors: [{ name: "A" }] };
    const { metadata: kept } = JSON.parse(textOf(strip(book([prose()], metadata)))) as { metadata: Json };
    expect(kept).toEqual({ authors: [{ name: "A" }], kernelspec: kernel.kernelspec, language_info: { name: "typescript" } });
  });

  it("is never what nobody knows, nor attachments", () => {
    const metadata = { my: { own: [1.5, null] }, name: "n" };
    const [cell] = cellsOf(strip(book([prose({ metadata: { ...metadata, collapsed: true }, attachments: { "a.png": { "image/png": "eA==" } } })])));
    expect(cell).toEqual(prose({ metadata, attachments: { "a.png": { "image/png": "eA==" } } }));
  });
});

describe("ids", () => {
  it("stay, and follow from the content where they are missing, impossible or used before", () => {
    const cells = [code({ id: undefined }), code({ id: "a b" }), code(), code(), prose()];
    const ids = cellsOf(strip(book(cells))).map((cell) => cell["id"]);
    expect(ids.slice(2, 3)).toEqual(["one"]);
    expect(ids[4]).toBe("two");
    expect(new Set(ids).size).toBe(5);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    // Wherever the cell stands.
    expect(cellsOf(strip(book([prose(), code({ id: undefined })])))[1]?.["id"]).toBe(ids[0]);
  });

  it("are not given before nbformat 4.5, which refuses them", () => {
    const { id: _, ...cell } = code({ execution_count: 1 });
    expect(cellsOf(strip(book([cell], {}, 4)))[0]).not.toHaveProperty("id");
  });
});

describe("the text", () => {
  it("is as Jupyter writes it", () => {
    const text = textOf(strip(`\uFEFF${JSON.stringify(book([prose({ source: "a\nb\u0001\n" }), code({ execution_count: 2 })]), null, 4).replaceAll("\n", "\r\n")}`));
    expect(text).toBe(`${JSON.stringify({ cells: [{ cell_type: "markdown", id: "two", metadata: {}, source: ["a\n", "b\u0001\n"] }, { cell_type: "code", execution_count: null, id: "one", metadata: {}, outputs: [], source: ["1\n", "2"] }], metadata: {}, nbformat: 4, nbformat_minor: 5 }, null, 1)}\n`);
  });

  it("stays as it is where nothing is to strip, however it is written", () => {
    expect(strip(`\uFEFF${JSON.stringify(book([code(), prose()]), null, 7).replaceAll("\n", "\r\n")}`)).toEqual({ kind: "clean" });
  });

  it("is stripped for good, whatever the notebook held", () => {
    const metadata = fc.dictionary(fc.constantFrom("collapsed", "tags", "vscode", "jupyter", "own", "__proto__", "10", "9"), fc.jsonValue({ maxDepth: 2 }));
    const cell = fc.record({ type: fc.constantFrom("code", "markdown", "raw"), id: fc.option(fc.string({ maxLength: 5 }), { nil: undefined }), metadata, source: fc.oneof(fc.string(), fc.array(fc.string())), count: fc.option(fc.nat()) });
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 5 }), metadata, fc.constantFrom(4, 5), (cells, whole, minor) => {
        const first = strip(book(cells.map(({ type, id, metadata: own, source, count }) => ({ cell_type: type, ...(id === undefined ? {} : { id }), metadata: own, source, ...(type === "code" ? { outputs: [], execution_count: count } : {}) })), whole, minor));
        if (first.kind === "stripped") expect(strip(first.text)).toEqual({ kind: "clean" });
      }),
    );
  });
});

it.each([
  ["JSON that ends too early", '{\n "cells": [', "2, column 12"],
  ["a merge conflict", '{\n<<<<<<< HEAD\n "cells": []\n}', "merge conflict"],
  ["another format", '{"nbformat": 3}', "nbformat 4, found 3"],
  ["what is no UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), "UTF-8"],
  ["a number that would become another", JSON.stringify(book([code({ execution_count: 1, metadata: { n: 0 } })])).replace('"n":0', '"n":12345678901234567890'), "can't be kept"],
])("%s is an error with its place", (_, content, says) => {
  const result = stripNotebook("a.ipynb", typeof content === "string" ? Buffer.from(content) : content);
  expect(result.kind).toBe("broken");
  expect(JSON.stringify(result)).toContain(says.replace(", column ", ',"column":'));
});

it("the project's own notebooks carry none of it", () => {
  const folder = join(repository, "notebooks");
  const names = readdirSync(folder).filter((name) => name.endsWith(".ipynb"));
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) expect([name, stripNotebook(name, readFileSync(join(folder, name)))]).toEqual([name, { kind: "clean" }]);
});

it.skipIf(process.env["STITCHBOOK_SKIP_PYTHON"] === "1")("Jupyter finds what is written valid, and writes the same", () => {
  const python = process.env["TEST_PYTHON"] ?? join(repository, ".venv/bin/python");
  const text = textOf(strip(book([code({ id: undefined, execution_count: 3, outputs: [] }), prose({ metadata: { collapsed: true } }), { cell_type: "raw", metadata: { format: "text/x" }, source: "---\nstage: a\n---" }], { ...kernel, authors: [{ name: "Ä\u2028\u007f\b" }] })));
  const program = "import sys, nbformat\ntext = sys.stdin.buffer.read().decode()\nbook = nbformat.reads(text, as_version=4)\nnbformat.validate(book)\nsys.stdout.buffer.write((nbformat.writes(book) + '\\n').encode())";
  expect(execFileSync(python, ["-W", "error", "-c", program], { input: text, encoding: "utf8" })).toBe(text);
});
