import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { recordPath } from "../../engine/checkpoint/records.js";
import type { Random } from "../plan/seeded-random.js";
import type { World } from "./world.js";

/** What a damage works on. */
export type Place = {
  readonly world: World;
  readonly root: string;
  readonly random: Random;
  /** Artifacts and pictures that are there. */
  readonly artifacts: readonly string[];
  readonly tasks: readonly string[];
};

/** What is known of a damage besides what the disk shows. */
export type Damage = {
  /** Tasks whose records are gone. */
  readonly forgotten?: readonly string[] | "all";
  /** Tasks that are forced. */
  readonly forced?: readonly string[];
  readonly store?: "damaged" | "gone";
  /** By how much the clock is set, in milliseconds. */
  readonly clockMs?: number;
};

export type DamageKind = { readonly name: string; readonly weight?: number; readonly apply: (place: Place) => Damage | void };

/** What happens to a project's files besides edits of its sources. */
export const KINDS: readonly DamageKind[] = [
  {
    name: "change times of files",
    weight: 2,
    apply: ({ world, root, random, artifacts }) => {
      for (const path of [...world.data.keys(), ...world.modules.keys(), ...artifacts, ...world.stages.map(({ file }) => file)]) {
        if (random.chance(0.3)) utimesSync(join(root, path), new Date(), new Date(Date.now() - random.int(10) * 1e9));
      }
    },
  },
  {
    name: "put copies in the place of files",
    apply: ({ world, root, random, artifacts }) => {
      for (const path of [...world.data.keys(), ...artifacts]) {
        if (!random.chance(0.3)) continue;
        copyFileSync(join(root, path), join(root, `${path}.copy`));
        renameSync(join(root, `${path}.copy`), join(root, path));
      }
    },
  },
  { name: "remove an artifact", weight: 2, apply: ({ root, random, artifacts }) => rmSync(join(root, random.pick(artifacts))) },
  { name: "add to an artifact", apply: ({ root, random, artifacts }) => writeFileSync(join(root, random.pick(artifacts)), "x", { flag: "a" }) },
  {
    name: "change bytes of an artifact, not its size and time",
    weight: 2,
    apply: ({ root, random, artifacts }) => {
      const path = join(root, random.pick(artifacts));
      const { atime, mtime } = statSync(path);
      const bytes = readFileSync(path);
      const at = random.int(bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(path, bytes);
      utimesSync(path, atime, mtime);
    },
  },
  { name: "remove every artifact", apply: ({ root, artifacts }) => artifacts.forEach((path) => rmSync(join(root, path))) },
  {
    name: "remove a record",
    weight: 2,
    apply: ({ root, random, tasks }) => {
      const task = random.pick(tasks);
      rmSync(recordPath(join(root, ".stitchbook"), task), { force: true });
      return { forgotten: [task] };
    },
  },
  {
    name: "damage a record",
    weight: 2,
    apply: ({ root, random, tasks }) => {
      const task = random.pick(tasks);
      const path = recordPath(join(root, ".stitchbook"), task);
      if (!existsSync(path)) return {};
      const bytes = readFileSync(path);
      if (random.chance(0.5)) writeFileSync(path, bytes.subarray(0, random.int(bytes.length)));
      else writeFileSync(path, bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 1 : byte)));
      return { forgotten: [task] };
    },
  },
  {
    name: "remove all records",
    apply: ({ root }) => {
      rmSync(join(root, ".stitchbook/records"), { recursive: true, force: true });
      return { forgotten: "all" };
    },
  },
  {
    name: "remove or damage the stored code of stages",
    weight: 2,
    apply: ({ root, random }) => {
      const folder = join(root, ".stitchbook/code");
      for (const name of existsSync(folder) ? readdirSync(folder) : []) {
        if (random.chance(0.5)) rmSync(join(folder, name));
        else writeFileSync(join(folder, name), readFileSync(join(folder, name), "utf8").replace(/[0-9a-f]{8}/, "00000000"));
      }
    },
  },
  {
    name: "remove or damage what the engine keeps for later",
    weight: 2,
    apply: ({ root, random }) => {
      const folder = join(root, ".stitchbook/cache");
      if (!existsSync(folder)) return;
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name);
        if (!entry.isFile() || random.chance(0.3)) continue;
        if (random.chance(0.5)) rmSync(path);
        else writeFileSync(path, readFileSync(path).map((byte, at) => (at % 97 === 50 ? byte ^ 1 : byte)));
      }
    },
  },
  {
    name: "damage the store",
    weight: 2,
    apply: ({ root, random }) => {
      const folder = join(root, ".stitchbook/store");
      for (const entry of existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : []) {
        const path = join(entry.parentPath, entry.name);
        if (!entry.isFile() || random.chance(0.7)) continue;
        const bytes = readFileSync(path);
        if (random.chance(0.3)) rmSync(path);
        else if (random.chance(0.5)) writeFileSync(path, bytes.subarray(0, random.int(bytes.length)));
        else writeFileSync(path, bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 1 : byte)));
      }
      return { store: "damaged" };
    },
  },
  {
    name: "remove the store",
    apply: ({ root }) => {
      rmSync(join(root, ".stitchbook/store"), { recursive: true, force: true });
      return { store: "gone" };
    },
  },
  { name: "remove the executed notebooks", apply: ({ root }) => rmSync(join(root, "reports/notebooks"), { recursive: true, force: true }) },
  { name: "put a strange file where charts are", apply: ({ root }) => existsSync(join(root, "reports/images")) ? writeFileSync(join(root, "reports/images/strange.svg"), "<svg/>") : undefined },
  { name: "force tasks", apply: ({ random, tasks }) => ({ forced: tasks.filter(() => random.chance(0.3)) }) },
  { name: "wait for hours", apply: () => ({ clockMs: 7_200_000 }) },
  { name: "set the clock back", apply: () => ({ clockMs: -10_800_000 }) },
  { name: "do nothing", apply: () => undefined },
];

export const DAMAGES: readonly DamageKind[] = KINDS.flatMap((kind) => Array.from({ length: kind.weight ?? 1 }, () => kind));
