import { utcFormat } from "d3-time-format";
import { formatPlace } from "../../project/problems.js";
import { describeSchemaChange } from "../describe-schema-change.js";
import { formatDuration } from "../format.js";
import { formatNumber } from "./judge-rules.js";
import type { Failure, News, Watched } from "./types.js";

/** What people are told, before it takes the form of a channel. */
export type Message = {
  readonly project: string;
  readonly tone: "bad" | "good" | "notice";
  /** One line: what fired. */
  readonly subject: string;
  readonly items: readonly MessageItem[];
  readonly facts: readonly Fact[];
  /** An address, or the path of the log. */
  readonly link: string;
  readonly picture: Picture | null;
};

export type MessageItem = { readonly tone: Message["tone"]; readonly title: string; readonly facts: readonly Fact[] };

/** `code`: a command or a path, to be copied as it stands. */
export type Fact = { readonly name: string; readonly value: string; readonly isCode?: boolean };

/** A chart as PNG. */
export type Picture = { readonly png: Uint8Array; readonly alt: string; readonly caption: string };

/** The run that a message is about. */
export type RunFacts = {
  readonly project: string;
  readonly run: string;
  /** RFC 3339. */
  readonly time: string;
  readonly durationMs: number;
  /** `--param` values. */
  readonly overrides: readonly string[];
  readonly link: string;
};

/** @param news at least one */
export function composeMessage(news: readonly News[], run: RunFacts, picture: Picture | null): Message {
  const items = news.map((each) => describeNews(each));
  const [first] = items;
  const more = items.length > 1 ? ` (and ${items.length - 1} more)` : "";
  return {
    project: run.project,
    tone: items.find(({ tone }) => tone === "bad")?.tone ?? first?.tone ?? "notice",
    subject: `${run.project}: ${first?.title ?? ""}${more}`,
    items,
    facts: [
      { name: "Run", value: `${run.run}, ${formatTime(run.time)}, ${formatDuration(run.durationMs)}` },
      ...(run.overrides.length === 0 ? [] : [{ name: "With", value: run.overrides.map((each) => `--param ${each}`).join(" "), isCode: true }]),
    ],
    link: run.link,
    picture,
  };
}

function describeNews(news: News): MessageItem {
  switch (news.kind) {
    case "rule":
      return { tone: "bad", title: `${nameOf(news.finding.watched)}: ${news.finding.reason}`, facts: [...valueFacts(news.finding.watched, news.recent), sinceFact(news.since)] };
    case "rule-over":
      return { tone: "good", title: `${nameOf(news.finding.watched)} is well again: ${news.finding.reason}`, facts: [...valueFacts(news.finding.watched, news.recent), { ...sinceFact(news.since), name: "Had lasted since" }] };
    case "failed":
      return describeFailure(news.failure, news.since);
    case "recovered":
      return { tone: "good", title: news.task === null ? "the run ends well again" : `${news.task} runs again`, facts: [{ ...sinceFact(news.since), name: "Had failed since" }] };
    case "schema":
      return { tone: "notice", title: describeSchemaChange(news.change), facts: [{ name: "Task", value: news.change.task, isCode: true }] };
    case "test":
      return { tone: "notice", title: "this is a test: alerts reach this channel", facts: [] };
  }
}

function describeFailure({ task, kind, message, place, hint }: Failure, since: string): MessageItem {
  const [first = "", ...rest] = message.split("\n");
  const details = rest.map((line) => line.trim()).filter((line) => line !== "").join("\n");
  return {
    tone: "bad",
    title: task === null ? `the run failed: ${first}` : `${task} failed: ${first}`,
    facts: [
      { name: "Kind", value: kind },
      ...(place === null ? [] : [{ name: "Where", value: formatPlace(place) }]),
      ...(details === "" ? [] : [{ name: "Details", value: details, isCode: true }]),
      ...(hint === null ? [] : [{ name: "What to do", value: hint }]),
      ...(task === null || place?.cell === undefined ? [] : [{ name: "Open it", value: `stitchbook lab ${task}`, isCode: true }]),
      sinceFact(since),
    ],
  };
}

function nameOf({ name, path, dataset }: Watched): string {
  return `${name === "rows" ? `rows of ${path}` : name}${dataset === null || name === "rows" ? "" : ` of ${dataset}`}`;
}

function valueFacts({ path, name, metric }: Watched, recent: readonly number[]): readonly Fact[] {
  return [
    { name: "In", value: metric === null ? path : `${path}, ${name}`, isCode: true },
    ...(recent.length === 0 ? [] : [{ name: recent.length === 1 ? "Value" : "Last values", value: recent.map(formatNumber).join("  →  ") }]),
  ];
}

function sinceFact(since: string): Fact {
  return { name: "Since", value: formatTime(since) };
}

/** `24 Nov 2026, 06:00 UTC`. */
function formatTime(time: string): string {
  return utcFormat("%-d %b %Y, %H:%M UTC")(new Date(time));
}
