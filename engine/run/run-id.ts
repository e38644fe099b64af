/**
 * The id of a run: its UTC time without colons and a random suffix, so that ids sort by time.
 *
 * @param now - milliseconds since 1970
 * @param random - yields numbers in [0, 1)
 * @returns for example `2026-03-01T063000.120Z-k3v9`
 */
export function createRunId(now: number, random: () => number): string {
  const suffix = Math.floor(random() * 36 ** 4)
    .toString(36)
    .padStart(4, "0");
  return `${new Date(now).toISOString().replaceAll(":", "")}-${suffix}`;
}
