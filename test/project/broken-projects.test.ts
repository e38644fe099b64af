import { describe, expect, it } from "vitest";
import { ProjectError, formatProblem } from "../../engine/project/problems.js";
import { readProject } from "../../engine/project/read-project.js";
import { makeProject } from "./make-project.js";
import type { Problem } from "../../engine/project/types.js";
import type { NotebookCells } from "./make-project.js";

type Files = Record<string, string | NotebookCells>;
type Case = {
  readonly title: string;
  readonly files: Files;
  /** All errors, as `code file[, cell n], line:column`. */
  readonly problems: readonly string[];
  /** Parts of the first problem's text. */
  readonly says?: readonly string[];
};

const config = "name: test\n";
const fanOut = "name: test\ndatasets: [seattle, new-york]\n";
const matter = (...lines: string[]) => ["---", ...lines, "---"].join("\n");
const make = "notebooks/make.ipynb";
const use = "notebooks/use.ipynb";
/** A stage whose front matter has `stage: <id>` in line 2 and these lines from line 3 on. */
const stage = (id: string, ...lines: string[]): NotebookCells => [matter(`stage: ${id}`, ...lines), "1 + 1"];
const report = (...body: string[]) => [matter("report: summary", "outputs: { markdown: reports/summary.md }", "inputs: { metrics: data/m.json }"), ...body].join("\n");
const labelled = (id: string, label: string, ...lines: string[]): NotebookCells => [matter(`stage: ${id}`, ...lines), `//| label: ${label}\n//| alt: x\n1`];
const fanStage = (id: string, ...lines: string[]): NotebookCells => [
  matter(`stage: ${id}`, "foreach: dataset", ...lines),
  { source: 'const dataset: string = "seattle"', tags: ["parameters"] },
];

