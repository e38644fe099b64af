import type { Reason } from "./events.js";

/** `2,922`: grouped by commas whatever the locale. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `2,922 rows`, `1 row`. */
export function formatRows(rows: number): string {
  return `${formatCount(rows)} ${rows === 1 ? "row" : "rows"}`;
}

/** `40 ms`, `3.2 s`, `2 min 5 s`, `1 h 20 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** `980 B`, `12.3 kB`, `4.5 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = "B";
  for (const next of units) {
    if (value < 1000) break;
    value /= 1000;
    unit = next;
  }
  return `${value.toFixed(1)} ${unit}`;
}

/** The first 12 characters of a digest; anything else as it is. */
export function shortDigest(text: string): string {
  return text.replace(/[0-9a-f]{64}/g, (digest) => digest.slice(0, 12));
}

/** One reason in words: `stages/units.ts: toFahrenheit changed (reached from cell 4)`, `parameter seed: 7 -> 8`. */
export function formatReason(reason: Reason): string {
  switch (reason.kind) {
    case "never-run":
      return "never run";
    case "forced":
      return "forced";
    case "upstream":
      return `${reason.subject} may change`;
    case "expired":
      return `expired: ${reason.detail}`;
    case "contract":
      return `contract ${reason.detail}`;
    case "code":
      return joinDetail(reason.subject, reason.detail);
    case "params":
      return joinDetail(`parameter ${reason.subject}`, reason.detail);
    case "packages":
      return `package ${reason.subject} ${reason.detail}`;
    case "env":
      return reason.subject === "time zone" ? `time zone ${reason.detail}` : `environment variable ${reason.subject} ${reason.detail}`;
    case "input":
      return `input ${reason.subject} ${reason.detail}`;
    case "artifact":
      return `artifact ${reason.subject} ${reason.detail}`;
    case "engine":
      return joinDetail(`engine ${reason.subject}`, reason.detail);
  }
}

/** `units.ts changed`, but `units.ts: toKelvin added`. */
function joinDetail(subject: string, detail: string): string {
  return /^(added|changed|removed|missing)\b/.test(detail) ? `${subject} ${detail}` : `${subject}: ${detail}`;
}

/** The most telling reason, and how many more there are. */
export function formatReasons(reasons: readonly Reason[]): string {
  const [first, ...others] = reasons;
  if (first === undefined) return "";
  return others.length === 0 ? formatReason(first) : `${formatReason(first)} (+${others.length} more)`;
}
