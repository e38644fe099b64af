import type { Note } from "./notes.js";

/** What was read of a project: plain readonly data that the rest of the engine never checks again. */

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A place in the author's own text. Numbers are 1-based; `cell` is the position among all cells of the notebook (the front matter is cell 1), and `line` then counts within that cell. */
export type Place = {
  /** Relative to the project root, POSIX. */
  readonly file: string;
  readonly cell?: number;
  readonly line?: number;
  readonly column?: number;
};

/** One thing wrong with a project that is known before anything runs. */
export type Problem = {
  readonly severity: "error" | "warning";
  /** Stable kebab-case name of the kind of problem, such as `unknown-key` or `cycle`. */
  readonly code: string;
  readonly place: Place;
  /** What is wrong: expected against found. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
};

export type Dataset = {
  readonly name: string;
  readonly values: Readonly<Record<string, JsonValue>>;
  /** Where each value is set. */
  readonly places?: Readonly<Record<string, Place>>;
};

export type ColumnType = "string" | "number" | "integer" | "boolean" | "date";

export type ColumnContract = {
  readonly name: string;
  readonly type?: ColumnType;
  /** No empty values. */
  readonly required: boolean;
  readonly enum?: readonly JsonValue[];
  readonly minimum?: number;
  readonly maximum?: number;
};

/** Bounds are inclusive; `text` is what the author wrote, for messages. */
export type RowsContract = { readonly min: number; readonly max: number; readonly text: string };

/** One declared output. `path` may still hold `{dataset}` in a stage; in a task it is replaced. */
export type OutputContract = {
  readonly path: string;
  readonly rows?: RowsContract;
  readonly columns?: readonly ColumnContract[];
  readonly key?: readonly string[];
  readonly place: Place;
};

/** A declared input as written: a path or a glob. */
export type InputPattern = { readonly pattern: string; readonly place: Place };

export type EnvVariable = { readonly name: string; readonly optional: boolean };

export type Retry = { readonly attempts: number; readonly delayMs: number };

/** Values of `//|` option lines of a code cell. */
export type CellOptions = {
  readonly label?: string;
  readonly caption?: string;
  readonly alt?: string;
  readonly tags: readonly string[];
};

export type Cell = {
  readonly type: "code" | "markdown" | "raw";
  /** 1-based, among all cells. */
  readonly position: number;
  /** The notebook's cell id where it has one, else `cell-<position>`. */
  readonly id: string;
  /** The author's text, whole, with option lines. Line ends are `\n`. */
  readonly source: string;
  readonly options: CellOptions;
};

/** A `const name: Type = literal` of the cell tagged `parameters`. */
export type ParameterDeclaration = {
  readonly name: string;
  /** The type as written. */
  readonly type: string;
  readonly value: JsonValue;
  readonly place: Place;
};

/** A stage is one notebook. */
export type Stage = {
  readonly kind: "stage";
  readonly id: string;
  readonly title: string;
  /** The notebook's path. */
  readonly file: string;
  readonly foreach: boolean;
  readonly inputs: readonly InputPattern[];
  readonly outputs: readonly OutputContract[];
  readonly env: readonly EnvVariable[];
  readonly secrets: readonly EnvVariable[];
  readonly retry: Retry;
  readonly timeoutMs: number;
  readonly maxAgeMs: number | null;
  readonly idempotent: boolean;
  /** Outputs whose numbers are kept in the history; may hold `{dataset}`. */
  readonly metrics: readonly string[];
  readonly cells: readonly Cell[];
  readonly parameters: readonly ParameterDeclaration[];
  /** Where the front matter stands. */
  readonly place: Place;
};

/** A report is one Markdown template. */
export type Report = {
  readonly kind: "report";
  readonly id: string;
  readonly title: string;
  readonly file: string;
  readonly outputs: { readonly markdown: string; readonly html: string | null; readonly images: string };
  /** Data that the text quotes: name -> path. */
  readonly inputs: Readonly<Record<string, InputPattern>>;
  /** The template's text after the front matter. */
  readonly body: string;
  /** How many lines of the file stand before `body`. */
  readonly bodyLineOffset: number;
  readonly references: ReportReferences;
  readonly place: Place;
};