const configCases: Case[] = [
  { title: "no stitchbook.yaml", files: { "readme.md": "" }, problems: ["no-config stitchbook.yaml"], says: ["--root"] },
  { title: "stitchbook.yml", files: { "stitchbook.yml": "name: x" }, problems: ["no-config stitchbook.yaml"], says: ["rename stitchbook.yml"] },
  { title: "an empty stitchbook.yaml", files: { "stitchbook.yaml": "\n", [make]: stage("a") }, problems: ["empty-config stitchbook.yaml"] },
  { title: "a list as stitchbook.yaml", files: { "stitchbook.yaml": "- a\n", [make]: stage("a") }, problems: ["wrong-type stitchbook.yaml, 1:1"] },
  { title: "YAML that doesn't parse", files: { "stitchbook.yaml": "name: test\nparams: [1,\n", [make]: stage("a") }, problems: ["yaml-syntax stitchbook.yaml, 3:1"] },
  { title: "a tab", files: { "stitchbook.yaml": "name: test\nlogs:\n\tkeep: 3\n", [make]: stage("a") }, problems: ["yaml-syntax stitchbook.yaml, 3:1"], says: ["tab"] },
  { title: "a key given twice", files: { "stitchbook.yaml": "name: test\nname: other\n", [make]: stage("a") }, problems: ["duplicate-key stitchbook.yaml, 2:1"] },
  { title: "two YAML documents", files: { "stitchbook.yaml": "name: test\n---\nname: b\n", [make]: stage("a") }, problems: ["yaml-syntax stitchbook.yaml, 2:1"] },
  { title: "an unknown key", files: { "stitchbook.yaml": "name: test\ntimzone: UTC\n", [make]: stage("a") }, problems: ["unknown-key stitchbook.yaml, 2:1"], says: ["`timzone`", "did you mean `timezone`?"] },
  { title: "an unknown nested key", files: { "stitchbook.yaml": "name: test\nlogs:\n  kep: 3\n", [make]: stage("a") }, problems: ["missing-key stitchbook.yaml, 3:3", "unknown-key stitchbook.yaml, 3:3"] },
  { title: "no name", files: { "stitchbook.yaml": "timezone: UTC\n", [make]: stage("a") }, problems: ["missing-key stitchbook.yaml, 1:1"], says: ["`name` is missing"] },
  { title: "a bad name", files: { "stitchbook.yaml": "name: My Project\n", [make]: stage("a") }, problems: ["bad-name stitchbook.yaml, 1:7"] },
  { title: "metrics that are no output, and no JSON", files: { [make]: stage("a", "outputs: [m.json, t.csv]", "metrics: [n.json, t.csv, m.json]") }, problems: [`undeclared-metrics ${make}, cell 1, 4:11`, `not-metrics ${make}, cell 1, 4:19`], says: ["names `n.json`, which is no output of this stage", "did you mean"] },
  { title: "wrong types, each told", files: { "stitchbook.yaml": "name: test\ndatasets: 3\nlogs: { keep: 0 }\nparams: [1]\n", [make]: stage("a") }, problems: ["wrong-type stitchbook.yaml, 2:11", "wrong-value stitchbook.yaml, 3:15", "wrong-type stitchbook.yaml, 4:9"] },
  { title: "an unknown time zone", files: { "stitchbook.yaml": "name: test\ntimezone: Europe/Berlni\n", [make]: stage("a") }, problems: ["bad-timezone stitchbook.yaml, 2:11"], says: ["did you mean `Europe/Berlin`?"] },
  { title: "an offset as time zone", files: { "stitchbook.yaml": "name: test\ntimezone: \"+01:00\"\n", [make]: stage("a") }, problems: ["bad-timezone stitchbook.yaml, 2:11"] },
  { title: "a variable outside alerts", files: { "stitchbook.yaml": "name: test\nparams: { url: \"${URL}\" }\nalerts: { slack: \"${HOOK}\" }\n", [make]: [matter("stage: a"), { source: 'const url: string = ""', tags: ["parameters"] }] }, problems: ["variable-outside-alerts stitchbook.yaml, 2:16"] },
  { title: "bad dataset names", files: { "stitchbook.yaml": "name: test\ndatasets: [a/b, \"..\"]\n", [make]: stage("a") }, problems: ["bad-dataset-name stitchbook.yaml, 2:12", "bad-dataset-name stitchbook.yaml, 2:17"] },
  { title: "a bad dataset name in a map", files: { "stitchbook.yaml": "name: test\ndatasets:\n  a/b: {}\n", [make]: stage("a") }, problems: ["bad-dataset-name stitchbook.yaml, 3:3"] },
  { title: "a dataset listed twice", files: { "stitchbook.yaml": "name: test\ndatasets: [a, b, A, b]\n", [make]: stage("a") }, problems: ["duplicate-dataset stitchbook.yaml, 2:18", "duplicate-dataset stitchbook.yaml, 2:21"], says: ["differ only in case"] },
  { title: "a glob of notebooks that matches nothing", files: { "stitchbook.yaml": "name: test\nnotebooks: nb/*.ipynb\n" }, problems: ["glob-no-match stitchbook.yaml, 2:12"] },
  { title: "a glob of templates that matches nothing", files: { "stitchbook.yaml": "name: test\ntemplates: [t/*.md]\n", [make]: stage("a") }, problems: ["glob-no-match stitchbook.yaml, 2:13"] },
  { title: "no notebook at all", files: { "stitchbook.yaml": config }, problems: ["glob-no-match stitchbook.yaml"] },
  { title: "a bad glob of notebooks", files: { "stitchbook.yaml": "name: test\nnotebooks: \"nb/{a,b\"\n" }, problems: ["bad-glob stitchbook.yaml, 2:12"] },
  { title: "a glob of notebooks that leaves the project", files: { "stitchbook.yaml": "name: test\nnotebooks: ../*.ipynb\n" }, problems: ["path-leaves-project stitchbook.yaml, 2:12"] },
  { title: "params for an unknown stage and parameter", files: { "stitchbook.yaml": "name: test\nparams: { mke.seed: 1, sed: 2, make: { seed: 3 } }\n", [make]: [matter("stage: make"), { source: "const seed: number = 1", tags: ["parameters"] }] }, problems: ["unknown-stage stitchbook.yaml, 2:11", "unknown-parameter stitchbook.yaml, 2:24", "unknown-parameter stitchbook.yaml, 2:32"], says: ["did you mean `make`?", "did you mean `seed`?", "`make.parameter: value`"] },
  { title: "bad alerts", files: { "stitchbook.yaml": "name: test\nalerts:\n  slak: x\n  email: { smtp: x, to: [a@b.c] }\n  on: [fail]\n  link: ${}\n", [make]: stage("a") }, problems: ["unknown-key stitchbook.yaml, 3:3", "missing-key stitchbook.yaml, 4:10", "wrong-value stitchbook.yaml, 5:8", "bad-variable stitchbook.yaml, 6:9"], says: ["did you mean `slack`?", "did you mean `failed`?"] },
  { title: "bad alert rules", files: { "stitchbook.yaml": ["name: test", "alerts:", "  rules:", "    - { metric: r2, below: 1 }", "    - { rows: a.csv }", "    - { metric: r2, rows: a.csv, above: 1 }", "    - { above: 1 }", "    - { rows: a.csv, change: 10 }", ""].join("\n"), [make]: stage("a") }, problems: [4, 5, 6, 7].map((line) => `bad-rule stitchbook.yaml, ${line}:7`).concat("wrong-value stitchbook.yaml, 8:30") },
  { title: "alert rules about files that nobody makes", files: { "stitchbook.yaml": "name: test\nalerts:\n  rules:\n    - { rows: data/b.csv, above: 1 }\n    - { metric: a, in: x.txt, above: 1 }\n", [make]: stage("a", "outputs: data/a.csv") }, problems: ["unknown-artifact stitchbook.yaml, 4:15", "bad-rule stitchbook.yaml, 5:24"], says: ["did you mean `data/a.csv`?"] },
];

