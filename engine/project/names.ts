import { makeError, formatPlace } from "./problems.js";
import { foldName } from "./patterns.js";
import type { LabelPlace } from "./stage.js";
import type { Place, Problem, Report, Stage } from "./types.js";

type Unique<T> = { readonly kept: readonly T[]; readonly problems: readonly Problem[] };

/** Keeps the first stage or report of each id. */
export function uniteIds(nodes: readonly (Stage | Report)[]): Unique<Stage | Report> {
  return keepFirst(nodes, {
    nameOf: ({ id }) => id,
    describe: (node, first) => ({
      code: "duplicate-id",
      message: `the id \`${node.id}\` is taken by the ${first.kind} in ${formatPlace({ file: first.file })}`,
      hint: "stages and reports share their names; rename one",
    }),
  });
}

/** Keeps the first cell of each label; labels become file names, so case doesn't tell them apart. */
export function uniteLabels(labels: readonly LabelPlace[]): Unique<LabelPlace> {
  return keepFirst(labels, {
    nameOf: ({ label }) => label,
    describe: ({ label }, first) => ({
      code: "duplicate-label",
      message: label === first.label
        ? `the label \`${label}\` is taken by ${formatPlace(first.place)}`
        : `the label \`${label}\` differs only in case from \`${first.label}\` in ${formatPlace(first.place)}`,
      hint: "a label is unique in the project; rename one",
    }),
  });
}

type Naming<T> = {
  readonly nameOf: (item: T) => string;
  readonly describe: (item: T, first: T) => { code: string; message: string; hint: string };
};

function keepFirst<T extends { readonly place: Place }>(items: readonly T[], { nameOf, describe }: Naming<T>): Unique<T> {
  const byFold = new Map<string, T>();
  const problems: Problem[] = [];
  for (const item of items) {
    const fold = foldName(nameOf(item));
    const first = byFold.get(fold);
    if (first === undefined) byFold.set(fold, item);
    else problems.push(makeError({ ...describe(item, first), place: item.place }));
  }
  return { kept: [...byFold.values()], problems };
}
