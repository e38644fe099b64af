import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { escapeText, escapeValue, printNumber } from "../../engine/report/escape.js";
import { renderMarkdown } from "../../engine/report/markdown.js";

const decode = (html: string) =>
  html.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))).replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&quot;/g, '"').replace(/&amp;/g, "&");
/** What a reader sees of Markdown, and the elements it made. */
async function read(markdown: string): Promise<{ text: string; tags: string[] }> {
  const { html } = await renderMarkdown(markdown);
  return { text: decode(html.replace(/<[^>]*>/g, "")).replace(/\s+/g, " ").trim(), tags: [...html.matchAll(/<(\w+)/g)].map((match) => match[1] ?? "") };
}
const lively = ["<script>alert(1)</script>", "a|b", "*x* **y** _z_ __w__", "[y](https://e.org)", "![y](z)", "`code`", "~~gone~~", "[^1]", "# heading", "- item", "1. item", "+ x", "> quote", "---", "===", "    code", "\ttab",
  "https://example.org", "www.example.org", "me@example.org", "&lt;b&gt; &amp; &#42;", "\\*", "$x$", "[!NOTE]", "a\n\n# b\n\n<b>", "<!-- x -->", "O'Brien \"said\"", "snake_case_name", ":smile:", "2015-12-31", "-3.5", "12:30:45", "`` ` ``", "1) x", "Â·é中🎉", "_", "*", "|", "\\", "<", "&"];

describe("values in a report", () => {
  it.each(lively)("stay text wherever they stand: %j", async (value) => {
    const shown = value.replace(/\s+/g, " ").trim();
    const escaped = escapeText(value);
    expect(await read(escaped)).toEqual({ text: shown, tags: shown === "" ? [] : ["p"] });
    expect(await read(`x ${escaped} y`)).toEqual({ text: `x ${shown} y`, tags: ["p"] });
    expect(await read(`| h |\n|---|\n| ${escaped} |`)).toMatchObject({ text: `h ${shown}`, tags: ["div", "table", "thead", "tr", "th", "tbody", "tr", "td"] });
    expect(await read(`<div title="${escaped}">${escaped}</div>`)).toEqual({ text: shown, tags: ["div"] });
  });

  it("stay text for any string", async () => {
    const alphabet = fc.constantFrom(..."ab1 -_*[]()<>|`~!#+=.:/@&;\\\"'$\n\t^{}");
    await fc.assert(fc.asyncProperty(fc.string({ unit: alphabet, maxLength: 14 }), async (value) => {
      const shown = value.replace(/\s+/g, " ").trim();
      const alone = await read(escapeText(value));
      expect(alone.text).toBe(shown);
      expect(alone.tags.filter((tag) => tag !== "p")).toEqual([]);
      expect(await read(`a ${escapeText(value)} b`)).toEqual({ text: `a ${shown} b`.replace(/\s+/g, " "), tags: ["p"] });
    }), { numRuns: 600 });
  });

  it("keep names and numbers readable in the Markdown itself", () => {
    for (const plain of ["temp_max", "2.31", "-3.5", "2015-12-31", "New York (NY)", "12:30", "50%", "data/raw/a.csv", "3 × 4 = 12"]) expect(escapeText(plain)).toBe(plain);
  });

  it("hold no characters that end a marker or a line", () => {
    expect(escapeText("a\u0000b\r\nc\u2028d")).toBe("a\ufffdb c d");
  });

  it("print numbers in full where they are whole, else with six digits", () => {
    expect([2922, 0.8312345678, 1234567.891, -0.1, 1e21, 2015].map(printNumber)).toEqual(["2922", "0.831235", "1234568", "-0.1", "1e+21", "2015"]);
    expect([true, null, [1, "a|b"], undefined].map(escapeValue)).toEqual(["true", "", "1, a&#124;b", ""]);
  });

  it("are values: an object is an error that names what it holds", () => {
    expect(() => escapeValue({ r2: 1, rmse: 2 })).toThrow(expect.objectContaining({ code: "not-a-value", hint: "quote one of its values: `r2`, `rmse`" }));
  });
});
