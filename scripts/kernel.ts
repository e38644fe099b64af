import { join, sep } from "node:path";
import { findKernelsFolder, type KernelScope, NoPrefixError } from "../engine/notebook/jupyter/kernel-places.js";
import { defaultKernelName, ForeignKernelError, makeKernelSpec, placeKernelSpec, removeKernelSpec } from "../engine/notebook/jupyter/kernel-spec.js";
import { type Command, type CommandInput, exitCodes, type Flags, nearest, UsageError } from "./command.js";
import { findKernelPrograms } from "./kernel-programs.js";

const actions = ["install", "remove"] as const;

export const command: Command = {
  usage: "install|remove [options]",
  summary: "Register the kernel for other Jupyters and VS Code, or remove it. One serves all projects: it finds the project from the notebook's folder.",
  options: { user: { type: "boolean" }, "sys-prefix": { type: "boolean" }, prefix: { type: "string" }, name: { type: "string" } },
  optionHelp: {
    user: "for this user (default)",
    "sys-prefix": "for the Python environment that is activated, or the python3 on the PATH",
    prefix: "DIR  in DIR/share/jupyter/kernels",
    name: `NAME  of the kernel (default: ${defaultKernelName}, which notebooks of a project ask for)`,
  },
  run,
};

async function run({ flags, positionals }: CommandInput): Promise<number> {
  const [asked, ...more] = positionals;
  const action = actions.find((each) => each === asked);
  if (action === undefined) throw new UsageError(asked === undefined ? "kernel: install or remove?" : `kernel: expected install or remove, found ${asked}${await nearest(asked, actions, (each) => each)}`);
  if (more[0] !== undefined) throw new UsageError(`kernel ${action} takes no argument, found ${more[0]}; a name goes to --name`);
  const name = readName(flags);
  try {
    const folder = join(await findKernelsFolder(readScope(flags), { env: process.env, platform: process.platform }), name);
    const said = action === "install" ? await install(folder, name) : await remove(folder, name);
    if (flags.has("json")) process.stdout.write(`${JSON.stringify({ action: said.action, name, path: folder })}\n`);
    else if (!flags.has("quiet")) process.stdout.write(`${said.text}\n`);
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof ForeignKernelError || error instanceof NoPrefixError) throw new UsageError(`${error.message}\n  ${error.hint}`);
    throw explainRefusal(error) ?? error;
  }
}

/** Jupyter knows names in small letters only. */
function readName(flags: Flags): string {
  const name = flags.text("name") ?? defaultKernelName;
  if (!/^[a-z0-9_-][a-z0-9._-]*$/.test(name)) throw new UsageError(`--name: expected small letters, digits, -, _ and ., found ${name === "" ? "nothing" : name}`);
  return name;
}

function readScope(flags: Flags): KernelScope {
  const prefix = flags.text("prefix");
  const given = [...(flags.has("user") ? ["--user"] : []), ...(flags.has("sys-prefix") ? ["--sys-prefix"] : []), ...(prefix === undefined ? [] : ["--prefix"])];
  if (given.length > 1) throw new UsageError(`${given.join(" and ")} are different places; name one`);
  if (prefix === "") throw new UsageError("--prefix: expected a folder, found nothing");
  if (prefix !== undefined) return { kind: "prefix", prefix };
  return { kind: flags.has("sys-prefix") ? "sys-prefix" : "user" };
}

type Said = { readonly action: string; readonly text: string };

const firsts = { written: "Installed", replaced: "Brought up to date:", unchanged: "Already installed:" } as const;

async function install(folder: string, name: string): Promise<Said> {
  const programs = await findKernelPrograms();
  const spec = makeKernelSpec(programs, name);
  const action = await placeKernelSpec(folder, spec);
  const lines = [
    `${firsts[action]} the kernel "${spec.display_name}" in ${folder}`,
    `  It runs ${programs.kernelFile} with ${programs.node}; install it again after moving either.`,
    ...(programs.kernelFile.split(sep).includes("_npx") ? ["  warning: that is npx's cache, which may be emptied; install Stitchbook in a project first, and call it from there."] : []),
    `  VS Code: open a notebook of a project, Select Kernel > Jupyter Kernel... > ${spec.display_name} (reload the window if it is not listed yet).`,
    `  JupyterLab, Notebook: Kernel > Change Kernel > ${spec.display_name}.`,
  ];
  return { action, text: lines.join("\n") };
}

async function remove(folder: string, name: string): Promise<Said> {
  const { isRemoved, kept } = await removeKernelSpec(folder);
  if (!isRemoved) return { action: "absent", text: `There is no kernel ${name} in ${folder}; nothing to remove.` };
  const rest = kept.length === 0 ? "" : ` (left there: ${kept.join(", ")}, not Stitchbook's)`;
  return { action: "removed", text: `Removed the kernel ${name} from ${folder}${rest}` };
}

/** A folder that may not be written has another remedy than a full disk. */
function explainRefusal(error: unknown): Error | null {
  if (!(error instanceof Error) || !("code" in error)) return null;
  const { code } = error;
  if (code !== "EACCES" && code !== "EPERM" && code !== "EROFS") return null;
  return Object.assign(new Error(`the kernel's folder can't be written: ${error.message}`, { cause: error }), { hint: "Install it for yourself (--user), or name a folder of your own with --prefix DIR." });
}
