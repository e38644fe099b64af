/** Wall-clock times in milliseconds, in the order of the rounds. */
export type Samples = Readonly<Record<"nbconvert" | "cold" | "warm" | "noop" | "one" | "node", number[]>>;

/**
 * The medians and what they say about the aims, as Markdown.
 *
 * @param samples - at least one time of each command
 */
export function figuresTable(samples: Samples, machine: string): string {
  const nbconvert = median(samples.nbconvert);
  const node = median(samples.node);
  const faster = (ms: number) => `${(nbconvert / ms).toFixed(1)} times faster`;
  const times = (ms: number) => `${(ms / node).toFixed(1)} times`;
  const more = (ms: number) => `${Math.round(ms - node)} ms more`;
  const rows = [
    ["Refresh, warm compile cache", samples.warm, ["nbconvert", nbconvert], faster, "15 times faster"],
    ["Refresh, cold compile cache", samples.cold, ["nbconvert", nbconvert], faster, "4 times faster"],
    ["`1+1`, warm compile cache", samples.one, ["bare node", node], more, "less than 120 ms more"],
    ["No-op run", samples.noop, ["bare node", node], times, "at most 2.5 times"],
  ] as const;
  return [
    "| what | Stitchbook | against | ratio or difference | aim |",
    "|---|---:|---:|---:|---:|",
    ...rows.map(([what, taken, [other, otherMs], compare, aim]) => {
      const ms = median(taken);
      return `| ${what} | ${showMs(ms)} (${showRange(taken)}) | ${other}, ${showMs(otherMs)} | ${compare(ms)} | ${aim} |`;
    }),
    "",
    `Medians of ${samples.node.length} rounds, in brackets the fastest and the slowest; nbconvert took ${showRange(samples.nbconvert)}, bare node ${showRange(samples.node)}. ${machine}`,
  ].join("\n");
}

/** The middle one of some times, or the mean of the two. */
export function median(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new Error("Internal error: a median of no times.");
  return (low + high) / 2;
}

/** `820 ms`, or `1.25 s` from a second on. */
export function showMs(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

function showRange(times: readonly number[]): string {
  return `${showMs(Math.min(...times))} to ${showMs(Math.max(...times))}`;
}
