import fc from "fast-check";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { nameRowTypes } from "../../engine/project/row-types/row-type-names.js";
import { describeRowTypes } from "../../engine/project/row-types/row-types.js";
import { surveyProject } from "../../engine/project/read-project.js";
import type { ColumnContract, Project, Stage } from "../../engine/project/types.js";
import { makeProject, type NotebookCells } from "./make-project.js";

async function read(files: Readonly<Record<string, string | NotebookCells>>) {
  return surveyProject(await makeProject({ "stitchbook.yaml": "name: rows\ndatasets: [a, b]\n", ...files }));
}

const frontMatter = (...lines: readonly string[]): NotebookCells => [["---", ...lines, "---"].join("\n")];

/** Paths of tables, all of one stage -> path -> name of its type. */
function namesOf(...paths: readonly string[]) {
  const place = { file: "n.ipynb" };
  const outputs = paths.map((path) => ({ path, place, columns: [{ name: "x", required: true }] }));
  const stage: Stage = { kind: "stage", id: "my-stage", title: "", file: "n.ipynb", foreach: false, inputs: [], outputs, env: [], secrets: [], retry: { attempts: 1, delayMs: 0 }, timeoutMs: 1, maxAgeMs: null, idempotent: true, metrics: [], cells: [], parameters: [], place };
  const { types, problems } = nameRowTypes([stage]);
  return { byPath: Object.fromEntries(types.map(({ name, output }) => [output.path, name])), problems };
}

describe("the name of a row type", () => {
  it("is that of the file, in PascalCase", () => {
    expect(namesOf("data/processed/cleaned.csv", "a/new-york_daily.csv", "a/features.v2.parquet", "a/températures été.json", "a/newYork.csv", "2024-sales.csv", "a/数据.csv").byPath).toEqual({
      "data/processed/cleaned.csv": "Cleaned",
      "a/new-york_daily.csv": "NewYorkDaily",
      "a/features.v2.parquet": "FeaturesV2",
      "a/températures été.json": "TempératuresÉté",
      "a/newYork.csv": "NewYork",
      "2024-sales.csv": "_2024Sales",
      "a/数据.csv": "数据",
    });
  });

  it("leaves the dataset out, and is that of the folder where nothing else is left", () => {
    expect(namesOf("a/{dataset}-daily.csv", "raw/{dataset}.csv", "out/{dataset}/rows.csv", "b/{dataset}/{dataset}.csv").byPath).toEqual({
      "a/{dataset}-daily.csv": "Daily",
      "raw/{dataset}.csv": "Raw",
      "out/{dataset}/rows.csv": "Rows",
      "b/{dataset}/{dataset}.csv": "B",
    });
    expect(namesOf("{dataset}.csv").byPath).toEqual({ "{dataset}.csv": "MyStage" });
  });

  it("tells files apart by their ending, else by their folders", () => {
    expect(namesOf("a/rows.csv", "a/rows.parquet").byPath).toEqual({ "a/rows.csv": "RowsCsv", "a/rows.parquet": "RowsParquet" });
    expect(namesOf("raw/rows.csv", "done/rows.csv", "c/other.csv").byPath).toEqual({ "raw/rows.csv": "RawRows", "done/rows.csv": "DoneRows", "c/other.csv": "Other" });
    expect(namesOf("x/a/rows.csv", "y/a/rows.csv", "a-rows.csv").byPath).toEqual({ "x/a/rows.csv": "XARows", "y/a/rows.csv": "YARows", "a-rows.csv": "ARowsCsv" });
  });

  it("is an error where nothing tells two files apart", () => {
    const { byPath, problems } = namesOf("a/my-rows.csv", "a/my_rows.csv");
    expect(Object.keys(byPath)).toEqual(["a/my-rows.csv"]);
    expect(problems).toMatchObject([{ severity: "error", code: "duplicate-row-type", message: expect.stringMatching(/a\/my_rows\.csv.*a\/my-rows\.csv.*MyRowsCsv/) }]);
  });
});