/** What the text of a report depends on, its partials included, in the order of the text. */
export type ReportReferences = {
  readonly embeds: readonly LabelReference[];
  readonly tables: readonly { readonly path: string; readonly place: Place }[];
  readonly stages: readonly StageQuote[];
  /** What it quotes of earlier runs. */
  readonly previous: readonly PreviousQuote[];
  readonly trends: readonly { readonly metric: string; readonly place: Place }[];
  /** Project paths of the partials that it renders. */
  readonly partials: readonly string[];
  /** People's comments that it shows, the newest first. */
  readonly notes: readonly Note[];
};

/** What a template quotes of the last run that differed: `previous.metrics.r2` is the path [metrics, r2]; an empty one is all. */
export type PreviousQuote = { readonly path: readonly string[]; readonly place: Place };

/** What a template quotes of a stage. */
export type StageQuote = {
  readonly id: string;
  /** An output of it; null where the whole stage is quoted. */
  readonly path: string | null;
  /** Names of the values of that output; null where they can't be told. */
  readonly values: readonly string[] | null;
  readonly place: Place;
};

export type LabelReference = { readonly label: string; readonly dataset: string | null; readonly place: Place };

/** One file a task reads. */
export type TaskInput = {
  readonly path: string;
  /** The task that makes the file; null for a source file. */
  readonly producer: string | null;
};

export type TaskOutput = OutputContract;

/** A stage or a report, for one dataset where it fans out. */
export type Task = {
  /** `stage` or `stage@dataset`. */
  readonly id: string;
  readonly node: Stage | Report;
  readonly dataset: Dataset | null;
  /** Ordered by code unit, without repeats. */
  readonly inputs: readonly TaskInput[];
  /** For a report the Markdown and HTML files; its images folder is in `node.outputs.images`. */
  readonly outputs: readonly TaskOutput[];
  /** Ids of the tasks that must be up to date before (producers of inputs; for a report also those it embeds or quotes). */
  readonly dependsOn: readonly string[];
};

/** A value set under `params:`; `stage` is null where it holds for every stage that declares the name. */
export type ParamSetting = {
  readonly stage: string | null;
  readonly name: string;
  readonly value: JsonValue;
  readonly place: Place;
};

/** When a rule fires; `change` is a fraction: |new - old| / |old| against the last good run. Conditions that are not set are null. */
export type AlertConditions = { readonly below: number | null; readonly above: number | null; readonly change: number | null };

/** One rule of `alerts.rules`; its conditions are alternatives. With `{dataset}` in `path` it holds for every dataset. */
export type AlertRule = AlertConditions & {
  /** A number's path in a JSON file, or the number of rows of a table. */
  readonly subject: { readonly kind: "metric"; readonly metric: string; readonly path: string } | { readonly kind: "rows"; readonly path: string };
  readonly place: Place;
};

/** `alerts` of stitchbook.yaml. Texts are as written and may hold `${NAME}`, whose value is a secret. */
export type Alerts = {
  readonly slack: string | null;
  readonly email: { readonly smtp: string; readonly from: string; readonly to: readonly string[] } | null;
  readonly link: string | null;
  readonly on: readonly ("failed" | "recovered" | "schema")[];
  readonly rules: readonly AlertRule[];
};

export type Project = {
  /** Absolute. */
  readonly root: string;
  readonly name: string;
  readonly timezone: string;
  readonly logsKeep: number;
  /** Null where stitchbook.yaml has no `alerts`. */
  readonly alerts: Alerts | null;
  readonly datasets: readonly Dataset[];
  readonly params: readonly ParamSetting[];
  readonly stages: readonly Stage[];
  readonly reports: readonly Report[];
  /** Templates without a `report:` front matter: project path -> text. */
  readonly partials: Readonly<Record<string, string>>;
  /** Every task, in dependency order; ties by code unit of the id. */
  readonly tasks: readonly Task[];
  /** Label -> where it is set; labels are unique in the project. */
  readonly labels: ReadonlyMap<string, { readonly stage: string; readonly cell: number }>;
  /** Notebooks matched by `notebooks:` that have no stage front matter. */
  readonly ignoredNotebooks: readonly string[];
  readonly warnings: readonly Problem[];
};
