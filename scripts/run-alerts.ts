import { AlertTally } from "../engine/observe/alerts/alert-tally.js";
import { openChannels, type OpenChannels } from "../engine/observe/alerts/channels.js";
import { concludeRun } from "../engine/observe/alerts/conclude-run.js";
import type { Picture } from "../engine/observe/alerts/message.js";
import type { ChartChoice } from "../engine/observe/alerts/pick-chart.js";
import { readVariables } from "../engine/observe/alerts/variables.js";
import { readPast } from "../engine/observe/alerts/past.js";
import type { Listener, RunEvent } from "../engine/observe/events.js";
import { createMasker } from "../engine/notebook/secrets/masker.js";
import type { Alerts, Project } from "../engine/project/types.js";
import { chartOf } from "../engine/report/chart-output.js";
import type { EndedRun } from "../engine/run/execute-run.js";
import type { Site } from "./project-commands.js";

/** The alerts of one run. */
export type RunAlerts = {
  readonly listener: Listener;
  /** @returns whether any rule holds */
  readonly conclude: (ended: EndedRun) => Promise<boolean>;
};

export type RunAlertsOptions = {
  readonly site: Site;
  readonly project: Project;
  readonly alerts: Alerts;
  readonly runId: string;
  readonly overrides: readonly string[];
  readonly isTrial: boolean;
  readonly emit: (event: RunEvent) => void;
  readonly signal: AbortSignal;
};

/** Watches a run for what people want to hear of. */
export function watchForAlerts(options: RunAlertsOptions): RunAlerts {
  const { site, project, alerts, runId, overrides, isTrial, emit, signal } = options;
  const tally = new AlertTally();
  return {
    listener: tally.listener,
    conclude: (ended) => {
      const { open, mask } = openForSite(site, alerts);
      const { startedAt, artifactRoot, records } = ended;
      return concludeRun({
        project, alerts, stateFolder: site.stateFolder, run: runId, startedAt, now: Date.now(), overrides, artifactRoot, isTrial,
        records, tally, past: readPast(site.stateFolder), open, mask, emit, signal, draw: (choice) => draw(ended, choice),
      });
    },
  };
}

/** The channels of a project, and what hides their secrets. */
export function openForSite({ root }: Pick<Site, "root">, alerts: Alerts): { readonly open: OpenChannels; readonly mask: (text: string) => string } {
  const open = openChannels(alerts, readVariables(root, process.env));
  return { open, mask: createMasker(open.secrets).text };
}

/** A labelled chart as a picture; null where the label shows none. */
async function draw({ records, artist }: EndedRun, { label, task }: ChartChoice): Promise<Picture | null> {
  const shown = records.get(task)?.labels.find((each) => each.label === label);
  const spec = shown?.outputs.flatMap((output) => (output.output_type === "display_data" || output.output_type === "execute_result" ? (chartOf(output.data) ?? []) : []))[0];
  if (shown === undefined || spec === undefined) return null;
  const { svg } = await artist.plot(spec);
  if (svg === "") return null;
  const caption = shown.caption ?? label;
  return { png: Buffer.from(await artist.picture(svg), "base64"), alt: shown.alt ?? caption, caption };
}
