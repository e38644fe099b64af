import { makeError, removeRepeats } from "./problems.js";
import { foldName, matcherOf } from "./patterns.js";
import type { Disk } from "./disk.js";
import type { TaskSeed } from "./tasks.js";
import type { OutputContract, Problem, Report } from "./types.js";

/** Who makes each declared output. */
export type Owners = {
  /** Path -> id of its task. */
  readonly byPath: ReadonlyMap<string, string>;
  /** Folded path -> path. */
  readonly byFold: ReadonlyMap<string, string>;
  /** Folders that reports own, without a slash at the end. */
  readonly imageFolders: readonly string[];
};

export type OwnerContext = {
  readonly disk: Disk;
  /** Notebooks and templates that are there. */
  readonly sources: readonly string[];
  /** Globs of notebooks and templates. */
  readonly sourceGlobs: readonly string[];
};

type Claim = { readonly seed: TaskSeed; readonly output: OutputContract };

/** Finds out who makes what, and every output that can't be as declared. */
export async function assignOwners(seeds: readonly TaskSeed[], context: OwnerContext): Promise<Owners & { readonly problems: readonly Problem[] }> {
  const claims = new Map<string, Claim>();
  const problems: Problem[] = [];
  for (const seed of seeds) {
    for (const output of seed.outputs) {
      const fold = foldName(output.path);
      const earlier = claims.get(fold);
      // A fan-out whose path lacks `{dataset}` is told where its outputs are read.
      const isShared = earlier !== undefined && earlier.seed.node === seed.node && earlier.seed !== seed;
      if (earlier === undefined) claims.set(fold, { seed, output });
      else if (!isShared) problems.push(describeTwin(earlier, { seed, output }));
    }
  }
  const reports = seeds.flatMap(({ node }) => (node.kind === "report" ? [node] : []));
  problems.push(...findNested(claims), ...findImageClashes(reports, claims, context.sources));
  problems.push(...findSourceClashes(claims, context), ...(await findFolders(claims, context.disk)));
  const owned = [...claims.entries()];
  return {
    byPath: new Map(owned.map(([, { seed, output }]) => [output.path, seed.id])),
    byFold: new Map(owned.map(([fold, { output }]) => [fold, output.path])),
    imageFolders: reports.map(({ outputs }) => outputs.images),
    problems: removeRepeats(problems),
  };
}

function describeTwin(earlier: Claim, { seed, output }: Claim): Problem {
  const [first, second] = [earlier.output.path, output.path];
  const owner = earlier.seed.node === seed.node ? `\`${seed.node.id}\` itself` : `\`${earlier.seed.id}\``;
  return first === second
    ? makeError({
      code: "duplicate-output",
      place: output.place,
      message: `\`${second}\` is an output of ${owner} already`,
      hint: "every file is made by one task; choose another path",
    })
    : makeError({
      code: "duplicate-output",
      place: output.place,
      message: `\`${second}\` differs only in case from \`${first}\`, an output of ${owner}`,
      hint: "on many disks both are one file; choose another path",
    });
}

/** An output that would need another output to be a folder. */
function findNested(claims: ReadonlyMap<string, Claim>): Problem[] {
  return [...claims].flatMap(([fold, { output }]) => {
    const parent = ancestorsOf(fold).find((folder) => claims.has(folder));
    const outer = parent === undefined ? undefined : claims.get(parent);
    if (outer === undefined) return [];
    const message = `\`${output.path}\` lies in \`${outer.output.path}\`, which is an output of \`${outer.seed.id}\`: one path can't be file and folder`;
    return [makeError({ code: "nested-output", place: output.place, message, hint: "choose another path" })];
  });
}

/** A report removes stale files from its images folder, so nothing else may live there. */
function findImageClashes(reports: readonly Report[], claims: ReadonlyMap<string, Claim>, sources: readonly string[]): Problem[] {
  return reports.flatMap((report, index) => {
    const { images } = report.outputs;
    const folder = foldName(images);
    const isInside = (path: string) => foldName(path) === folder || foldName(path).startsWith(`${folder}/`);
    const describe = (found: string) =>
      makeError({
        code: "images-folder",
        place: report.place,
        message: `the images folder \`${images}\` of the report \`${report.id}\` must be its own, but ${found}`,
        hint: "set `images` under `outputs` to a folder of its own",
      });
    const output = [...claims.values()].find((claim) => isInside(claim.output.path) || folder.startsWith(`${foldName(claim.output.path)}/`));
    const source = sources.find(isInside);
    const other = reports.slice(0, index).find((each) => isInside(each.outputs.images) || folder.startsWith(`${foldName(each.outputs.images)}/`));
    return [
      ...(output === undefined ? [] : [describe(`\`${output.output.path}\` is an output of \`${output.seed.id}\``)]),
      ...(source === undefined ? [] : [describe(`\`${source}\` is a source`)]),
      ...(other === undefined ? [] : [describe(`\`${other.outputs.images}\` belongs to the report \`${other.id}\``)]),
    ];
  });
}

function findSourceClashes(claims: ReadonlyMap<string, Claim>, { sources, sourceGlobs }: OwnerContext): Problem[] {
  const folded = new Set(sources.map(foldName));
  const matchers = sourceGlobs.map((glob) => matcherOf(glob));
  return [...claims].flatMap(([fold, { output }]) => {
    const isSource = folded.has(fold) || matchers.some((matches) => matches(output.path));
    if (!isSource) return [];
    const message = `\`${output.path}\` is a notebook or a template of the project, not an output`;
    return [makeError({ code: "source-output", place: output.place, message, hint: "choose another path" })];
  });
}

async function findFolders(claims: ReadonlyMap<string, Claim>, disk: Disk): Promise<Problem[]> {
  const found = await Promise.all(
    [...claims.values()].map(async ({ output }) => {
      if ((await disk.kindOf(output.path)) !== "folder") return [];
      return [makeError({
        code: "folder",
        place: output.place,
        message: `\`${output.path}\` is a folder; an output is a file`,
        hint: "name every file that the stage makes",
      })];
    }),
  );
  return found.flat();
}

function ancestorsOf(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}
