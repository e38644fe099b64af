import { posix } from "node:path";

/** What a new stage reads, and how: decided by the name of the first file that the stage before it makes. */
export type StageKind = "table" | "json" | "text" | "bytes" | "none";

export function pickKind(path: string | null, hasArquero: boolean): StageKind {
  if (path === null) return "none";
  switch (posix.extname(path).toLowerCase()) {
    case ".csv":
      return hasArquero ? "table" : "text";
    case ".json":
      return "json";
    case ".tsv":
    case ".txt":
    case ".md":
    case ".jsonl":
    case ".ndjson":
    case ".csv.gz":
      return "text";
    default:
      return "bytes";
  }
}

/** The ending of the file that it writes. */
export function outputEnd(kind: StageKind, path: string | null): string {
  if (kind === "table") return ".csv";
  return kind === "text" && path !== null ? posix.extname(path) : ".json";
}

type Parts = {
  readonly imports: string;
  /** How the input is read; `PATH` is its path as an expression. */
  readonly read: string;
  /** The result as text. */
  readonly written: string;
  readonly parameter: string;
  readonly result: string;
  readonly body: string;
  readonly typeImport: string;
  readonly test: { readonly imports: string; readonly text: string };
};

/** The code of each kind: `NAME` is the function of the module. */
export const stageParts: Readonly<Record<StageKind, Parts>> = {
  table: {
    imports: 'import { fromCSV } from "arquero";\n',
    read: 'fromCSV(readFileSync(PATH, "utf8"))',
    written: "`${result.toCSV()}\\n`",
    parameter: "input: ColumnTable",
    result: "ColumnTable",
    body: "return input;",
    typeImport: 'import type { ColumnTable } from "arquero";\n\n',
    test: { imports: 'import { table } from "arquero";\n', text: 'it("keeps every row", () => {\n  expect(NAME(table({ x: [1, 2, 3] })).numRows()).toBe(3);\n});\n' },
  },
  json: {
    imports: "",
    read: 'JSON.parse(readFileSync(PATH, "utf8"))',
    written: "`${JSON.stringify(result, null, 2)}\\n`",
    parameter: "input: unknown",
    result: "{ readonly input: unknown }",
    body: "return { input };",
    typeImport: "",
    test: { imports: "", text: 'it("keeps what it was given", () => {\n  expect(NAME([1, 2])).toEqual({ input: [1, 2] });\n});\n' },
  },
  text: {
    imports: "",
    read: 'readFileSync(PATH, "utf8")',
    written: "result",
    parameter: "input: string",
    result: "string",
    body: "return input;",
    typeImport: "",
    test: { imports: "", text: 'it("keeps every line", () => {\n  expect(NAME("a\\nb\\n")).toBe("a\\nb\\n");\n});\n' },
  },
  bytes: {
    imports: "",
    read: "readFileSync(PATH)",
    written: "`${JSON.stringify(result, null, 2)}\\n`",
    parameter: "input: Uint8Array",
    result: "{ readonly bytes: number }",
    body: "return { bytes: input.length };",
    typeImport: "",
    test: { imports: "", text: 'it("counts the bytes", () => {\n  expect(NAME(new Uint8Array(3))).toEqual({ bytes: 3 });\n});\n' },
  },
  none: {
    imports: "",
    read: "",
    written: "`${JSON.stringify(result, null, 2)}\\n`",
    parameter: "",
    result: "readonly { readonly id: number }[]",
    body: "return [{ id: 1 }];",
    typeImport: "",
    test: { imports: "", text: 'it("makes one record", () => {\n  expect(NAME()).toEqual([{ id: 1 }]);\n});\n' },
  },
};

const taken = new Set(
  ("input result dataset table show it expect readFileSync writeFileSync fromCSV JSON process console module require exports arguments eval undefined " +
    "break case catch class const continue debugger default delete do else enum export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield await async of").split(" "),
);

/** `sun-hours` as `sunHours`; with `Stage` behind it where that is a word of the language or of the notebook. */
export function nameFunction(id: string): string {
  const words = id.split("-").filter((word) => word !== "");
  const name = words.map((word, index) => (index === 0 ? word : `${word[0]?.toUpperCase() ?? ""}${word.slice(1)}`)).join("");
  if (name === "" || /^\d/.test(name)) return `stage${name}`;
  return taken.has(name) ? `${name}Stage` : name;
}

/** `sun-hours` as `Sun hours`. */
export function nameTitle(id: string): string {
  const text = id.replaceAll("-", " ").trim();
  return text === "" ? id : `${text[0]?.toUpperCase() ?? ""}${text.slice(1)}`;
}
