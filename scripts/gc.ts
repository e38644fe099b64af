import { existsSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { formatBytes, formatCount } from "../engine/observe/format.js";
import { parseBytes } from "../engine/project/byte-sizes.js";
import { parseDuration } from "../engine/project/durations.js";
import { collectCaches, type CacheRemoval } from "../engine/run/upkeep/collect-caches.js";
import { storeFolderName } from "../engine/run/find-stored.js";
import { acquireLock, explainHeldLock } from "../engine/run/lock/lock.js";
import { readNeeds } from "../engine/run/upkeep/present-needs.js";
import { createRunId } from "../engine/run/run-id.js";
import { DEFAULT_BOUNDS, noteCollection } from "../engine/store/bound-store.js";
import { collectGarbage, type Collection, type Removal } from "../engine/store/collect-garbage.js";
import { type Command, exitCodes, type Flags, UsageError } from "./command.js";
import { findSite, openProject, refuseArguments, type Site } from "./project-commands.js";

type Bounds = { readonly maxBytes: number; readonly maxAgeMs: number };
type Collected = { readonly store: Collection; readonly caches: readonly CacheRemoval[] };

export const command: Command = {
  usage: "[options]",
  summary: "Bound the size and age of what .stitchbook/ keeps of earlier results. What present records need stays.",
  options: { "max-size": { type: "string" }, "max-age": { type: "string" }, "dry-run": { type: "boolean", short: "n" } },
  optionHelp: {
    "max-size": "SIZE  of the store: 500MB, 2GB ... (default 2GB)",
    "max-age": "AGE  what was not used for longer goes: 12h, 30d ... (default 30d)",
    "dry-run": "say what would go, and remove nothing",
  },
  async run({ flags, positionals }) {
    refuseArguments("gc", positionals);
    const bounds = readBounds(flags);
    const site = findSite(flags);
    const isDryRun = flags.has("dry-run");
    if (isDryRun || !existsSync(site.stateFolder)) return tell(await collect(site, bounds, true), { flags, site, isDryRun });
    const lock = await acquireLock({ stateFolder: site.stateFolder, run: createRunId(Date.now(), Math.random) });
    if ("heldBy" in lock) {
      const { message, hint } = explainHeldLock(lock);
      process.stderr.write(`stitchbook: ${message}\n  ${hint}\n`);
      return exitCodes.locked;
    }
    try {
      return tell(await collect(site, bounds, false), { flags, site, isDryRun });
    } finally {
      await lock.release();
    }
  },
};

function readBounds(flags: Flags): Bounds {
  const [size, age] = [flags.text("max-size"), flags.text("max-age")];
  const maxBytes = size === undefined ? DEFAULT_BOUNDS.maxBytes : parseBytes(size);
  const maxAgeMs = age === undefined ? DEFAULT_BOUNDS.maxAgeMs : parseDuration(age);
  if (maxBytes === null) throw new UsageError(`--max-size: expected a size such as 500MB or 2GB, found ${size}`);
  if (maxAgeMs === null) throw new UsageError(`--max-age: expected a duration such as 12h or 30d, found ${age}`);
  return { maxBytes, maxAgeMs };
}

async function collect(site: Site, bounds: Bounds, isDryRun: boolean): Promise<Collected> {
  const project = await openProject(site, { isReadOnly: isDryRun });
  const now = Date.now();
  const folder = join(site.stateFolder, storeFolderName);
  const store = await collectGarbage(folder, { ...bounds, needs: readNeeds(site.stateFolder, project), now, isDryRun });
  if (!isDryRun && existsSync(folder)) await noteCollection(folder, { ...store, now });
  const caches = await collectCaches({ stateFolder: site.stateFolder, project, maxAgeMs: bounds.maxAgeMs, now, isDryRun });
  return { store, caches };
}

function tell({ store, caches }: Collected, { flags, site, isDryRun }: { readonly flags: Flags; readonly site: Site; readonly isDryRun: boolean }): number {
  const removed = [...store.removed, ...caches.map((each) => ({ ...each, task: null }))];
  const removedBytes = removed.reduce((sum, { bytes }) => sum + bytes, 0);
  const pathOf = (file: string) => relative(site.root, file).split(sep).join("/");
  if (flags.has("json")) {
    const list = removed.map(({ file, why, task, bytes, usedAtMs }) => ({ path: pathOf(file), why, task, bytes, last_used: new Date(usedAtMs).toISOString() }));
    process.stdout.write(`${JSON.stringify({ dry_run: isDryRun, removed: list, removed_bytes: removedBytes, kept_bytes: store.keptBytes, needed_bytes: store.neededBytes })}\n`);
    return exitCodes.ok;
  }
  if (flags.has("quiet")) return exitCodes.ok;
  if (flags.has("verbose")) for (const { file, why, bytes, task } of removed) process.stdout.write(`${why.padEnd(9)}${formatBytes(bytes).padStart(9)}  ${pathOf(file)}${task === null ? "" : `  (${task})`}\n`);
  const holds = `The store ${isDryRun ? "would hold" : "holds"} ${formatBytes(store.keptBytes)}; present records need ${formatBytes(store.neededBytes)} of it.`;
  const went = removed.length === 0 ? "Nothing to remove." : `${isDryRun ? "Would remove" : "Removed"} ${formatBytes(removedBytes)}: ${countWhys(removed)}.`;
  process.stdout.write(`${went} ${holds}\n`);
  return exitCodes.ok;
}

const whyTexts: Readonly<Record<Removal["why"] | CacheRemoval["why"], readonly [one: string, many: string]>> = {
  old: ["result not used for long", "results not used for long"],
  size: ["result beyond the size", "results beyond the size"],
  damaged: ["damaged result", "damaged results"],
  unused: ["file of no result", "files of no result"],
  stray: ["unfinished file", "unfinished files"],
  compiled: ["compiled notebook", "compiled notebooks"],
  packages: ["file of bundled packages", "files of bundled packages"],
  plot: ["plot", "plots"],
  code: ["code of a former stage", "codes of former stages"],
};

function countWhys(removed: readonly { readonly why: keyof typeof whyTexts }[]): string {
  const counts = new Map<keyof typeof whyTexts, number>();
  for (const { why } of removed) counts.set(why, (counts.get(why) ?? 0) + 1);
  return [...counts].map(([why, count]) => `${formatCount(count)} ${whyTexts[why][count === 1 ? 0 : 1]}`).join(", ");
}
