import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import { configShape } from "../../engine/project/shapes/config-shape.js";
import { readConfig } from "../../engine/project/config.js";
import { openFields } from "../../engine/project/shapes/field-reader.js";
import { splitFrontMatter } from "../../engine/project/front-matter.js";
import { findJsonError } from "../../engine/project/json-syntax.js";
import { makeSchema, schemaNames, type SchemaName } from "../../engine/project/shapes/json-schema.js";
import { readReport } from "../../engine/project/templates/report.js";
import { reportShape } from "../../engine/project/shapes/report-shape.js";
import { readStage } from "../../engine/project/stage.js";
import { stageShape } from "../../engine/project/shapes/stage-shape.js";
import { parseYaml } from "../../engine/project/yaml-source.js";
import { notebook, type NotebookCells } from "./make-project.js";
import { repository } from "../scripts/rig.js";

const ajv = new Ajv({ strict: true, strictRequired: false, strictTypes: false, allErrors: true, keywords: [] });
const validate = Object.fromEntries(schemaNames.map((name) => [name, ajv.compile(makeSchema(name))])) as Record<SchemaName, ReturnType<Ajv["compile"]>>;

type Case = { readonly title: string; readonly files: Readonly<Record<string, string | NotebookCells>> };
const folder = join(repository, "test/cases");
const cases = readdirSync(folder).map((name): Case => parse(readFileSync(join(folder, name), "utf8")));

/** The codes of all that is wrong with a file of this kind. */
async function readers(name: SchemaName, yaml: string): Promise<readonly string[]> {
  switch (name) {
    case "config":
      return (await readConfig(yaml)).problems.map(({ code }) => code);
    case "stage":
      return (await readStage("a.ipynb", [{ type: "raw", position: 1, id: "a", tags: [], source: `---\n${yaml}\n---` }])).problems.map(({ code }) => code);
    case "report":
      return (await readReport("a.md", `---\n${yaml}\n---\n`)).problems.map(({ code }) => code);
  }
}

/** What only the code can tell: it asks a library, compares numbers, or looks at more than one key of the front matter. */
const beyondSchemas = new Set([
  "bad-timezone", "duplicate-env", "missing-dataset-parameter", "shared-output", "dataset-without-foreach", "not-a-table", "glob-output", "reserved-output", "reserved-input",
  "bad-path", "bad-placeholder", "absolute-path", "path-leaves-project", "folder", "bad-glob", "variable-outside-alerts", "no-datasets", "front-matter-cell", "undeclared-metrics",
]);

/** What the code says where a schema says something else; null where both take the value, or both refuse it. */
async function disagreement(name: SchemaName, value: unknown): Promise<string | null> {
  // JSON is YAML, and quick to write.
  const all = await readers(name, JSON.stringify(value));
  const codes = all.filter((code) => !beyondSchemas.has(code));
  const isValid = validate[name](value);
  if (codes.length > 0 ? !isValid : isValid || all.length > 0) return null;
  return codes.length > 0 ? `the code finds ${codes.join(", ")}` : `the schema finds ${ajv.errorsText(validate[name].errors)}`;
}

/** Put in every place, one at a time, so that no second mistake hides what is said of the first. */
const anything: readonly unknown[] = [
  "", "a", "A-B", "A?", "a/b", "..", "a.csv", "m.JSON", 0, 1, 2.5, true, null, [], {}, ["a"], ["a", "a"], [1], { a: 1 }, { a: "b" }, { "a-b": "c" }, { run: "c" },
  "2.5 %", "0s", "30", "1m30s", "30s1m", "500ms", ">= 1", "1..3", "${A}", "${", "https://a.example/b", "string", "nubmer", "dataset", "failed",
];

/** Valid, with every key that there is; the rest of the table says what else a place may hold. */
const bases = {
  config: {
    name: "test", notebooks: ["n/*.ipynb"], templates: "t/*.md", datasets: ["a"], params: { seed: 1 }, timezone: "UTC", logs: { keep: 3 },
    alerts: { slack: "${HOOK}", email: { smtp: "${S}", from: "a", to: ["b"] }, link: "l", on: ["failed"], rules: [{ metric: "r2", in: "m.json", below: 1, above: 2, change: "10%" }, { rows: "a.csv", above: 1 }] },
  },
  stage: {
    stage: "make", title: "T", inputs: ["a.csv"], env: ["A"], secrets: ["B"], retry: { attempts: 2, delay: "1s" }, timeout: "10m", max_age: "24h", idempotent: false, foreach: "dataset", format: "html", metrics: ["{dataset}.json"],
    outputs: [{ path: "{dataset}.csv", rows: 3, key: ["a"], columns: { a: { type: "number", required: true, enum: [1], minimum: 1 }, b: "date", c: { type: "string", enum: ["x"] }, d: { type: "integer" }, e: { maximum: 1 } } }, "{dataset}.json"],
  },
  report: { report: "summary", title: "T", outputs: { markdown: "a.md", html: "a.html", images: "i" }, inputs: { m: "m.json" } },
} satisfies Record<SchemaName, unknown>;

type Path = readonly PropertyKey[];

/** The path of every value in a value. */
function placesIn(value: unknown, path: Path = []): Path[] {
  const inside = Array.isArray(value) ? value.flatMap((each, index) => placesIn(each, [...path, index])) : isRecord(value) ? Object.entries(value).flatMap(([key, each]) => placesIn(each, [...path, key])) : [];
  return path.length === 0 ? inside : [path, ...inside];
}