describe("row types", () => {
  it("are made from columns and key: types, missing values, enums, ranges", async () => {
    const { project, problems } = await read({
      "notebooks/a.ipynb": frontMatter(
        "stage: make", "title: Make */ rows", "outputs:", "  - path: data/cleaned.csv", "    columns:", "      date: date", "      city: { type: string, enum: [Oslo, \"New\\\"York\"] }",
        "      \"temp max\": { type: number, required: true, minimum: -60, maximum: 60 }", "      count: { type: integer, minimum: 0 }", "      level: { type: integer, enum: [1, 2], required: true }",
        "      seen: boolean", "      loose: {}", "    key: [date, station]", "  - data/other.csv", "  - { path: data/keyed.csv, key: [a] }",
      ),
    });
    expect(problems).toEqual([]);
    expect(describeRowTypes(project)).toBe(`// Made by Stitchbook from the \`columns\` that stages declare. Edit the front matter of the stage instead.

/**
 * One row of \`data/cleaned.csv\`, made by the stage \`make\` (Make *\\/ rows).
 * Identified by \`date\`, \`station\`.
 */
export type Cleaned = {
  /** Date in ISO 8601. Column of \`data/cleaned.csv\`, stage \`make\`. */
  date: string;
  /** Text. Column of \`data/cleaned.csv\`, stage \`make\`. */
  city: "Oslo" | "New\\"York" | null;
  /** Number, -60 to 60. Column of \`data/cleaned.csv\`, stage \`make\`. */
  "temp max": number;
  /** Whole number, at least 0. Column of \`data/cleaned.csv\`, stage \`make\`. */
  count: number | null;
  /** Whole number. Column of \`data/cleaned.csv\`, stage \`make\`. */
  level: 1 | 2;
  /** True or false. Column of \`data/cleaned.csv\`, stage \`make\`. */
  seen: boolean | null;
  /** Value. Column of \`data/cleaned.csv\`, stage \`make\`. */
  loose: string | number | boolean | null;
  /** Value. Column of \`data/cleaned.csv\`, stage \`make\`. */
  station: string | number | boolean;
};

export {};
`);
  });

  it("of a project without any are an empty module, and two of one name are an error of the project", async () => {
    expect(describeRowTypes({ stages: [] })).toMatch(/^\/\/ Made.*\n\nexport {};\n$/);
    const columns = "columns: { x: string }";
    const { problems } = await read({ "notebooks/a.ipynb": frontMatter("stage: make", "outputs:", `  - { path: data/a-b.csv, ${columns} }`, `  - { path: data/a_b.csv, ${columns} }`) });
    expect(problems).toMatchObject([{ code: "duplicate-row-type", place: { file: "notebooks/a.ipynb", cell: 1, line: 5 } }]);
  });

  it("are TypeScript whatever columns and files are called", () => {
    const text = fc.string({ unit: "binary", maxLength: 8 });
    // Without characters that are newer than TypeScript.
    const fileName = fc.string({ unit: fc.constantFrom(..."aZéß中д٣9_-. {}[]*\"'`$\\\u0301\u200d"), maxLength: 8 });
    const type = fc.constantFrom(...(["string", "number", "integer", "boolean", "date", undefined] as const));
    const column = fc.record({ name: text, type, required: fc.boolean(), enum: fc.option(fc.array(fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)), { minLength: 1, maxLength: 3 }), { nil: undefined }) });
    fc.assert(
      fc.property(fileName, fc.uniqueArray(column, { selector: ({ name }) => name, minLength: 1, maxLength: 4 }), (name, columns) => {
        const outputs = [{ path: `data/${name.replaceAll("/", "")}.csv`, place: { file: "" }, columns: columns.map(({ type: kind, enum: values, ...rest }): ColumnContract => ({ ...rest, ...(kind === undefined ? {} : { type: kind }), ...(values === undefined ? {} : { enum: values }) })) }];
        const stages = [{ id: "s", title: name, outputs }] as unknown as Project["stages"];
        const file = ts.createSourceFile("data.d.ts", describeRowTypes({ stages }), ts.ScriptTarget.ES2022, true);
        const [declared] = file.statements.filter(ts.isTypeAliasDeclaration);
        expect("parseDiagnostics" in file && Array.isArray(file.parseDiagnostics) ? file.parseDiagnostics.length : null).toBe(0);
        expect(declared !== undefined && ts.isTypeLiteralNode(declared.type) ? declared.type.members.map((member) => (member.name !== undefined && "text" in member.name ? member.name.text : null)) : null).toEqual(columns.map((each) => each.name));
      }),
    );
  });
});
