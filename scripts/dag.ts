import { describeGraph, drawMermaid, drawText } from "../engine/observe/draw-graph.js";
import { type Command, exitCodes, UsageError } from "./command.js";
import { findSite, openProject, readSelection, select, selectionOptionHelp, selectionOptions } from "./project-commands.js";

export const command: Command = {
  usage: "[TARGET...] [options]",
  summary: "The graph: what every task reads, from whom, and what it makes.",
  options: { ...selectionOptions, mermaid: { type: "boolean" } },
  optionHelp: { ...selectionOptionHelp, mermaid: "as a flowchart in Mermaid's language" },
  async run({ flags, positionals }) {
    if (flags.has("mermaid") && flags.has("json")) throw new UsageError("--mermaid and --json are two answers; ask for one");
    const site = findSite(flags);
    const request = readSelection(flags, positionals, site);
    const project = await openProject(site, { isReadOnly: true });
    const selected = await select(project, request);
    if (flags.has("json")) process.stdout.write(`${JSON.stringify(describeGraph(selected))}\n`);
    else process.stdout.write(flags.has("mermaid") ? drawMermaid(describeGraph(selected)) : drawText(project, selected));
    return exitCodes.ok;
  },
};