const stageCases: Case[] = [
  { title: "front matter that doesn't parse", files: { [make]: [matter("stage: a", "inputs: [x"), "1"] }, problems: [`yaml-syntax ${make}, cell 1, 3:11`] },
  { title: "front matter without end", files: { [make]: ["---\nstage: a\n", "1"] }, problems: [`front-matter ${make}, cell 1, 1`] },
  { title: "front matter in JavaScript", files: { [make]: ["---js\nglobalThis.wasRun = true\n---", "1"] }, problems: [`front-matter ${make}, cell 1, 1`] },
  { title: "an unknown key", files: { [make]: stage("a", "imputs: [x]", "timeuot: 1h") }, problems: [`unknown-key ${make}, cell 1, 3:1`, `unknown-key ${make}, cell 1, 4:1`], says: ["did you mean `inputs`?", "did you mean `timeout`?"] },
  { title: "wrong types, each told", files: { [make]: stage("a", "idempotent: 3", "timeout: 30", "retry: 0", "env: [A-B]", "max_age: soon", "foreach: station") }, problems: ["wrong-type", "bad-duration", "wrong-value", "bad-env", "bad-duration", "wrong-value"].map((code, index) => `${code} ${make}, cell 1, ${index + 3}:${[13, 10, 8, 7, 10, 10][index]}`), says: ["must be true or false, found 3", "says its unit"] },
  { title: "a missing id", files: { [make]: [matter("title: A", "outputs: x.csv")] }, problems: [`missing-key ${make}, cell 1, 2:1`], says: ["`stage` is missing"] },
  { title: "a slip in `stage`", files: { [make]: [matter("stge: a")] }, problems: [`missing-key ${make}, cell 1, 2:1`, `unknown-key ${make}, cell 1, 2:1`] },
  { title: "bad characters in an id", files: { [make]: stage("My_Stage") }, problems: [`bad-id ${make}, cell 1, 2:8`] },
  { title: "a stage named twice", files: { [make]: stage("a"), [use]: stage("a") }, problems: [`duplicate-id ${use}, cell 1, 2:1`], says: [make] },
  { title: "a report with the id of a stage", files: { [make]: stage("summary", "outputs: data/m.json"), "templates/s.md": report() }, problems: ["duplicate-id templates/s.md, 2:1"] },
  { title: "a time limit beyond timers", files: { [make]: stage("a", "timeout: 30d") }, problems: [`bad-duration ${make}, cell 1, 3:10`] },
  { title: "a variable declared twice", files: { [make]: stage("a", "env: [KEY]", "secrets: [KEY]") }, problems: [`duplicate-env ${make}, cell 1, 3:1`] },
  { title: "rows that are no bounds", files: { [make]: stage("a", "outputs:", "  - { path: a.csv, rows: many }", "  - { path: b.csv, rows: 9..3 }") }, problems: [`bad-rows ${make}, cell 1, 4:26`, `bad-rows ${make}, cell 1, 5:26`] },
  { title: "an unknown column type", files: { [make]: stage("a", "outputs:", "  - path: a.csv", "    columns: { x: nubmer, y: { type: integer, minmum: 3 } }") }, problems: [`wrong-value ${make}, cell 1, 5:19`, `unknown-key ${make}, cell 1, 5:47`], says: ["did you mean `number`?", "did you mean `minimum`?"] },
  { title: "columns that contradict themselves", files: { [make]: stage("a", "outputs:", "  - path: a.csv", "    columns:", "      x: { type: number, minimum: 3, maximum: 1 }", "      y: { type: string, minimum: 3 }", "      z: { type: integer, enum: [1, 1.5] }") }, problems: [6, 7, 8].map((line) => `contradiction ${make}, cell 1, ${line}:10`) },
  { title: "rows, columns and key of what is no table", files: { [make]: stage("a", "outputs:", "  - { path: a.png, rows: 3, columns: { x: date }, key: [x] }") }, problems: [`not-a-table ${make}, cell 1, 4:26`, `not-a-table ${make}, cell 1, 4:38`, `not-a-table ${make}, cell 1, 4:56`] },
  { title: "a key column named twice", files: { [make]: stage("a", "outputs: { path: a.csv, key: [x, x] }") }, problems: [`wrong-value ${make}, cell 1, 3:30`] },
  { title: "a bad label and a bad option", files: { [make]: [matter("stage: a"), "//| label: 1st plot\n//| captoin: x\n1"] }, problems: [`bad-label ${make}, cell 2, 1:12`, `unknown-key ${make}, cell 2, 2:5`], says: ["did you mean `caption`?"] },
  { title: "option lines that aren't YAML", files: { [make]: [matter("stage: a"), "//| label: [x\n1"] }, problems: [`yaml-syntax ${make}, cell 2, 1:14`] },
  { title: "a label used twice, also in another case", files: { [make]: labelled("a", "fit"), [use]: labelled("b", "Fit") }, problems: [`duplicate-label ${use}, cell 2, 1:12`], says: [`${make}, cell 2, line 1`] },
  { title: "two parameters cells", files: { [make]: [matter("stage: a"), { source: "const a: number = 1", tags: ["parameters"] }, "//| tags: [parameters]\nconst b: number = 1"] }, problems: [`parameters-cell ${make}, cell 3, 1`] },
  { title: "other code in a parameters cell", files: { [make]: [matter("stage: a"), { source: "const a: number = 1\nconst b: number = a + 1\nlet c = 2", tags: ["parameters"] }] }, problems: [`parameters-cell ${make}, cell 2, 2:19`, `parameters-cell ${make}, cell 2, 3:1`] },
  { title: "a parameter of a type that JSON can't hold", files: { [make]: [matter("stage: a"), { source: "const a: Date = null", tags: ["parameters"] }] }, problems: [`unsupported-type ${make}, cell 2, 1:10`], says: ["Record<string, T>"] },
  { title: "invalid JSON as notebook", files: { [make]: '{"cells": [\n  {"cell_type": raw}\n]}' }, problems: [`notebook-json ${make}, 2:17`] },
  { title: "a merge conflict in a notebook", files: { [make]: '{\n<<<<<<< HEAD\n "cells": [] }' }, problems: [`notebook-json ${make}, 2:1`], says: ["merge conflict"] },
  { title: "an empty notebook file", files: { [make]: "" }, problems: [`notebook-json ${make}`] },
  { title: "a notebook of format 3", files: { [make]: '{\n "nbformat": 3,\n "worksheets": []\n}' }, problems: [`notebook-format ${make}, 2:2`], says: ["nbformat 4, found 3"] },
  { title: "a cell of an unknown type", files: { [make]: '{"nbformat": 4, "cells": [{"cell_type": "heading", "source": ""}]}' }, problems: [`notebook-format ${make}, cell 1`] },
];

