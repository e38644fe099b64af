import { formatDuration } from "../../observe/format.js";
import { escapeHtml } from "../../report/html.js";
import { formatPlace } from "../../project/problems.js";
import type { Place } from "../../project/types.js";
import type { Change } from "../changes.js";
import type { TaskState } from "../pipeline-state.js";

/** A sign and a word for each state: colour alone tells nobody anything. */
export const stateWords: Readonly<Record<TaskState, readonly [sign: string, word: string]>> = {
  unknown: ["·", "not looked at yet"],
  fresh: ["✓", "up to date"],
  waiting: ["…", "waiting"],
  running: ["▶", "running"],
  done: ["✓", "ran"],
  restored: ["↺", "restored"],
  failed: ["✗", "failed"],
  kept: ["–", "not run"],
};

/** `12:03:04`, in the time of this machine. */
export function formatClock(ms: number): string {
  const date = new Date(ms);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** `data/a.csv changed`, `3 files changed: a, b, c`. */
export function describeChanges(changes: readonly Change[]): string {
  const [first] = changes;
  if (first === undefined) return "";
  if (changes.length === 1) return `${first.path === "" ? "the project's folder" : first.path} ${first.kind === "names" ? "has other names in it" : first.kind}`;
  const shown = changes.slice(0, 3).map(({ path }) => path).join(", ");
  return `${changes.length} changes: ${shown}${changes.length > 3 ? ` and ${changes.length - 3} more` : ""}`;
}

/** How long something runs already; the page counts on. */
export function sinceHtml(startedAt: number, now: number): string {
  return `<span data-since="${startedAt}">${escapeHtml(formatDuration(Math.max(0, now - startedAt)))}</span>`;
}

type Told = { readonly place: Place | null; readonly message: string; readonly hint?: string | null | undefined };

/** One thing that is wrong: where, what, and what to do. */
export function errorHtml({ place, message, hint }: Told): string {
  const where = place === null ? "" : `<p class="place">${escapeHtml(formatPlace(place))}</p>`;
  const what = message.includes("\n") ? `<pre class="message" tabindex="0">${escapeHtml(message)}</pre>` : `<p class="message">${escapeHtml(message)}</p>`;
  return `${where}${what}${hint === null || hint === undefined ? "" : `<p class="hint">→ ${escapeHtml(hint)}</p>`}`;
}
