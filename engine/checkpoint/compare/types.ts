/** Two files that should have the same bytes. */
export type FilePair = {
  /** Project path: its extension says the format. */
  readonly path: string;
  /** Absolute. */
  readonly recorded: string;
  /** Absolute. */
  readonly found: string;
};

/** Where two artifacts differ first. Numbers are 1-based but `offset`; rows are counted without the header. */
export type DifferencePlace =
  | { readonly kind: "cell"; readonly row: number; readonly column: string }
  | { readonly kind: "row"; readonly row: number }
  | { readonly kind: "header"; readonly position: number }
  | { readonly kind: "json"; readonly path: string }
  /** A value of one line of JSON lines. */
  | { readonly kind: "json-row"; readonly row: number; readonly path: string }
  | { readonly kind: "text"; readonly line: number; readonly character: number }
  | { readonly kind: "byte"; readonly offset: number }
  | { readonly kind: "file" };

/** The first difference of two artifacts, with both values; null where one of them has none. */
export type Difference = { readonly place: DifferencePlace; readonly recorded: string | null; readonly found: string | null };

/** The first byte that differs, and the line that it lies in. */
export type ByteDifference = { readonly offset: number; readonly line: number; readonly lineStart: number };
