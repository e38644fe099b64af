/** One small notebook, and what must come of it. */
export type CorpusProgram = {
  readonly name: string;
  /** Sources of the code cells, which lie in `notebooks/main.ipynb`; the first is cell 2. */
  readonly cells: readonly string[];
  /** Further files of the project: project path -> content. */
  readonly files?: Readonly<Record<string, string>>;
  readonly expect: Expectation;
};

export type Expectation =
  /** What the cells print is what the same text prints as one module of TypeScript. `displayed` are last expressions, as `util.inspect` writes them. */
  | { readonly kind: "like-module"; readonly displayed?: readonly string[] }
  /** For programs that are no single module, because a name is declared again. */
  | { readonly kind: "prints"; readonly lines: readonly string[]; readonly displayed?: readonly string[] }
  /** The program throws. `message` is part of the error's; `place` is the author's own: a cell by its position, or a file. */
  | { readonly kind: "throws"; readonly message: string; readonly place: { readonly cell?: number; readonly file?: string; readonly line: number; readonly column?: number } }
  /** The program does not compile; these are all its problems. */
  | { readonly kind: "refused"; readonly problems: readonly ExpectedProblem[] };

export type ExpectedProblem = {
  readonly cell?: number;
  readonly file?: string;
  readonly line: number;
  readonly column: number;
  /** Part of the message. */
  readonly message: string;
};

/** The notebook that corpus programs are. */
export const CORPUS_NOTEBOOK = "notebooks/main.ipynb";

/** Position of a program's first cell. */
export const FIRST_POSITION = 2;
