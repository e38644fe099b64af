import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { $ } from "zx";

/** What the tests need besides npm's packages; null where this machine can't have it. */
export type TestTools = { readonly chromium: string | null; readonly python: string | null };

/**
 * Finds or brings what the tests need: Chromium from the system (installed by apt-get where that is possible without
 * asking), and a Python virtual environment in the project with the packages of test/requirements.txt.
 *
 * @param root - absolute path of the checkout
 */
export async function bringTestTools(root: string): Promise<TestTools> {
  return { chromium: await bringChromium(), python: await bringPython(root, { folder: ".venv", requirements: "test/requirements.txt" }) };
}

const browserPlaces = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

function findChromium(): string | null {
  const named = process.env["CHROMIUM_PATH"];
  if (named !== undefined) return existsSync(named) ? named : null;
  return browserPlaces.find((path) => existsSync(path)) ?? null;
}

async function bringChromium(): Promise<string | null> {
  const found = findChromium();
  if (found !== null || process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return found;
  console.log("Installing Chromium by apt-get ...");
  const quiet = $({ nothrow: true, quiet: true, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
  await quiet`apt-get update`;
  await quiet`apt-get install -y --no-install-recommends chromium`;
  return findChromium();
}

/**
 * Makes a Python virtual environment in the checkout, where it isn't there with these requirements.
 *
 * @returns its python, absolute; null where this machine can't make it
 */
export async function bringPython(root: string, options: { readonly folder: string; readonly requirements: string }): Promise<string | null> {
  const requirements = join(root, options.requirements);
  const folder = join(root, options.folder);
  const python = join(folder, "bin/python");
  const stamp = join(folder, ".requirements");
  const wanted = readFileSync(requirements, "utf8");
  if (existsSync(python) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return python;
  console.log(`Making ${options.folder} ...`);
  const quiet = $({ nothrow: true, quiet: true });
  const made = await quiet`python3 -m venv ${folder} && ${python} -m pip install --quiet --disable-pip-version-check -r ${requirements}`;
  if (made.exitCode !== 0) {
    console.log(made.stderr.trim());
    return null;
  }
  writeFileSync(stamp, wanted);
  return python;
}
