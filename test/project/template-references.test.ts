import { describe, expect, it } from "vitest";
import { readTemplateReferences } from "../../engine/project/templates/template-references.js";

const read = (body: string, options: { partials?: Record<string, string>; inputNames?: string[]; bodyLineOffset?: number } = {}) =>
  readTemplateReferences({
    file: "templates/summary.md", body, bodyLineOffset: options.bodyLineOffset ?? 0,
    partials: new Map(Object.entries(options.partials ?? {})), inputNames: options.inputNames ?? ["metrics"],
  });
const codes = async (body: string, options?: Parameters<typeof read>[1]) => (await read(body, options)).problems.map((problem) => problem.code);

describe("references of a template", () => {
  it("finds embeds, refs, tables and quoted stages, in the order of the text", async () => {
    const found = await read([
      "See {% ref \"b\" %}.", "{% embed \"a\" %}", "{% if metrics.r2 > 0.5 %}{% embed \"b\", dataset: \"seattle\" %}{% ref \"b\", dataset: \"seattle\" %}{% endif %}",
      "{% table \"model/metrics.csv\", columns: \"a, b\", limit: 3 %}", "{{ stages.cleaning.outputs[\"data/cleaned.csv\"].rows }} {{ stages.my-stage }}",
    ].join("\n"), { bodyLineOffset: 5 });
    expect(found.embeds).toEqual([
      { label: "a", dataset: null, place: { file: "templates/summary.md", line: 7, column: 1 } },
      { label: "b", dataset: "seattle", place: { file: "templates/summary.md", line: 8, column: 26 } },
    ]);
    expect(found.refs.map((ref) => [ref.label, ref.dataset])).toEqual([["b", null], ["b", "seattle"]]);
    expect(found.tables).toEqual([{ path: "model/metrics.csv", place: { file: "templates/summary.md", line: 9, column: 1 } }]);
    expect(found.stages.map(({ id, path }) => ({ id, path }))).toEqual([{ id: "cleaning", path: "data/cleaned.csv" }, { id: "my-stage", path: null }]);
    expect(found.problems.map(({ code, place }) => ({ code, place }))).toEqual([
      { code: "unembedded-reference", place: { file: "templates/summary.md", line: 6, column: 5 } },
    ]);
  });

  it("names an unknown name with file, line, column and the nearest known one", async () => {
    const { problems } = await read("one\n\nR² is {{ metric.r2 | format: \".3f\" }}", { bodyLineOffset: 4 });
    expect(problems).toEqual([{
      severity: "error", code: "unknown-name", place: { file: "templates/summary.md", line: 7, column: 10 },
      message: "there is no `metric` here", hint: "did you mean `metrics`?",
    }]);
  });

  it("knows inputs, given names and locals of assign, for and capture", async () => {
    expect(await codes("{% assign x = metrics.a %}{{ x }}{% for m in metrics.rows %}{{ forloop.index }}{{ m.a }}{% endfor %}{% capture c %}y{% endcapture %}{{ c }}{{ run.id }}{{ run.date }}{{ previous.metrics.r2 }}")).toEqual([]);
  });

  it("lists every mistake, each once", async () => {
    const { problems } = await read("{{ a | nofilter }}\n{% nosuch %}\n{% if metrics.x %}{{ metrics.y | fromat: 1 }}{% endif %}\n{{ wrong }}\n{{ run.number }}");
    expect(problems.map(({ code, place, hint }) => [code, place.line, hint])).toEqual([
      ["unknown-filter", 1, undefined], ["unknown-tag", 2, expect.any(String)], ["unknown-filter", 3, "did you mean `format`?"],
      ["unknown-name", 4, expect.stringContaining("metrics")], ["unknown-name", 5, expect.stringContaining("id")],
    ]);
  });

  it("refuses syntax errors, unclosed blocks and stray ends with their place", async () => {
    expect(await codes("{% if metrics.x %} never closed")).toEqual(["template-syntax"]);
    expect(await codes("{{ metrics.x ")).toEqual(["template-syntax"]);
    expect(await codes("{% endif %}")).toEqual(["stray-tag"]);
    expect((await read("\n\n  {{ metrics.x ")).problems[0]?.place).toEqual({ file: "templates/summary.md", line: 3, column: 3 });
  });

  it("knows what can be quoted of an output", async () => {
    const { problems } = await read('{{ stages.a.outputs["a.csv"].rowz }}{{ stages.a.outputs["a.csv"].schema_hash }}{{ stages.a.outputs["a.csv"].bytes }}');
    expect(problems).toMatchObject([{ code: "unknown-name", message: "an output has no `rowz`", hint: "did you mean `rows`?" }]);
  });

  it("refuses labels, stages and partials that are known only when rendering", async () => {
    expect(await codes("{% embed metrics.label %}")).toEqual(["template-syntax"]);
    expect(await codes("{% embed \"a\", dataset: metrics.place %}")).toEqual(["template-syntax"]);
    expect(await codes("{% embed \"a\", datset: \"b\" %}")).toEqual(["template-syntax"]);
    expect(await codes("{{ stages[metrics.id].outputs }}")).toEqual(["dynamic-reference"]);
    expect(await codes("{% for s in stages %}{% endfor %}")).toEqual(["dynamic-reference"]);
    expect(await codes("{{ stages.cleaning.output[\"a.csv\"] }}")).toEqual(["unknown-name"]);
    expect(await codes("{% render metrics.partial %}")).toEqual(["dynamic-reference"]);
  });

  it("refuses what would differ between two renderings of the same data", async () => {
    expect(await codes("{{ metrics.list | sample }}")).toEqual(["unknown-filter"]);
    expect(await codes("{{ metrics.day | date_to_string }}")).toEqual(["unknown-filter"]);
    expect(await codes("{% increment x %}")).toEqual(["unknown-tag"]);
  });

  it("refuses a label embedded twice", async () => {
    expect(await codes("{% embed \"a\" %}{% embed \"a\" %}")).toEqual(["duplicate-embed"]);
    expect(await codes("{% embed \"a\", dataset: \"x\" %}{% embed \"a\", dataset: \"y\" %}")).toEqual([]);
  });
});

