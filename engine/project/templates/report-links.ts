import { asksHistory, reportMetricFiles } from "../metric-files.js";
import { makeError } from "../problems.js";
import { normalizePath } from "../patterns.js";
import { hintName } from "../suggest-name.js";
import { taskId } from "../tasks.js";
import type { LabelPlace } from "../stage.js";
import type { TaskSeed } from "../tasks.js";
import type { Alerts, Dataset, LabelReference, Place, Problem, Report, Stage } from "../types.js";

export type LinkContext = {
  readonly stages: readonly Stage[];
  readonly labels: ReadonlyMap<string, LabelPlace>;
  readonly seeds: readonly TaskSeed[];
  readonly datasets: readonly Dataset[];
  /** Whose rules name metric files. */
  readonly alerts: Alerts | null;
  /** True where some stage could not be read: then what seems missing may be there. */
  readonly isPartial: boolean;
};

export type ReportLinks = {
  /** Tasks that must be up to date before the report, besides those that make its inputs. */
  readonly dependsOn: readonly string[];
  readonly problems: readonly Problem[];
};

/** Follows what the text of a report refers to, and finds what isn't there. */
export function followReport(report: Report, context: LinkContext): ReportLinks {
  const { references } = report;
  const found = [
    ...references.embeds.map((embed) => followEmbed(embed, context)),
    ...references.stages.map((quote) => followQuote(quote, context)),
  ];
  const { isPartial } = context;
  return {
    dependsOn: [...new Set([...found.flatMap((each) => (each.kind === "task" ? each.tasks : [])), ...findMetricMakers(report, context)])],
    problems: [
      ...found.flatMap((each) => (each.kind === "problem" && !isPartial ? each.problem : [])),
      ...references.tables.flatMap((table) => checkTable(report, table) ?? []),
    ],
  };
}

/** The tasks that make the files in which the text's metrics are looked for. */
function findMetricMakers(report: Report, context: LinkContext): string[] {
  if (!asksHistory(report)) return [];
  const { searched } = reportMetricFiles(context, report);
  return context.seeds.filter(({ outputs }) => outputs.some(({ path }) => searched.includes(path))).map(({ id }) => id);
}

type Followed = { readonly kind: "task"; readonly tasks: readonly string[] } | { readonly kind: "problem"; readonly problem: Problem };

function followEmbed({ label, dataset, place }: LabelReference, { labels, stages, datasets }: LinkContext): Followed {
  const stage = stages.find(({ id }) => id === labels.get(label)?.stage);
  if (stage === undefined) {
    return fail("unknown-label", place, { message: `no cell has the label \`${label}\``, hint: hintName(label, labels.keys()) ?? "label a cell with a line `//| label: ...`" });
  }
  const names = datasets.map(({ name }) => name);
  if (!stage.foreach && dataset !== null) {
    return fail("embed-dataset", place, { message: `\`${label}\` belongs to the stage \`${stage.id}\`, which doesn't fan out, but a dataset is given`, hint: `write {% embed "${label}" %}` });
  }
  if (stage.foreach && dataset === null) {
    return fail("embed-dataset", place, { message: `\`${label}\` belongs to the stage \`${stage.id}\`, which fans out, and no dataset is given`, hint: `write {% embed "${label}", dataset: "${names[0] ?? "..."}" %}` });
  }
  if (dataset !== null && !names.includes(dataset)) {
    const hint = hintName(dataset, names);
    return fail("unknown-dataset", place, { message: `there is no dataset \`${dataset}\``, ...(hint === undefined ? {} : { hint }) });
  }
  return { kind: "task", tasks: [taskId(stage.id, dataset)] };
}

type Quote = { readonly id: string; readonly path: string | null; readonly place: Place };

function followQuote({ id, path, place }: Quote, { stages, seeds }: LinkContext): Followed {
  if (!stages.some((stage) => stage.id === id)) {
    const hint = hintName(id, stages.map((stage) => stage.id));
    return fail("unknown-stage", place, { message: `there is no stage \`${id}\``, ...(hint === undefined ? {} : { hint }) });
  }
  const tasks = seeds.filter(({ node }) => node.id === id);
  if (path === null) return { kind: "task", tasks: tasks.map((task) => task.id) };
  const owner = tasks.find(({ outputs }) => outputs.some((output) => output.path === path));
  if (owner !== undefined) return { kind: "task", tasks: [owner.id] };
  const hint = hintName(path, tasks.flatMap(({ outputs }) => outputs.map((output) => output.path)));
  return fail("unknown-output", place, { message: `the stage \`${id}\` has no output \`${path}\``, ...(hint === undefined ? {} : { hint }) });
}

function checkTable(report: Report, { path, place }: { path: string; place: Place }): Problem | null {
  const normal = normalizePath(path);
  const declared = Object.values(report.inputs).map(({ pattern }) => pattern);
  if ("path" in normal && declared.includes(normal.path)) return null;
  const hint = hintName(path, declared) ?? `add it under \`inputs\` of the front matter`;
  return makeError({ code: "undeclared-table", place, message: `\`${path}\` is not a declared input of this report`, hint });
}

function fail(code: string, place: Place, text: { message: string; hint?: string }): Followed {
  return { kind: "problem", problem: makeError({ code, place, ...text }) };
}
