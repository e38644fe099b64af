import { compareCodeUnits } from "../compare-code-units.js";
import { makeError } from "../problems.js";
import type { OutputContract, Problem, Stage } from "../types.js";

/** The row type of one declared table. */
export type RowType = {
  /** A TypeScript identifier, unique in the project. */
  readonly name: string;
  readonly stage: Pick<Stage, "id" | "title">;
  readonly output: OutputContract;
};

type Candidate = Omit<RowType, "name"> & { readonly names: readonly string[]; level: number };

/**
 * Names the row types of all tables whose `columns` are declared, each after its file: `new-york_daily.csv` ->
 * `NewYorkDaily`. Files that would share a name are told apart by the ending (`DailyCsv`), else by the folder
 * (`RawDaily`), and so on upward.
 *
 * @returns `types` in code-unit order of their names; `problems` where two files can't be told apart
 */
export function nameRowTypes(stages: readonly Stage[]): { readonly types: readonly RowType[]; readonly problems: readonly Problem[] } {
  const candidates = stages.flatMap((stage) =>
    stage.outputs.filter(({ columns }) => columns !== undefined && columns.length > 0).map((output): Candidate => ({ stage, output, names: listNames(output.path, stage.id), level: 0 })),
  );
  for (let shared = findShared(candidates); shared.length > 0; shared = findShared(candidates)) for (const each of shared) each.level += 1;
  const byName = new Map<string, Candidate>();
  const problems: Problem[] = [];
  for (const candidate of candidates) {
    const name = nameOf(candidate);
    const first = byName.get(name);
    if (first === undefined) byName.set(name, candidate);
    else problems.push(describeTwin(name, candidate, first));
  }
  const types = [...byName].map(([name, { stage, output }]) => ({ name, stage, output }));
  return { types: types.sort((a, b) => compareCodeUnits(a.name, b.name)), problems };
}

/** Those that share their present name with another and have a longer one. */
function findShared(candidates: readonly Candidate[]): Candidate[] {
  const counts = new Map<string, number>();
  for (const candidate of candidates) counts.set(nameOf(candidate), (counts.get(nameOf(candidate)) ?? 0) + 1);
  return candidates.filter((candidate) => (counts.get(nameOf(candidate)) ?? 0) > 1 && candidate.level < candidate.names.length - 1);
}

function nameOf({ names, level }: Candidate): string {
  return names[level] ?? "";
}

/** Every name that a file's type can have, the shortest first. */
function listNames(path: string, stageId: string): readonly string[] {
  const parts = path.split("/");
  const [, base = "", ending = ""] = /^(.*?)(?:\.([^.]*))?$/.exec(parts.pop() ?? "") ?? [];
  const words = [...parts, base].map(toPascalCase);
  // A file that is only named after its dataset has the name of its folder.
  while (words.at(-1) === "") words.pop();
  const last = words.pop() ?? toPascalCase(stageId);
  const names: string[] = [];
  for (let start = words.length; start >= 0; start -= 1) {
    const name = words.slice(start).join("") + last;
    if (start < words.length && words[start] === "") continue;
    names.push(toIdentifier(name), toIdentifier(name + toPascalCase(ending)));
  }
  return names;
}

/** `new-york_daily` -> `NewYorkDaily`; what stands for a dataset is left out. */
function toPascalCase(text: string): string {
  // TypeScript knows fewer of the rare characters beyond the first plane than Node.
  const words = text.replaceAll("{dataset}", "-").split(/[^\p{ID_Continue}]+|[\p{Pc}\u{10000}-\u{10ffff}]+/u);
  return words.map((word) => word.replace(/^./u, (first) => first.toUpperCase())).join("");
}

/** A digit can't begin an identifier. */
function toIdentifier(name: string): string {
  return /^\p{ID_Start}/u.test(name) ? name : `_${name}`;
}

function describeTwin(name: string, { output }: Candidate, first: Candidate): Problem {
  return makeError({
    code: "duplicate-row-type",
    place: output.place,
    message: `the rows of \`${output.path}\` and \`${first.output.path}\` would both have the type \`${name}\` in stitchbook/data`,
    hint: "rename one of the files",
  });
}