/** A copy with another value in one place; `undefined` takes it away. */
function replaceAt(value: unknown, [step, ...rest]: Path, replacement: unknown): unknown {
  if (step === undefined) return replacement;
  if (Array.isArray(value) && typeof step === "number") return value.flatMap((each, index) => (index === step ? [replaceAt(each, rest, replacement)].filter((kept) => kept !== undefined) : [each]));
  // A list has no keys: what is asked for beside its items changes nothing.
  if (!isRecord(value)) return value;
  const changed = { ...value, [step]: replaceAt(value[String(step)], rest, replacement) };
  return Object.fromEntries(Object.entries(changed).filter(([, each]) => each !== undefined));
}

describe("a schema and the code that reads the same file agree", () => {
  it.each(schemaNames)("on what %s may hold, place by place", async (name) => {
    const base = bases[name];
    expect([validate[name](base), await disagreement(name, base)]).toEqual([true, null]);
    const found: unknown[] = [];
    const compare = async (path: Path, value: unknown) => {
      const text = await disagreement(name, replaceAt(base, path, value));
      if (text !== null) found.push([path.join("."), value, text]);
    };
    for (const path of placesIn(base)) {
      for (const value of [...anything, undefined]) await compare(path, value);
      // Beside it, a key that there is not.
      await compare([...path.slice(0, -1), "nonsense"], "x");
    }
    expect(found.map((each) => JSON.stringify(each)).join("\n")).toBe("");
  });

  it.each(cases)("on the case: $title", async ({ files }) => {
    for (const { name, yaml } of await yamlOf(Object.fromEntries(Object.entries(files).map(([path, content]) => [path, typeof content === "string" ? content : notebook(content)])))) {
      const { value, problems } = parseYaml(yaml, { file: "a" });
      if (problems.length === 0 && isRecord(value)) expect([yaml, await disagreement(name, value)]).toEqual([yaml, null]);
    }
  });

  it.each([["the flagship", "", 5], ["the starter", "examples/starter", 3]] as const)("on %s", async (_, project, stages) => {
    const list = (path: string) => readdirSync(join(repository, project, path)).map((file) => `${path}/${file}`);
    const paths = ["stitchbook.yaml", ...list("notebooks"), ...list("templates").filter((path) => path.endsWith(".md"))];
    const found = await yamlOf(Object.fromEntries(paths.map((path) => [path, readFileSync(join(repository, project, path), "utf8")])));
    expect(found.map(({ name }) => name)).toEqual(["config", ...Array.from({ length: stages }, () => "stage"), "report"]);
    for (const { name, yaml } of found) expect([name, validate[name](parse(yaml)), validate[name].errors]).toEqual([name, true, null]);
  });
});

it("every key says what it is for", () => {
  const shapes: Record<SchemaName, object> = { config: { ...configShape, datasets: 0 }, stage: stageShape, report: reportShape };
  for (const name of schemaNames) {
    const properties = makeSchema(name)["properties"];
    const own = Object.keys(shapes[name]).filter((key) => !key.startsWith("dataset") || key === "datasets");
    expect(Object.keys(isRecord(properties) ? properties : {}).sort()).toEqual(own.sort());
    expect(undescribed(makeSchema(name), name)).toEqual([]);
  }
});

it("shapes refuse the same when they are read by themselves", () => {
  const problems: Parameters<typeof openFields>[1] = [];
  openFields(parseYaml("stage: My", { file: "a" }), problems).read("stage", stageShape.stage);
  expect(problems).toHaveLength(1);
});

/** Properties without a description, at any depth. */
function undescribed(node: unknown, path: string): string[] {
  if (!isRecord(node)) return Array.isArray(node) ? node.flatMap((each, index) => undescribed(each, `${path}/${index}`)) : [];
  const properties = isRecord(node["properties"]) && node["if"] === undefined && node["additionalProperties"] === false ? Object.entries(node["properties"]) : [];
  const missing = properties.filter(([, value]) => !isRecord(value) || typeof value["description"] !== "string").map(([key]) => `${path}.${key}`);
  return [...missing, ...Object.entries(node).flatMap(([key, value]) => undescribed(value, `${path}/${key}`))];
}

async function yamlOf(files: Readonly<Record<string, string>>): Promise<{ readonly name: SchemaName; readonly yaml: string }[]> {
  const found = await Promise.all(
    Object.entries(files).map(async ([path, text]): Promise<{ name: SchemaName; yaml: string }[]> => {
      if (path === "stitchbook.yaml") return [{ name: "config", yaml: text }];
      const name = path.endsWith(".ipynb") ? "stage" : "report";
      const split = await splitFrontMatter(name === "stage" ? firstCell(text) : text);
      return split?.kind === "found" ? [{ name, yaml: split.yaml }] : [];
    }),
  );
  return found.flat();
}

/** Empty for what is no notebook. */
function firstCell(text: string): string {
  const content: unknown = findJsonError(text) === null ? JSON.parse(text) : null;
  const [cell] = isRecord(content) && Array.isArray(content["cells"]) ? content["cells"] : [];
  const source: unknown = isRecord(cell) ? cell["source"] : "";
  return Array.isArray(source) ? source.join("") : String(source);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
