import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

const candidates = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Whether the tests in a browser are left out, because the environment asks for it. */
export const isBrowserSkipped = process.env.STITCHBOOK_SKIP_BROWSER === "1";

/** Starts the browser of this machine: `CHROMIUM_PATH`, else the first that is installed. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_PATH ?? candidates.find((path) => existsSync(path));
  if (executablePath === undefined || !existsSync(executablePath)) {
    throw new Error(`no browser: none at ${executablePath ?? candidates.join(", ")}. Install Chromium, set CHROMIUM_PATH, or leave these tests out with STITCHBOOK_SKIP_BROWSER=1.`);
  }
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"] });
}
