import type { Random } from "../plan/seeded-random.js";
import { anyModule, anyStage, type Edit } from "./edit.js";
import { moduleOf, TYPES, type StageModel } from "./world.js";

/** Edits that change nothing that runs. A report names the file of a notebook, though. */
export const QUIET: readonly Edit[] = [
  { name: "reformat a module", weight: 2, apply: (world, random) => void (anyModule(world, random).look.seed = nextLook(random)) },
  { name: "comment a module", weight: 2, apply: (world, random) => void (anyModule(world, random).look.comments = nextLook(random)) },
  { name: "reformat the cells of a stage", weight: 2, apply: (world, random) => void (anyStage(world, random).look.seed = nextLook(random)) },
  { name: "comment the cells of a stage", apply: (world, random) => void (anyStage(world, random).look.comments = nextLook(random)) },
  { name: "edit a type", apply: (world, random) => void (random.pick(moduleOf(world, TYPES).items.filter(({ kind }) => kind === "type")).literal += 1) },
  { name: "edit a value that stands among types", apply: (world) => moduleOf(world, TYPES).items.forEach((item) => item.kind === "constant" && (item.literal += 1)) },
  { name: "import a type in another way", apply: (world, random) => void anyModule(world, random).styles.set(TYPES, random.pick(["named", "namespace"])) },
  { name: "reformat JSON", apply: (world, random) => void (world.json.indent = random.int(5)) },
  { name: "edit prose", apply: (world, random) => void (anyStage(world, random).prose[0] = `# Title ${random.int(999)}`) },
  {
    name: "add a Markdown cell",
    apply: (world, random) => {
      const { prose } = anyStage(world, random);
      if (prose.length < 4) prose.push(`Some *prose* ${random.int(99)}.`);
      else prose.splice(0, 3);
      if (prose.length === 0) prose.push("");
    },
  },
  { name: "change ids, metadata and old outputs of cells", weight: 2, apply: (world, random) => void (anyStage(world, random).notebookSeed = nextLook(random)) },
  { name: "set an undeclared variable", apply: (world, random) => void world.env.set("UNDECLARED", String(random.int(99))) },
  { name: "edit options of tsconfig.json that emit nothing", apply: (world, random) => void (world.tsconfig = { compilerOptions: { noUnusedLocals: random.chance(0.5), noImplicitReturns: random.chance(0.5) } }) },
  { name: "edit a comment in an installed package", apply: (world, random) => void (random.pick([...world.packages.values()]).notes += 1) },
  { name: "rename a notebook's file", apply: (world, random) => void renameFile(anyStage(world, random), random) },
];

function renameFile(stage: StageModel, random: Random): void {
  stage.file = stage.file.replace(/(-v\d+)?\.ipynb$/, `-v${random.int(999)}.ipynb`);
}

const nextLook = (random: Random): number => 1 + random.int(1_000_000);