const pathCases: Case[] = [
  { title: "two tasks with one output", files: { [make]: stage("a", "outputs: x.csv"), [use]: stage("b", "outputs: ./x.csv") }, problems: [`duplicate-output ${use}, cell 1, 3:10`], says: ["`a` already"] },
  { title: "one output declared twice", files: { [make]: stage("a", "outputs: [x.csv, x.csv]") }, problems: [`duplicate-output ${make}, cell 1, 3:18`] },
  { title: "outputs equal after case folding", files: { [make]: stage("a", "outputs: data/X.csv"), [use]: stage("b", "outputs: data/x.csv") }, problems: [`duplicate-output ${use}, cell 1, 3:10`], says: ["differs only in case"] },
  { title: "outputs equal after normalisation", files: { [make]: stage("a", "outputs: caf\u00e9.csv"), [use]: stage("b", "outputs: cafe\u0301.csv") }, problems: [`duplicate-output ${use}, cell 1, 3:10`] },
  { title: "an absolute path", files: { [make]: stage("a", "inputs: /etc/passwd", "outputs: ~/x.csv") }, problems: [`absolute-path ${make}, cell 1, 3:9`, `absolute-path ${make}, cell 1, 4:10`] },
  { title: "a path that leaves the project", files: { [make]: stage("a", "inputs: [data/../../x.csv, ../*.csv]", "outputs: ../x.csv") }, problems: [`path-leaves-project ${make}, cell 1, 3:10`, `path-leaves-project ${make}, cell 1, 3:28`, `path-leaves-project ${make}, cell 1, 4:10`] },
  { title: "a backslash", files: { [make]: stage("a", "outputs: data\\x.csv") }, problems: [`bad-path ${make}, cell 1, 3:10`], says: ["write `data/x.csv`"] },
  { title: "an empty path", files: { [make]: stage("a", 'outputs: [""]') }, problems: [`wrong-type ${make}, cell 1, 3:11`] },
  { title: "a variable in a path", files: { [make]: stage("a", 'outputs: "${DIR}/x.csv"') }, problems: [`variable-outside-alerts ${make}, cell 1, 3:10`], says: ["declare `env`"] },
  { title: "outputs in reserved places", files: { [make]: stage("a", "outputs: [.stitchbook/x, Logs/x, reports/notebooks/x.ipynb, stitchbook.yaml, .git/x, node_modules/x]") }, problems: [11, 26, 34, 61, 78, 86].map((column) => `reserved-output ${make}, cell 1, 3:${column}`) },
  { title: "outputs among sources", files: { [make]: stage("a", "outputs: [notebooks/use.ipynb, notebooks/new.ipynb, templates/new.md]"), [use]: stage("b") }, problems: [11, 32, 53].map((column) => `source-output ${make}, cell 1, 3:${column}`) },
  { title: "inputs in reserved places", files: { [make]: stage("a", "inputs: [.stitchbook/x, logs/x.jsonl, reports/notebooks/b.ipynb]") }, problems: [10, 25, 39].map((column) => `reserved-input ${make}, cell 1, 3:${column}`) },
  { title: "an output that is a glob", files: { [make]: stage("a", 'outputs: ["data/*.csv", "d/{a,b}.csv"]') }, problems: [`glob-output ${make}, cell 1, 3:11`, `glob-output ${make}, cell 1, 3:25`] },
  { title: "an output that is a folder", files: { [make]: stage("a", "outputs: [data/, raw]"), "raw/x.csv": "" }, problems: [`folder ${make}, cell 1, 3:11`, `folder ${make}, cell 1, 3:18`] },
  { title: "an input that is a folder", files: { [make]: stage("a", "inputs: [raw]"), "raw/x.csv": "" }, problems: [`folder ${make}, cell 1, 3:10`], says: ["`raw/**`"] },
  { title: "an output inside another one", files: { [make]: stage("a", "outputs: data/x"), [use]: stage("b", "outputs: data/x/y.csv") }, problems: [`nested-output ${use}, cell 1, 3:10`] },
  { title: "a task's own output as its input", files: { [make]: stage("a", "inputs: [x.csv]", "outputs: [x.csv]") }, problems: [`own-output ${make}, cell 1, 3:10`] },
  { title: "an input that nobody makes", files: { [make]: stage("a", "outputs: data/clean.csv"), [use]: stage("b", "inputs: [data/claen.csv]") }, problems: [`missing-input ${use}, cell 1, 3:10`], says: ["did you mean `data/clean.csv`?"] },
  { title: "an input near a file on disk", files: { [make]: stage("a", "inputs: [raw/weather.csw]"), "raw/weather.csv": "" }, problems: [`missing-input ${make}, cell 1, 3:10`], says: ["did you mean `raw/weather.csv`?"] },
  { title: "an input in another case than the output", files: { [make]: stage("a", "outputs: data/X.csv"), [use]: stage("b", "inputs: [data/x.csv]") }, problems: [`input-case ${use}, cell 1, 3:10`] },
  { title: "bad globs", files: { [make]: stage("a", 'inputs: ["data/[ab", "data/{a,b", "!data/*"]') }, problems: [10, 22, 35].map((column) => `bad-glob ${make}, cell 1, 3:${column}`) },
  { title: "a glob that matches nothing", files: { [make]: stage("a", "inputs: [raw/*.csv]") }, problems: [`glob-no-match ${make}, cell 1, 3:10`] },
  { title: "a glob that only reaches what is never an input", files: { [make]: stage("a", 'inputs: ["**/*.csv"]', "outputs: own.csv"), "node_modules/p/x.csv": "", "logs/x.csv": "", ".stitchbook/x.csv": "", ".git/x.csv": "", "own.csv": "", "reports/notebooks/x.csv": "" }, problems: [`glob-no-match ${make}, cell 1, 3:10`] },
  { title: "a file name that is not composed, written out", files: { [make]: stage("a", "inputs: [raw/caf\u00e9.csv]"), "raw/cafe\u0301.csv": "" }, problems: [`not-nfc ${make}, cell 1, 3:10`], says: ["rename"] },
  { title: "a file name that is not composed", files: { [make]: stage("a", "inputs: [raw/*.csv]"), "raw/cafe\u0301.csv": "" }, problems: [`not-nfc ${make}, cell 1, 3:10`] },
];

