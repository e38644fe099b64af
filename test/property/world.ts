/** A model of a whole project: what the files say is written from it, and what must run is known from it. */

export type ItemKind = "constant" | "function" | "arrow" | "class" | "enum" | "type";

/** One export of a module. */
export type Item = {
  name: string;
  readonly kind: ItemKind;
  literal: number;
  /** Other items that its code uses: of its own module, or of modules further down. */
  uses: Ref[];
};

export type Ref = { readonly module: string; readonly item: Item };

export type Module = {
  readonly path: string;
  readonly items: Item[];
  /** Literals of statements that run when the module is loaded. */
  readonly effects: number[];
  /** Modules imported for their effects. */
  readonly sideImports: string[];
  /** Modules whose exports are all handed on; imports may go through here. */
  readonly barrelOf: string[];
  /** Packages whose value its functions use. */
  readonly packages: string[];
  /** The literal of a helper that is not exported and has the same name in every module; its name is printed. */
  helper: { name: string; literal: number } | null;
  /** How it imports a module. */
  readonly styles: Map<string, "named" | "namespace" | "barrel">;
  look: Look;
};

/** What a reader sees and a run does not. A seed of 0 is plain. */
export type Look = { seed: number; comments: number };

export type JsonModule = { readonly path: string; rows: number; label: string; indent: number };

export type Package = { version: number; value: number; readonly dependsOn: readonly string[]; notes: number };

export type Parameter = { readonly name: string; readonly type: "number" | "string"; value: number | string };

/** How the cells of a stage take from a module. */
export type CellImport = { readonly module: string; readonly how: "named" | "namespace" | "dynamic" | "require" | "effect" | "type"; readonly names: readonly string[] };

export type StageModel = {
  id: string;
  file: string;
  readonly foreach: boolean;
  /** Patterns, as in the front matter. */
  readonly inputs: string[];
  /** The table that it writes; holds `{dataset}` where it fans out. */
  table: string;
  /** The path of its metrics, if it writes any. */
  readonly metrics: string | null;
  readonly parameters: Parameter[];
  readonly env: string[];
  /** Its own module, and what else its cells take. */
  readonly imports: CellImport[];
  readonly packages: string[];
  literal: number;
  /** Gives only two results, whatever it reads, so that what follows stays fresh most of the time. */
  readonly isCoarse: boolean;
  label: string | null;
  caption: string;
  readonly shows: "markdown" | "chart";
  prose: string[];
  /** Changes ids, metadata and old outputs of cells. */
  notebookSeed: number;
  look: Look;
  contract: number;
  /** Further option lines that mean nothing to a run. */
  alt: string;
  /** Makes the stage fail. */
  isBroken: boolean;
  /** Its result counts for an hour. */
  readonly ages: boolean;
};

export type ReportModel = {
  text: string;
  title: string;
  partial: string;
  frame: number | null;
  readonly html: boolean;
  /** Stages whose label it embeds. */
  readonly embeds: StageModel[];
  /** Stages with metrics that it quotes as inputs. */
  readonly metrics: StageModel[];
  /** Stages whose rows it quotes. */
  readonly rows: StageModel[];
};

export type World = {
  readonly modules: Map<string, Module>;
  readonly json: JsonModule;
  readonly packages: Map<string, Package>;
  linked: { value: number };
  readonly stages: StageModel[];
  readonly report: ReportModel;
  datasets: { readonly name: string; level: number }[];
  /** `params` of stitchbook.yaml: name, or stage.name -> value. */
  readonly settings: Map<string, number | string>;
  readonly env: Map<string, string>;
  timezone: string;
  /** Whether its package.json says that no module has effects. */
  readonly deniesEffects: boolean;
  tsconfig: Record<string, unknown> | null;
  /** Source data: project path -> text. */
  readonly data: Map<string, string>;
  /** `--param` of the next run. */
  overrides: string[];
  /** Counts up, for fresh names. */
  count: number;
};

/** Every module that stages may take things from, the deepest first. */
export const SHARED = ["stages/lib/base.ts", "stages/lib/units.ts", "stages/lib/format.ts"] as const;
export const BARREL = "stages/lib/index.ts";
export const EFFECTS = "stages/lib/effects.ts";
export const LAZY = "stages/lib/lazy.ts";
export const TYPES = "stages/lib/types.ts";

export function moduleOf(world: World, path: string): Module {
  const module = world.modules.get(path);
  if (module === undefined) throw new Error(`no module ${path}`);
  return module;
}

/** The path that a task reads or writes where a declaration holds `{dataset}`. */
export function fill(path: string, dataset: string | null): string {
  return dataset === null ? path : path.replaceAll("{dataset}", dataset);
}

/** The datasets for which a stage runs; null for one that does not fan out. */
export function datasetsOf(world: World, stage: StageModel): (string | null)[] {
  return stage.foreach ? world.datasets.map(({ name }) => name) : [null];
}

export function taskOf(stage: StageModel, dataset: string | null): string {
  return dataset === null ? stage.id : `${stage.id}@${dataset}`;
}

export function outputsOf(stage: StageModel): string[] {
  return stage.metrics === null ? [stage.table] : [stage.table, stage.metrics];
}
