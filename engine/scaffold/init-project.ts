import { existsSync } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { writeNewFiles, type NewFiles } from "./write-new-files.js";

export const exampleNames = ["starter", "weather"] as const;
export type ExampleName = (typeof exampleNames)[number];

export type InitRequest = {
  /** The new project's folder, absolute. */
  readonly folder: string;
  /** The folder of Stitchbook's own package, absolute. */
  readonly home: string;
  readonly example: ExampleName;
};

/** A folder that can't become a new project. */
export class InitError extends Error {
  override readonly name = "InitError";
}

/** What may be in a folder that becomes a project: what a fresh repository has. */
const gitFiles = [".git", ".gitignore", ".gitattributes", ".github"];

/**
 * Makes a new project of an example. Needs no network.
 *
 * @returns project paths of what was made, in code-unit order
 * @throws {InitError} where the folder holds anything but git's files
 */
export async function initProject({ folder, home, example }: InitRequest): Promise<string[]> {
  const present = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    throw error.code === "ENOTDIR" ? new InitError(`${folder} is a file`) : error;
  });
  const other = present.filter((name) => !gitFiles.includes(name));
  if (other.length > 0) throw new InitError(`${folder} is not empty: ${other.slice(0, 3).join(", ")}${other.length > 3 ? " ..." : ""}; name a new folder`);
  const name = nameProject(folder);
  const files: NewFiles = { ...(await readFrame(home)), ...(example === "starter" ? await readContent(join(home, "examples/starter"), starterContent) : await readContent(home, weatherContent)) };
  const renamed = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, path === "stitchbook.yaml" ? text.replace(/^name: .*$/m, `name: ${name}`) : text]));
  const made: NewFiles = {
    ...renamed,
    ...(example === "weather" ? { "README.md": weatherReadme, ".gitignore": await weatherIgnores(home) } : {}),
    "package.json": await writePackage({ folder, home, example }, name),
  };
  const own = Object.fromEntries(Object.entries(made).filter(([path]) => !present.includes(path)).map(([path, text]) => [path, path === "README.md" ? text.replace(/^# .*$/m, `# ${name}`) : text]));
  await mkdir(folder, { recursive: true });
  await writeNewFiles(folder, own);
  return Object.keys(own).sort();
}

/** `My Project` becomes `my-project`. */
function nameProject(folder: string): string {
  const name = basename(resolve(folder)).normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  return name === "" ? "project" : name;
}

const frameFiles = [".gitattributes", ".vscode/settings.json", ".vscode/extensions.json", "tsconfig.json"];
const starterContent = ["README.md", "stitchbook.yaml", "data/sources/", "notebooks/", "stages/", "templates/", "test/"];
const weatherContent = ["stitchbook.yaml", "data/sources/", "notebooks/", "stages/", "templates/", "test/stages/"];

/** Of the flagship itself: its frame of pages is the package's own, and one test is about the repository. */
const leftOut = ["templates/page.html", "test/stages/notebooks.test.ts"];

async function readFrame(home: string): Promise<NewFiles> {
  const starter = join(home, "examples/starter");
  const texts = await Promise.all(frameFiles.map(async (path) => [path, await readFile(join(starter, path), "utf8")] as const));
  return { ...Object.fromEntries(texts), ".gitignore": await readIgnores(home) };
}

/** npm leaves a file of this name out of packages: there it lies in dist/ under another. */
function readIgnores(home: string): Promise<string> {
  const own = join(home, "examples/starter/.gitignore");
  return readFile(existsSync(own) ? own : join(home, "dist/starter.gitignore"), "utf8");
}

async function weatherIgnores(home: string): Promise<string> {
  return (await readIgnores(home)).replace("data/*.csv\n", "data/raw/\ndata/processed/\n");
}

/** The files of these places; a place ending in `/` is a folder with all below it. */
async function readContent(from: string, places: readonly string[]): Promise<NewFiles> {
  const files: Record<string, string> = {};
  for (const place of places) {
    const paths = place.endsWith("/") ? (await listFiles(from, place)).filter((path) => !leftOut.includes(path)) : [place];
    for (const path of paths) files[path] = await readFile(join(from, path), "utf8");
  }
  return files;
}

async function listFiles(from: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(from, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => relative(from, join(entry.parentPath, entry.name)).split("\\").join("/"))
    .filter((path) => !/(^|\/)(\.ipynb_checkpoints|__pycache__|node_modules)\//.test(path))
    .sort();
}

type Package = { readonly [key: string]: unknown; readonly dependencies?: Readonly<Record<string, string>>; readonly devDependencies?: Readonly<Record<string, string>>; readonly version?: string };

async function writePackage({ folder, home, example }: InitRequest, name: string): Promise<string> {
  const [frame, own] = await Promise.all([readPackage(join(home, "examples/starter/package.json")), readPackage(join(home, "package.json"))]);
  const versions = { ...own.dependencies, ...own.devDependencies };
  const pick = (...names: readonly string[]) => Object.fromEntries(names.flatMap((each) => (versions[each] === undefined ? [] : [[each, versions[each]]])));
  const isWeather = example === "weather";
  const dependencies = { ...frame.dependencies, ...(isWeather ? pick("ml-regression", "vega", "vega-lite") : {}), stitchbook: await describeSource(folder, home, own.version ?? "0.0.0") };
  const devDependencies = { ...frame.devDependencies, ...(isWeather ? pick("fast-check") : {}) };
  return `${JSON.stringify({ ...frame, name, dependencies: sortKeys(dependencies), devDependencies: sortKeys(devDependencies) }, null, 2)}\n`;
}

/**
 * How the new project gets Stitchbook: as the folder does that this one is installed in, where it came from a file; from
 * the clone that it runs in; else by version.
 */
async function describeSource(folder: string, home: string, version: string): Promise<string> {
  const modules = dirname(home);
  if (basename(modules) !== "node_modules") return `file:${relative(folder, home)}`;
  const owner = dirname(modules);
  const { dependencies, devDependencies } = await readPackage(join(owner, "package.json")).catch((): Package => ({}));
  const spec = { ...devDependencies, ...dependencies }["stitchbook"];
  return spec?.startsWith("file:") === true ? `file:${relative(folder, resolve(owner, spec.slice("file:".length)))}` : `^${version}`;
}

async function readPackage(path: string): Promise<Package> {
  return JSON.parse(await readFile(path, "utf8")) as Package;
}

function sortKeys(fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).sort(([left], [right]) => (left < right ? -1 : 1)));
}

const weatherReadme = `# weather

The daily weather of Seattle and New York, and how well the next day's maximum temperature can be forecast from it: the example that comes with Stitchbook. Where the data comes from, and under which terms: \`data/sources/README.md\`.

- \`npm install\`, once; then \`npm run refresh\` brings everything up to date: read \`reports/summary.md\`, or open \`reports/summary.html\`
- \`npm run check\` reads and type-checks everything and runs nothing; \`npx stitchbook plan\` says what would run, and why
- \`npm run lab\` explores a notebook in JupyterLab; \`npm run watch\` runs at every change; \`npm test\` tests the modules
- \`npx stitchbook new stage NAME --after features\` begins a stage: notebook, module and test
- \`npx stitchbook strip --install\` keeps outputs of notebooks out of git
`;