const graphCases: Case[] = [
  { title: "a cycle", files: { "notebooks/a.ipynb": stage("a", "inputs: [c.csv]", "outputs: a.csv"), "notebooks/b.ipynb": stage("b", "inputs: [a.csv]", "outputs: b.csv"), "notebooks/c.ipynb": stage("c", "inputs: [b.csv]", "outputs: c.csv"), "notebooks/d.ipynb": stage("d", "inputs: [c.csv]") }, problems: ["cycle notebooks/b.ipynb, cell 1, 3:10"], says: ["a -> b -> c -> a", "b reads a.csv of a"] },
  { title: "a cycle in every dataset, told once", files: { "stitchbook.yaml": fanOut, "notebooks/a.ipynb": fanStage("a", "inputs: [\"b/{dataset}.csv\"]", "outputs: \"a/{dataset}.csv\""), "notebooks/b.ipynb": fanStage("b", "inputs: [\"a/{dataset}.csv\"]", "outputs: \"b/{dataset}.csv\"") }, problems: ["cycle notebooks/b.ipynb, cell 1, 4:10"], says: ["a@new-york -> b@new-york -> a@new-york"] },
  { title: "{dataset} in outputs without foreach", files: { "stitchbook.yaml": fanOut, [make]: stage("a", 'outputs: ["x/{dataset}.csv"]') }, problems: [`dataset-without-foreach ${make}, cell 1, 3:11`] },
  { title: "foreach whose outputs lack {dataset}", files: { "stitchbook.yaml": fanOut, [make]: fanStage("a", "outputs: [x.csv]") }, problems: [`shared-output ${make}, cell 1, 4:11`] },
  { title: "foreach without datasets", files: { [make]: fanStage("a", 'outputs: ["{dataset}.csv"]') }, problems: [`no-datasets ${make}, cell 1, 2:1`] },
  { title: "foreach without the parameter", files: { "stitchbook.yaml": fanOut, [make]: [matter("stage: a", "foreach: dataset"), "1"] }, problems: [`missing-dataset-parameter ${make}, cell 1, 1`] },
  { title: "{dataset} in inputs without datasets", files: { [make]: stage("a", 'inputs: ["{dataset}.csv"]') }, problems: [`no-datasets ${make}, cell 1, 3:10`] },
  { title: "an unknown placeholder", files: { "stitchbook.yaml": fanOut, [make]: fanStage("a", 'outputs: ["{datset}/{dataset}.csv"]') }, problems: [`bad-placeholder ${make}, cell 1, 4:11`] },
  { title: "a missing input of every dataset, told once", files: { "stitchbook.yaml": fanOut, [make]: fanStage("a", 'inputs: ["{dataset}.csv"]') }, problems: [`missing-input ${make}, cell 1, 4:10`] },
  { title: "params that set what comes from the fan-out", files: { "stitchbook.yaml": `${fanOut}params: { dataset: x }\n`, [make]: fanStage("a") }, problems: ["fan-out-parameter stitchbook.yaml, 3:11"] },
];

