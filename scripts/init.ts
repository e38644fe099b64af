import { dirname, relative, resolve } from "node:path";
import { findPackageFile } from "../engine/report/package-file.js";
import { exampleNames, initProject, InitError } from "../engine/scaffold/init-project.js";
import { type Command, exitCodes, nearest, UsageError } from "./command.js";

export const command: Command = {
  usage: "DIR [options]",
  summary: "Make a new project: data, three stages, a report, and what belongs around them. Needs no network.",
  options: { example: { type: "string" } },
  optionHelp: { example: `NAME  ${exampleNames.join(" (default) or ")}` },
  async run({ flags, positionals }) {
    const [folder, other] = positionals;
    if (folder === undefined) throw new UsageError("init needs a folder: stitchbook init my-project");
    if (other !== undefined) throw new UsageError(`init makes one project, found a second folder: ${other}`);
    const named = flags.text("example") ?? "starter";
    const example = exampleNames.find((each) => each === named);
    if (example === undefined) throw new UsageError(`--example: expected ${exampleNames.join(" or ")}, found ${named}${await nearest(named, exampleNames, (name) => name)}`);
    const made = await initProject({ folder: resolve(folder), home: findHome(), example }).catch((error: unknown) => {
      throw error instanceof InitError ? new UsageError(error.message) : error;
    });
    if (flags.has("json")) process.stdout.write(`${JSON.stringify({ root: resolve(folder), files: made })}\n`);
    else if (!flags.has("quiet")) {
      const way = relative(process.cwd(), resolve(folder));
      for (const path of flags.has("verbose") ? made : []) process.stdout.write(`made  ${path}\n`);
      process.stdout.write([`${made.length} files in ${folder}. Next:`, "", ...(way === "" ? [] : [`  cd ${way}`]), "  npm install", "  npx stitchbook run", ""].join("\n"));
    }
    return exitCodes.ok;
  },
};

/** The folder of Stitchbook's own package, which holds the examples. */
function findHome(): string {
  const file = findPackageFile("examples/starter/stitchbook.yaml");
  if (file === null) throw new Error("Internal error: examples/starter is missing; install the package again");
  return dirname(dirname(dirname(file)));
}
