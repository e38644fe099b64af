import { utcFormat } from "d3-time-format";
import type { Note } from "../project/notes.js";
import { escapeValue, printNumber } from "./escape.js";

/**
 * Writes people's comments as Markdown: the day, the text, and below it what has moved since.
 *
 * @param metrics names of metrics -> present values
 * @returns empty where there are no notes
 */
export function writeNotes(notes: readonly Note[], metrics: Readonly<Record<string, number>>): string {
  return notes.map((note) => [`**${formatDay(new Date(note.date))}**`, note.text, ...markOf(note, metrics)].join("\n\n")).join("\n\n");
}

function markOf({ metrics: then, tolerance }: Note, now: Readonly<Record<string, number>>): string[] {
  const moved = then.flatMap(([name, value]) => {
    const present = Object.hasOwn(now, name) ? now[name] : undefined;
    if (present === undefined) return [`${escapeValue(name)} was ${printNumber(value)} and is not there any more`];
    const most = tolerance.kind === "amount" ? tolerance.most : tolerance.most * Math.abs(value);
    return Math.abs(present - value) > most ? [`${escapeValue(name)} was ${printNumber(value)} and is ${printRounded(present, value)}`] : [];
  });
  return moved.length === 0 ? [] : [`> [!WARNING]\n> Much has moved since this was written: ${moved.join("; ")}.`];
}

/** Two digits more than the author wrote. */
function printRounded(present: number, written: number): string {
  const decimals = (String(written).split(".")[1] ?? "").length + 2;
  return printNumber(Number(present.toFixed(Math.min(decimals, 12))));
}

/** `24 Nov 2026`. */
const formatDay = utcFormat("%-d %b %Y");
