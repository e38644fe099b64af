import { describe, expect, it } from "vitest";
import { renderInline, renderMarkdown } from "../../engine/report/markdown.js";

const html = async (text: string) => (await renderMarkdown(text)).html;

describe("Markdown of a report", () => {
  it("gives headings GitHub's ids, each once, also against ids of the page", async () => {
    const { headings } = await renderMarkdown("# Größe & Zahl\n\n## A `b` c!\n\n## A `b` c!\n\n## figure-x\n\n### [link](https://e.org)", { ids: new Set(["figure-x"]) });
    expect(headings.map(({ level, id }) => [level, id])).toEqual([[1, "größe--zahl"], [2, "a-b-c"], [2, "a-b-c-1"], [2, "figure-x-1"], [3, "link"]]);
    expect(headings[4]?.html).toBe("link");
  });

  it("knows footnotes, call-outs, task lists and strikethrough", async () => {
    const text = await html("a[^1]\n\n[^1]: note\n\n> [!WARNING]\n> mind\n\n- [x] done\n\n~~gone~~");
    expect(text).toContain('class="footnotes"');
    expect(text).toContain("markdown-alert-warning");
    expect(text).toContain('type="checkbox"');
    expect(text).toContain("<del>gone</del>");
    expect(text).not.toMatch(/ style=/);
  });

  it("lets tables scroll in a box of their own that the keyboard reaches", async () => {
    expect(await html("| a |\n|--:|\n| 1 |")).toMatch(/<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>[\s\S]*<td align="right">1<\/td>[\s\S]*<\/table><\/div>/);
  });

  it("makes a table inside key-figures a list of cards", async () => {
    const text = await html('<div class="key-figures">\n\n| Error | Data to |\n|---|---|\n| **2.3** °C | 31 Dec |\n| RMSE | |\n\n</div>\n\n| a |\n|---|\n| 1 |');
    expect(text).toContain('<dl><div><dt>Error</dt><dd class="value"><strong>2.3</strong> °C</dd><dd class="note">RMSE</dd></div><div><dt>Data to</dt><dd class="value">31 Dec</dd></div></dl>');
    expect(text.match(/<table>/g)).toHaveLength(1);
  });

  it("keeps no link that would run a script", async () => {
    for (const href of ["javascript:alert(1)", "JavaScript:alert(1)", "java&#10;script:alert(1)", "vbscript:x", "data:text/html,x"]) {
      expect(await html(`[a](<${href}>)`)).not.toContain("href");
      expect(await renderInline(`[a](<${href}>)`)).toBe("a");
    }
    expect(await html("[a](https://e.org) [b](#c) [d](e/f.html) [g](mailto:x@y.org)")).toMatch(/href="https:\/\/e.org".*href="#c".*href="e\/f.html".*href="mailto:/);
  });

  it("keeps the author's HTML", async () => {
    expect(await html("<details><summary>x</summary>\n\ny\n\n</details>")).toContain("<details>");
  });
});
