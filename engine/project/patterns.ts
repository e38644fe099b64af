import picomatch from "picomatch";

const placeholder = "{dataset}";

export type PathProblem = { readonly code: string; readonly message: string; readonly hint?: string };

/**
 * Brings a declared path or glob to its one form: relative, POSIX, NFC, without `.` and empty parts.
 * @returns the path, or what is wrong with it
 */
export function normalizePath(written: string): { readonly path: string } | PathProblem {
  const text = written.normalize("NFC");
  if (text.trim() === "") return { code: "bad-path", message: "is empty", hint: "write a path relative to the project" };
  if (/\$\{/.test(text)) return {
    code: "variable-outside-alerts",
    message: `holds \`\${...}\`, found \`${text}\``,
    hint: "variables may stand under `alerts` only; declare `env` and read the variable in the notebook",
  };
  if (/[\u0000-\u001f\u007f]/.test(text)) return { code: "bad-path", message: "holds a control character", hint: "remove it" };
  if (text.includes("\\")) return {
    code: "bad-path",
    message: `holds a backslash, found \`${text}\``,
    hint: `write \`${text.replaceAll("\\", "/")}\``,
  };
  if (/^(\/|~\/|[A-Za-z]:\/|[a-z]+:\/\/)/.test(text)) return {
    code: "absolute-path",
    message: `must be relative to the project, found \`${text}\``,
    hint: "write the path from the project's folder on",
  };
  const parts: string[] = [];
  for (const part of text.split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return {
        code: "path-leaves-project",
        message: `leaves the project, found \`${text}\``,
        hint: "only files inside the project's folder can be declared; copy the file into the project",
      };
    } else if (part !== "" && part !== ".") parts.push(part);
  }
  if (parts.length === 0 || text.endsWith("/")) {
    return { code: "folder", message: `is a folder, found \`${text}\``, hint: "name files, for example with a glob: `folder/**`" };
  }
  return { path: parts.join("/") };
}

/** What is wrong with the placeholders of a path; null where they are all `{dataset}`, or none. */
export function findBadPlaceholder(path: string): PathProblem | null {
  const found = [...path.matchAll(/\{([^{},./]*)\}/g)].find((match) => match[0] !== placeholder);
  return found === undefined
    ? null
    : { code: "bad-placeholder", message: `holds \`${found[0]}\`; the only placeholder is \`${placeholder}\`` };
}

export function hasDataset(path: string): boolean {
  return path.includes(placeholder);
}

/** Names become parts of paths, so `.` and `..` are none. */
export function isDatasetName(name: string): boolean {
  return /^[A-Za-z0-9._-]+$/.test(name) && !/^\.+$/.test(name);
}

export function fillDataset(path: string, dataset: string): string {
  return path.replaceAll(placeholder, dataset);
}

/** True where the text may mean more than one file. */
export function isGlob(pattern: string): boolean {
  return picomatch.scan(pattern.replaceAll(placeholder, "dataset"), { scanToEnd: true }).isGlob || /[*?[\]{}]/.test(pattern.replaceAll(placeholder, ""));
}

/** What is wrong with a glob; null where nothing is. */
export function findBadGlob(pattern: string): PathProblem | null {
  if (pattern.startsWith("!")) return {
    code: "bad-glob",
    message: `begins with \`!\`, found \`${pattern}\``,
    hint: "a glob can't exclude; name what is wanted",
  };
  try {
    picomatch.makeRe(pattern.replaceAll(placeholder, "dataset"), { strictBrackets: true });
    return null;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { code: "bad-glob", message: `is not a glob: ${reason}, found \`${pattern}\``, hint: "close every bracket" };
  }
}

/** A test for paths that a glob matches; dot files only where the glob names the dot. */
export function matcherOf(glob: string): (path: string) => boolean {
  return picomatch(glob);
}

/** The folder that all matches of a glob lie in; empty for the project's own. */
export function folderOf(glob: string): string {
  const { base } = picomatch.scan(glob);
  return isGlob(glob) ? base : base.split("/").slice(0, -1).join("/");
}

/** Two names with the same fold can be one file on a disk that ignores case. */
export function foldName(name: string): string {
  return name.normalize("NFC").toUpperCase().toLowerCase().normalize("NFC");
}

const reservedFolders = [".stitchbook", "logs", "reports/notebooks", "node_modules", ".git"];
const reservedFiles = ["stitchbook.yaml", "package.json", "package-lock.json", "tsconfig.json", ".env"];

/** The reserved folder or file that a path is or lies in; null where it is free. */
export function findReserved(path: string): string | null {
  const folded = foldName(path);
  const folder = reservedFolders.find((each) => folded === each || folded.startsWith(`${each}/`));
  if (folder !== undefined) return `${folder}/`;
  if (folded.split("/").includes("node_modules")) return "node_modules/";
  return reservedFiles.find((each) => folded === each) ?? null;
}

const tableEnds = [".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".arrow", ".feather"];

/** The same as a pattern of JSON Schema, which knows no flags. */
export const tablePathPattern = `(${tableEnds.map(ignoreCase).join("|")})$`;
export const jsonPathPattern = `${ignoreCase(".json")}$`;

function ignoreCase(end: string): string {
  return [...end].map((letter) => (letter === "." ? "\\." : `[${letter}${letter.toUpperCase()}]`)).join("");
}

/** True where `rows`, `columns` and `key` have a meaning. */
export function isTablePath(path: string): boolean {
  return tableEnds.some((end) => path.toLowerCase().endsWith(end));
}