const summary = "templates/summary.md";
const metrics = { [make]: labelled("make", "residuals", "outputs: data/m.json") };
const reportCases: Case[] = [
  { title: "a report without outputs", files: { ...metrics, [summary]: "---\nreport: summary\n---\n" }, problems: [`missing-key ${summary}, 2:1`] },
  { title: "a report without id", files: { ...metrics, [summary]: "---\noutputs: { markdown: a.md }\n---\n" }, problems: [`missing-key ${summary}, 2:1`] },
  { title: "unknown keys in a report", files: { ...metrics, [summary]: "---\nreport: a\ntitel: x\noutputs: { markdown: a.md, pdf: a.pdf }\n---\n" }, problems: [`unknown-key ${summary}, 3:1`, `unknown-key ${summary}, 4:28`], says: ["did you mean `title`?"] },
  { title: "an input name that the text has already", files: { ...metrics, [summary]: "---\nreport: a\noutputs: { markdown: a.md }\ninputs: { run: data/m.json, a-b: data/m.json }\n---\n" }, problems: [`bad-input-name ${summary}, 4:16`, `bad-input-name ${summary}, 4:34`] },
  { title: "an unknown label", files: { ...metrics, [summary]: report('{% embed "residual" %}') }, problems: [`unknown-label ${summary}, 6:1`], says: ["did you mean `residuals`?"] },
  { title: "a dataset for a label that doesn't fan out", files: { "stitchbook.yaml": fanOut, ...metrics, [summary]: report('{% embed "residuals", dataset: "seattle" %}') }, problems: [`embed-dataset ${summary}, 6:1`] },
  { title: "no dataset, or an unknown one, for a label that fans out", files: { "stitchbook.yaml": fanOut, [use]: stage("m", "outputs: data/m.json"), [make]: [...fanStage("a"), "//| label: fit\n1"], [summary]: report('{% embed "fit" %}', '{% embed "fit", dataset: "seatle" %}') }, problems: [`embed-dataset ${summary}, 6:1`, `unknown-dataset ${summary}, 7:1`] },
  { title: "a reference to what is not embedded", files: { ...metrics, [summary]: report('{% ref "residuals" %}') }, problems: [`unembedded-reference ${summary}, 6:1`] },
  { title: "a table that is not declared", files: { ...metrics, [summary]: report('{% table "data/x.csv" %}') }, problems: [`undeclared-table ${summary}, 6:1`] },
  { title: "an unknown stage and an unknown output", files: { ...metrics, [summary]: report('{{ stages.mak.outputs["data/m.json"].rows }}', '{{ stages.make.outputs["data/n.json"].rows }}') }, problems: [`unknown-stage ${summary}, 6:4`, `unknown-output ${summary}, 7:4`], says: ["did you mean `make`?", "did you mean `data/m.json`?"] },
  { title: "an unknown name", files: { ...metrics, [summary]: report("{{ metrcs.r2 }}") }, problems: [`unknown-name ${summary}, 6:4`] },
  { title: "a mistake in a partial", files: { ...metrics, [summary]: report('{% render "footer" %}'), "templates/footer.md": "x\n{% embed \"nope\" %}" }, problems: ["unknown-label templates/footer.md, 2:1"] },
  { title: "two reports with one images folder", files: { ...metrics, [summary]: report(), "templates/b.md": "---\nreport: b\noutputs: { markdown: reports/b.md }\n---\n" }, problems: [`images-folder ${summary}, 2:1`] },
  { title: "an output in a report's images folder", files: { ...metrics, [use]: stage("b", "outputs: reports/images/x.svg"), [summary]: report() }, problems: [`images-folder ${summary}, 2:1`] },
  { title: "a report that makes the input of a stage that it embeds", files: { [make]: labelled("make", "residuals", "inputs: [reports/summary.md]", "outputs: data/m.json"), [summary]: report('{% embed "residuals" %}') }, problems: [`cycle ${summary}, 4:20`], says: ["make -> summary -> make"] },
];

