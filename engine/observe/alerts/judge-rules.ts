import type { Finding, Past, Watched } from "./types.js";

/** What this run says of a watched number. */
export type Present = {
  /** `value` is null where the file holds no such number; the whole is null where there is no file, or its task failed. */
  readonly read: (watched: Watched) => { readonly value: number | null; readonly isNew: boolean } | null;
};

/**
 * Holds every rule against the present numbers. A change is judged only where the run made the file anew: a run that did
 * nothing says nothing about it.
 *
 * @returns a finding for each watched number that could be read
 */
export function judgeRules(watched: readonly Watched[], present: Present, past: Past): readonly Finding[] {
  return watched.flatMap((each) => {
    const found = present.read(each);
    return found === null ? [] : [judge(each, found, each.change === null ? null : past.lastGood(each))];
  });
}

function judge(watched: Watched, { value, isNew }: { readonly value: number | null; readonly isNew: boolean }, earlier: number | null): Finding {
  const { below, above, change, path, name } = watched;
  const about = { watched, value, earlier };
  if (value === null) return { ...about, isFiring: true, reason: `${path} holds no number ${name}` };
  const shown = formatNumber(value);
  if (below !== null && value < below) return { ...about, isFiring: true, reason: `${shown} is below ${formatNumber(below)}` };
  if (above !== null && value > above) return { ...about, isFiring: true, reason: `${shown} is above ${formatNumber(above)}` };
  if (change === null || earlier === null) return { ...about, isFiring: false, reason: describeCalm(watched, shown) };
  if (!isNew) return { ...about, isFiring: null, reason: `${shown} is what it was` };
  const by = changeOf(value, earlier);
  const moved = `${shown} differs from ${formatNumber(earlier)} by ${formatShare(by)}`;
  return by > change ? { ...about, isFiring: true, reason: `${moved}, more than ${formatShare(change)}` } : { ...about, isFiring: false, reason: `${moved}, at most ${formatShare(change)}` };
}

/** |new - old| / |old|. */
export function changeOf(value: number, earlier: number): number {
  if (value === earlier) return 0;
  return earlier === 0 ? Infinity : Math.abs(value - earlier) / Math.abs(earlier);
}

function describeCalm({ below, above }: Watched, shown: string): string {
  const bounds = [...(below === null ? [] : [`not below ${formatNumber(below)}`]), ...(above === null ? [] : [`not above ${formatNumber(above)}`])];
  return bounds.length === 0 ? `${shown} has nothing to be compared with` : `${shown} is ${bounds.join(" and ")}`;
}

/** Up to six significant digits, without zeros at the end. */
export function formatNumber(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function formatShare(share: number): string {
  return Number.isFinite(share) ? `${formatNumber(Number((share * 100).toPrecision(3)))}%` : "any measure";
}
