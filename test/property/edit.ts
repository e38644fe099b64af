import type { Random } from "../plan/seeded-random.js";
import type { Module, StageModel, World } from "./world.js";

/** An edit of the sources of a project; what must run follows from the model. False where there was nothing to edit. */
export type Edit = { readonly name: string; readonly weight?: number; readonly apply: (world: World, random: Random) => boolean | void };

export const anyModule = (world: World, random: Random): Module => random.pick([...world.modules.values()]);
export const anyStage = (world: World, random: Random): StageModel => random.pick(world.stages);