describe("partials of a template", () => {
  it("are followed, with places in their own file and without the front matter's lines", async () => {
    const found = await read("{% render \"footer\", note: metrics.a %}", {
      bodyLineOffset: 9, partials: { "templates/footer.md": "\n{{ note }} {% embed \"a\" %} {{ stages.s.outputs[\"x.csv\"].rows }} {{ oops }}" },
    });
    expect(found.embeds).toEqual([{ label: "a", dataset: null, place: { file: "templates/footer.md", line: 2, column: 12 } }]);
    expect(found.stages).toEqual([{ id: "s", path: "x.csv", values: ["rows"], place: { file: "templates/footer.md", line: 2, column: expect.any(Number) } }]);
    expect(found.problems).toMatchObject([{ code: "unknown-name", place: { file: "templates/footer.md", line: 2 }, message: "there is no `oops` here" }]);
  });

  it("may be given by name alone, and included with the names around them", async () => {
    const found = await read("{% for m in metrics.rows %}{% include \"row\" %}{% endfor %}", { partials: { row: "{{ m.x }} {% ref \"a\" %}{% embed \"a\" %}" } });
    expect(found.problems).toEqual([]);
    expect(found.refs[0]?.place.file).toBe("templates/row.md");
  });

  it("that aren't there or render themselves are problems", async () => {
    expect(await read("{% render \"foter\" %}", { partials: { "templates/footer.md": "" } })).toMatchObject({ problems: [{ code: "unknown-partial", hint: "did you mean `footer`?" }] });
    expect(await codes("{% render \"a\" %}", { partials: { "templates/a.md": "{% render \"b\" %}", "templates/b.md": "{% render \"a\" %}" } })).toEqual(["partial-cycle"]);
  });

  it("have their own syntax errors listed at their own place", async () => {
    const { problems } = await read("{% render \"a\" %}", { partials: { "templates/a.md": "x\n{{ y | nope }}\n{% nope %}" } });
    expect(problems.map(({ code, place }) => [code, place.file, place.line])).toEqual([["unknown-filter", "templates/a.md", 2], ["unknown-tag", "templates/a.md", 3]]);
  });
});
