import { describe, expect, it } from "vitest";
import { renderNotebookPage } from "../../engine/report/notebook-page.js";
import type { JsonValue } from "../../engine/project/types.js";
import { lines } from "./sample-report.js";

const code = (source: string | string[], outputs: JsonValue[] = [], executionCount: number | null = 1) => ({ cell_type: "code", id: "x", metadata: {}, source, outputs, execution_count: executionCount });
const page = (cells: { [key: string]: JsonValue }[]) => renderNotebookPage({ notebook: { cells }, title: "Training", file: "notebooks/04-training.ipynb" });
const raw = { cell_type: "raw", id: "f", metadata: {}, source: "---\nstage: training\n---" };
const chart = { output_type: "display_data", data: { "application/vnd.vegalite.v5+json": lines, "text/plain": "chart" }, metadata: {} };

describe("the page of a notebook", () => {
  it("has prose, folded code with colours, and an anchor for each cell and label", async () => {
    const html = await page([raw, { cell_type: "markdown", id: "m", metadata: {}, source: ["# Training\n", "\n", "Why."] }, code(["//| label: fit\n", "//| caption: The *fit*\n", "const a: number = 1;"], [chart])]);
    expect(html).toContain("<h1 id=\"training\">Training</h1>");
    expect(html.match(/<h1/g)).toHaveLength(1);
    expect(html).not.toContain("stage: training");
    expect(html).toMatch(/<section class="cell" id="cell-3"><span id="fit"><\/span><details><summary>Code \[1\] · fit<\/summary>/);
    expect(html).toContain('<span class="hljs-keyword">const</span>');
    expect(html).toMatch(/<figure><div class="output"><div class="plot" role="img" aria-label="The \*fit\*"><svg/);
    expect(html).toContain("<figcaption>The <em>fit</em></figcaption>");
    expect(html).not.toMatch(/<script>| style=/);
  });

  it("shows streams, tables, pictures, text and errors, and opens the code of the cell that failed", async () => {
    const html = await page([
      code("a", [
        { output_type: "stream", name: "stdout", text: ["one\n", "<two>\n"] },
        { output_type: "execute_result", execution_count: 1, metadata: {}, data: { "text/html": "<table onclick=1></table>", "text/markdown": "| a\\<b\\> |\n| ---: |\n| 1 |\n\n1 row, 1 column.", "text/plain": "t" } },
        { output_type: "display_data", metadata: {}, data: { "text/plain": "{ a: 1 }" } },
        { output_type: "display_data", metadata: {}, data: { "text/html": "<b onclick=alert(1)>x</b>", "text/plain": "plain" } },
        { output_type: "display_data", metadata: {}, data: { "image/png": "iVBORw0KGgo=" } },
      ]),
      code("throw new Error('no')", [{ output_type: "error", ename: "Error", evalue: "no", traceback: ["\u001b[31mError: no <x>\u001b[0m", "    at cell 2, line 1"] }], 2),
    ]);
    expect(html).toContain("<pre tabindex=\"0\">one\n&lt;two&gt;</pre>");
    expect(html).toContain("a&lt;b&gt;</th>");
    expect(html).not.toContain("onclick=1");
    expect(html).not.toContain("onclick=alert");
    expect(html).toContain("{ a: 1 }");
    expect(html).toContain(">plain</pre>");
    expect(html).toContain("data:image/png;base64,iVBORw0KGgo=");
    expect(html).toContain('class="error">Error: no &lt;x&gt;\n    at cell 2, line 1</pre>');
    expect(html).toMatch(/id="cell-2"><details open>/);
  });

  it("says why a chart isn't drawn", async () => {
    const html = await page([code("x", [{ output_type: "display_data", metadata: {}, data: { "application/vnd.vegalite.v5+json": { data: { url: "a.csv" }, mark: "point" } } }])]);
    expect(html).toContain("the chart asks for a.csv");
  });

  it("has no id twice, also when labels, headings and charts share a name", async () => {
    const html = await page([{ cell_type: "markdown", id: "m", metadata: {}, source: "## fit\n\n## fit\n\na[^1]\n\n[^1]: b" }, { cell_type: "markdown", id: "n", metadata: {}, source: "a[^1]\n\n[^1]: b" }, code("//| label: fit\n1", [chart, chart]), code("2", [chart])]);
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map((match) => match[1] ?? "").filter((id) => id !== "footnote-label");
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it("has the same bytes every time", async () => {
    const cells = [code("//| label: fit\n1", [chart])];
    expect(await page(cells)).toBe(await page(cells));
  });
});