describe.each([
  ["stitchbook.yaml", configCases],
  ["a notebook", stageCases],
  ["a path", pathCases],
  ["the graph", graphCases],
  ["a report", reportCases],
])("a mistake in %s", (_, cases) => {
  it.each(cases)("is told with its place: $title", async ({ title, files, problems, says = [] }) => {
    const isBare = title === "no stitchbook.yaml" || title === "stitchbook.yml";
    const found = await problemsOf(isBare ? files : { "stitchbook.yaml": config, ...files });
    expect(found.map(shorten)).toEqual(problems);
    for (const part of says) expect(found.map(formatProblem).join("\n")).toContain(part);
  });
});

it("never runs front matter", async () => {
  await problemsOf({ "stitchbook.yaml": config, [make]: ["---js\n(globalThis.wasRun = true)\n---", "1"], "templates/a.md": "---javascript\n(globalThis.wasRun = true)\n---\n" });
  expect(Reflect.get(globalThis, "wasRun")).toBeUndefined();
});

it("says nothing about what seems missing while a stage can't be read", async () => {
  const found = await problemsOf({
    "stitchbook.yaml": "name: test\nparams: { seed: 1 }\n",
    [make]: [matter("stage: a", "outputs: [x.csv"), "1"],
    [use]: stage("b", "inputs: [x.csv, y/*.csv]"),
    [summary]: "---\nreport: r\noutputs: { markdown: r.md }\n---\n{% embed \"fit\" %}",
  });
  expect(found.map(({ code }) => code)).toEqual(["yaml-syntax"]);
});

async function problemsOf(files: Files): Promise<readonly Problem[]> {
  const root = await makeProject(files);
  try {
    await readProject(root);
  } catch (error) {
    if (error instanceof ProjectError) return error.problems;
    throw error;
  }
  return [];
}

function shorten({ code, place: { file, cell, line, column } }: Problem): string {
  const position = line === undefined ? "" : `, ${line}${column === undefined ? "" : `:${column}`}`;
  return `${code} ${file}${cell === undefined ? "" : `, cell ${cell}`}${position}`;
}
