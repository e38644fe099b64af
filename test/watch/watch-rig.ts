import type { ChildProcess } from "node:child_process";
import { rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { makeProject, type NotebookCells } from "../project/make-project.js";
import { repository, startStitchbook, waitUntil, type CommandResult, type LoggedEvent } from "../scripts/rig.js";

/** `stitchbook watch` on a project, as it is used. */
export type Watching = {
  readonly root: string;
  readonly url: string;
  readonly child: ChildProcess;
  readonly ended: Promise<CommandResult>;
  /** All events so far. */
  readonly events: readonly LoggedEvent[];
  /** Waits until a round has ended after the events there were; fails where it does not end as expected. */
  until(what: string, condition: (events: readonly LoggedEvent[]) => boolean): Promise<void>;
};

/** A stage of one module, one input and one output, and a report that quotes it. */
export const tinyProject: Readonly<Record<string, string | NotebookCells>> = {
  "stitchbook.yaml": "name: tiny\n",
  "package.json": '{ "type": "module" }\n',
  "data/numbers.csv": "value\n1\n2\n",
  "stages/total.ts": "export function total(text: string): number {\n  return text.trim().split(\"\\n\").slice(1).reduce((sum, line) => sum + Number(line), 0);\n}\n",
  "notebooks/sum.ipynb": [
    "---\nstage: sum\ntitle: The sum\ninputs: [data/numbers.csv]\noutputs: [model/sum.json]\n---",
    'import { readFileSync, writeFileSync } from "node:fs";\nimport { total } from "../stages/total";\nwriteFileSync("model/sum.json", JSON.stringify({ total: total(readFileSync("data/numbers.csv", "utf8")) }));',
  ],
  "templates/summary.md": `---\nreport: summary\ntitle: Sums\noutputs: { markdown: reports/summary.md, html: reports/summary.html, images: reports/images }\ninputs: { sum: model/sum.json }\n---\nThe total is {{ sum.total }}.\n\n${Array.from({ length: 60 }, (_, index) => `## Part ${index + 1}\n\nSome text.\n`).join("\n")}`,
};

export async function startWatching(files: Readonly<Record<string, string | NotebookCells>>, ...args: readonly string[]): Promise<Watching> {
  const root = await makeProject(files);
  await symlink(join(repository, "node_modules"), join(root, "node_modules"));
  return watchProject(root, ...args);
}

export async function watchProject(root: string, ...args: readonly string[]): Promise<Watching> {
  const { child, ended } = await startStitchbook(["watch", "--no-open", "--port", "0", "--json", ...args], { cwd: root });
  const events: LoggedEvent[] = [];
  let text = "";
  child.stdout?.on("data", (chunk: string) => {
    const lines = (text + chunk).split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) events.push(JSON.parse(line) as LoggedEvent);
  });
  const until = async (what: string, condition: (events: readonly LoggedEvent[]) => boolean) => {
    try {
      await waitUntil(() => condition(events), { what });
    } catch (error) {
      throw new Error(`${String(error)}\n${events.map((event) => JSON.stringify(event)).join("\n").slice(-3000)}`, { cause: error });
    }
  };
  await until("the start", (all) => all.some(({ event }) => event === "watch.start"));
  return { root, url: String(events.find(({ event }) => event === "watch.start")?.["url"]), child, ended, events, until };
}

/** Ends it as Ctrl-C does, and removes the project. */
export async function stopWatching({ child, ended, root }: Watching): Promise<CommandResult> {
  child.kill("SIGINT");
  const result = await ended;
  await rm(root, { recursive: true, force: true });
  return result;
}
