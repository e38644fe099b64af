/** One line of the readings: a week, what the meter counted (null where nobody read it), and the mean outdoor temperature. */
export type Reading = { readonly week: string; readonly kwh: number | null; readonly outdoor: number };

/**
 * Reads the lines of a CSV text with the columns week, kwh and outdoor.
 * @throws Error naming the line that has another form
 */
export function readReadings(text: string): Reading[] {
  const [, ...lines] = text.trim().split("\n");
  return lines.map((line, index) => {
    const [week = "", kwh = "", outdoor = ""] = line.trim().split(",");
    const reading = { week, kwh: kwh === "" ? null : Number(kwh), outdoor: Number(outdoor) };
    if (week === "" || outdoor === "" || Number.isNaN(reading.kwh) || Number.isNaN(reading.outdoor)) throw new Error(`line ${index + 2}: expected a week and two numbers, found "${line}"`);
    return reading;
  });
}

/** The readings that were made, each week once: the first line counts. */
export function cleanReadings(readings: readonly Reading[]): Reading[] {
  const seen = new Set<string>();
  return readings.filter(({ week, kwh }) => {
    const isNew = !seen.has(week);
    seen.add(week);
    return isNew && kwh !== null;
  });
}

/** Readings as CSV. */
export function writeReadings(readings: readonly Reading[]): string {
  return ["week,kwh,outdoor", ...readings.map(({ week, kwh, outdoor }) => `${week},${kwh ?? ""},${outdoor}`), ""].join("\n");
}
