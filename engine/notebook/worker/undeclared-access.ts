import { lstatSync, realpathSync } from "node:fs";
import { isAbsolute, join, posix, relative, sep } from "node:path";
import type { FileAccess } from "../execute/file-access.js";
import type { ExecutionRequest } from "../types.js";

/** An access that the fence stopped, in words. */
export type UndeclaredAccess = {
  readonly message: string;
  readonly hint: string;
  /** Relative to the project where it lies inside. */
  readonly path: string;
};

/** What a stage declares. */
export type Declarations = Pick<ExecutionRequest, "inputs" | "outputs"> & { readonly notebook: Pick<ExecutionRequest["notebook"], "notebook"> };

/** Where a path leads: to the task's folder, to the project, or elsewhere. */
type Location = { readonly where: "folder" | "project" | "outside"; readonly path: string };

const moduleEndings = ["", ".ts", ".js", ".mts", ".mjs", ".cts", ".cjs", ".json", "/index.ts", "/index.js"];

/**
 * Finds among the accesses that failed one which failed because the stage did not declare it.
 *
 * @returns null where the stage's own code is to blame
 */
export function findUndeclaredAccess(accesses: readonly FileAccess[], request: ExecutionRequest): UndeclaredAccess | null {
  for (const access of accesses) {
    const found = explainAccess(access, locate(access.path, request), request);
    if (found !== null) return found;
  }
  return null;
}

function explainAccess(access: FileAccess, location: Location, request: ExecutionRequest): UndeclaredAccess | null {
  if (access.problem === "missing-module") return explainModule(location, request);
  if (access.problem === "denied") return location.where === "outside" ? (explainNotebookPath(access, request) ?? explainOutside(access, location)) : explainDenied(access, location, request);
  return explainMissing(access, location, request);
}

function explainDenied(access: FileAccess, { path }: Location, request: ExecutionRequest): UndeclaredAccess {
  const declared = access.purpose === "write" ? request.outputs : [...request.inputs, ...request.outputs];
  const isDeclared = path === "" || declared.some((each) => each === path || each.startsWith(`${path}/`));
  if (!isDeclared) return explainUndeclared(access, path, request);
  return {
    path,
    message: `${path === "" ? "the project's folder" : path} was opened by an absolute path, which leads past the stage's own copies`,
    hint: `Use the path "${path === "" ? "." : path}": paths are relative to the project root, which is the stage's working directory (not __dirname).`,
  };
}

/** A file that is not in the task's folder may be there in the project, or wait to be declared as an output. */
function explainMissing(access: FileAccess, { where, path }: Location, request: ExecutionRequest): UndeclaredAccess | null {
  if (where === "outside" || [...request.inputs, ...request.outputs].includes(path)) return null;
  const inProject = kindOf(join(request.projectRoot, path));
  if (inProject === null && access.purpose !== "write") return null;
  return explainUndeclared(access, inProject === "folder" ? `${path}/*` : path, request);
}

/** An access that a stage did not declare, with the line of front matter that declares it. */
export function explainUndeclared({ purpose }: Pick<FileAccess, "purpose">, path: string, request: Declarations): UndeclaredAccess {
  const isWrite = purpose === "write";
  const [key, declared] = isWrite ? (["outputs", request.outputs] as const) : (["inputs", request.inputs] as const);
  return {
    path,
    message: `${path} was to be ${isWrite ? "written" : "read"}, but the stage does not declare it`,
    hint: `Add ${path} to ${key} in the front matter of ${request.notebook.notebook}: ${key}: ${yamlList(declared, path)}`,
  };
}

function explainModule({ where, path }: Location, request: ExecutionRequest): UndeclaredAccess | null {
  if (where === "outside") return null;
  const found = moduleEndings.map((ending) => path + ending).find((candidate) => kindOf(join(request.projectRoot, candidate)) === "file");
  if (found === undefined) return null;
  return {
    path: found,
    message: `${found} was imported by a name that is computed, so it was not compiled with the stage`,
    hint: `Import it by a literal path, or, if it is data, add it to inputs in the front matter of ${request.notebook.notebook} and read it.`,
  };
}

/** The habit of Jupyter: a path that is meant from the notebook's own folder. */
function explainNotebookPath({ path, purpose }: FileAccess, request: ExecutionRequest): UndeclaredAccess | null {
  const { notebook } = request.notebook;
  const asked = [request.folder, real(request.folder)].map((folder) => relative(folder, path).split(sep).join("/")).find((each) => each.startsWith("../") && !each.startsWith("../../../"));
  if (asked === undefined) return null;
  const meant = posix.join(posix.dirname(notebook), asked);
  const isKnown = purpose === "write" ? kindOf(join(request.projectRoot, posix.dirname(meant))) === "folder" : kindOf(join(request.projectRoot, meant)) !== null;
  if (meant.startsWith("../") || !isKnown) return null;
  const [key, declared] = purpose === "write" ? (["outputs", request.outputs] as const) : (["inputs", request.inputs] as const);
  const missing = declared.includes(meant) ? "" : ` It is not declared either: ${key}: ${yamlList(declared, meant)}`;
  return {
    path: meant,
    message: `${asked} leads out of the stage's working directory`,
    hint: `Use the path "${meant}": paths are relative to the project root, not to the notebook's folder.${missing}`,
  };
}

function explainOutside({ purpose }: FileAccess, { path }: Location): UndeclaredAccess {
  return {
    path,
    message: `${path} lies outside of the project and was to be ${purpose === "write" ? "written" : "read"}`,
    hint: "A stage reads its declared inputs and installed packages, and writes in its working directory; temporary files go to os.tmpdir(). Put the file into the project and declare it.",
  };
}

/** Two entries and the new one show where the line belongs. */
function yamlList(declared: readonly string[], path: string): string {
  const shown = declared.length > 2 ? ["..."] : declared.map(yamlText);
  return `[${[...shown, yamlText(path)].join(", ")}]`;
}

function yamlText(path: string): string {
  return /^[A-Za-z0-9_][A-Za-z0-9_./-]*$/.test(path) ? path : JSON.stringify(path);
}

function locate(path: string, { folder, projectRoot }: ExecutionRequest): Location {
  for (const root of [folder, real(folder)]) {
    const inside = inFolder(root, path);
    if (inside !== null) return { where: "folder", path: inside };
  }
  for (const root of [projectRoot, real(projectRoot)]) {
    const inside = inFolder(root, path);
    if (inside !== null && !inside.startsWith(".stitchbook/")) return { where: "project", path: inside };
  }
  return { where: "outside", path };
}

/** The POSIX path from a folder to what lies in it; null for what does not. */
function inFolder(folder: string, path: string): string | null {
  const between = relative(folder, path);
  return between === ".." || between.startsWith(`..${sep}`) || isAbsolute(between) ? null : between.split(sep).join("/");
}

function kindOf(path: string): "file" | "folder" | null {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return null;
    return stats.isDirectory() ? "folder" : "file";
  } catch {
    return null;
  }
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
