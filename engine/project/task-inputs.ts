import { posix } from "node:path";
import { makeError } from "./problems.js";
import { fillDataset, findBadGlob, foldName, hasDataset, isGlob, matcherOf } from "./patterns.js";
import { suggestName } from "./suggest-name.js";
import type { Disk } from "./disk.js";
import type { Owners } from "./owners.js";
import type { TaskSeed } from "./tasks.js";
import type { Dataset, InputPattern, Problem, TaskInput } from "./types.js";
import { compareCodeUnits } from "./compare-code-units.js";

export type InputContext = {
  readonly owners: Owners;
  readonly datasets: readonly Dataset[];
  readonly disk: Disk;
  /** Files that an earlier run made and nobody declares any more: nobody's input. */
  readonly orphans: ReadonlySet<string>;
  /** True where some declaration could not be read: then what seems missing may be declared there. */
  readonly isPartial: boolean;
};

type Found = { readonly inputs: readonly TaskInput[]; readonly problem: Problem | null };

/** Finds the files that a task reads, and who makes them. */
export async function resolveTaskInputs(seed: TaskSeed, context: InputContext): Promise<{ inputs: TaskInput[]; problems: Problem[] }> {
  const patterns = seed.node.kind === "stage" ? seed.node.inputs : Object.values(seed.node.inputs);
  const found = await Promise.all(
    patterns.flatMap((input): Promise<Found>[] => {
      if (!hasDataset(input.pattern)) return [resolvePattern(seed, input, context)];
      if (context.datasets.length === 0) return [Promise.resolve(context.isPartial ? { inputs: [], problem: null } : withoutDatasets(input))];
      const datasets = seed.dataset === null ? context.datasets : [seed.dataset];
      return datasets.map(({ name }) => resolvePattern(seed, { ...input, pattern: fillDataset(input.pattern, name) }, context));
    }),
  );
  const byPath = new Map(found.flatMap(({ inputs }) => inputs).map((input) => [input.path, input]));
  return {
    inputs: [...byPath.values()].sort((left, right) => compareCodeUnits(left.path, right.path)),
    problems: found.flatMap(({ problem }) => problem ?? []),
  };
}

async function resolvePattern(seed: TaskSeed, input: InputPattern, context: InputContext): Promise<Found> {
  const { owners, disk, orphans } = context;
  const { pattern: path } = input;
  const producer = owners.byPath.get(path);
  if (producer === seed.id) return fail(input, {
    code: "own-output",
    message: `\`${path}\` is an output of this task, and can't be its input`,
    hint: "write to another path, or remove the input",
  });
  if (producer !== undefined) return { inputs: [{ path, producer }], problem: null };
  const twin = owners.byFold.get(foldName(path));
  if (twin !== undefined) return fail(input, {
    code: "input-case",
    message: `\`${path}\` differs only in case from the output \`${twin}\``,
    hint: `write \`${twin}\``,
  });
  const view = owners.imageFolders.find((folder) => path.startsWith(`${folder}/`));
  if (view !== undefined && !isGlob(path)) return fail(input, {
    code: "reserved-input",
    message: `\`${path}\` lies in the images folder of a report, which is never an input`,
  });
  const kind = orphans.has(path) ? null : await disk.kindOf(path);
  if (kind === "file") return { inputs: [{ path, producer: null }], problem: null };
  if (kind === "folder") return fail(input, {
    code: "folder",
    message: `\`${path}\` is a folder; an input is a file or a glob`,
    hint: `write a glob, such as \`${path}/**\``,
  });
  return isGlob(path) ? resolveGlob(seed, input, context) : resolveMissing(input, context);
}

async function resolveGlob(seed: TaskSeed, input: InputPattern, { owners, disk, orphans, isPartial }: InputContext): Promise<Found> {
  const { pattern } = input;
  const bad = findBadGlob(pattern);
  if (bad !== null) return fail(input, { ...bad, message: `this ${bad.message}` });
  const matches = matcherOf(pattern);
  const declared = [...owners.byPath].filter(([path, producer]) => producer !== seed.id && matches(path));
  if (declared.length > 0) return { inputs: declared.map(([path, producer]) => ({ path, producer })), problem: null };
  // What a run made is no source, even where the glob reaches it.
  const isMade = (path: string) => orphans.has(path) || owners.byPath.has(path) || owners.imageFolders.some((folder) => path.startsWith(`${folder}/`));
  const files = (await disk.glob(pattern)).filter((path) => !isMade(path));
  const odd = files.find((path) => path !== path.normalize("NFC"));
  if (odd !== undefined) return fail(input, {
    code: "not-nfc",
    message: `the name of \`${odd}\` is not in Unicode's composed form (NFC)`,
    hint: "rename the file",
  });
  if (files.length > 0) return { inputs: files.map((path) => ({ path, producer: null })), problem: null };
  if (isPartial) return { inputs: [], problem: null };
  return fail(input, { code: "glob-no-match", message: `\`${pattern}\` matches no output and no file`, hint: "correct the glob, or add the files" });
}

async function resolveMissing(input: InputPattern, { owners, disk, orphans, isPartial }: InputContext): Promise<Found> {
  const { pattern: path } = input;
  if (orphans.has(path)) {
    return fail(input, {
      code: "missing-input",
      message: `no task makes \`${path}\` any more: an earlier run left it behind`,
      hint: "declare it as an output of the stage that makes it, or remove this input; `stitchbook clean --orphans` removes what was left behind, but not what was changed since",
    });
  }
  if (isPartial) return { inputs: [], problem: null };
  const known = [...owners.byPath.keys(), ...(await disk.neighbours(path))];
  const decomposed = known.find((name) => name !== path && name.normalize("NFC") === path.normalize("NFC"));
  if (decomposed !== undefined) return fail(input, {
    code: "not-nfc",
    message: `the name of \`${decomposed}\` is not in Unicode's composed form (NFC)`,
    hint: "rename the file: its name looks the same and is spelt with other code points",
  });
  const nearest = suggestName(path, known) ?? known.find((name) => posix.basename(name) === posix.basename(path)) ?? null;
  const hint = nearest === null ? "add the file, or declare it as an output of the stage that makes it" : `did you mean \`${nearest}\`?`;
  return fail(input, { code: "missing-input", message: `no task makes \`${path}\`, and there is no such file`, hint });
}

function withoutDatasets(input: InputPattern): Found {
  return fail(input, {
    code: "no-datasets",
    message: `\`${input.pattern}\` holds \`{dataset}\`, but the project has no datasets`,
    hint: "list `datasets` in stitchbook.yaml",
  });
}

function fail({ place }: InputPattern, problem: { code: string; message: string; hint?: string }): Found {
  return { inputs: [], problem: makeError({ ...problem, place }) };
}
