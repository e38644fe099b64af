/** How many numbers of one file are kept as metrics. */
export const mostMetrics = 1000;

/**
 * All numbers of a JSON text, by their paths: `test.rmse`, and `by_place.0.mae` in lists.
 *
 * @param always paths that count however many numbers there are
 * @returns in the order of the text, no more than {@link mostMetrics} besides those; null where the text is no JSON
 */
export function readMetrics(text: string, always: ReadonlySet<string> = new Set()): Readonly<Record<string, number>> | null {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch {
    return null;
  }
  const found = new Map<string, number>();
  const visit = (each: unknown, path: string): void => {
    if (typeof each === "number") {
      if (!found.has(path) && (found.size < mostMetrics || always.has(path))) found.set(path, each);
      return;
    }
    if (typeof each !== "object" || each === null) return;
    for (const [key, inner] of Object.entries(each)) visit(inner, path === "" ? key : `${path}.${key}`);
  };
  visit(value, "");
  return Object.fromEntries(found);
}

/** Names a metric of a file in the history. */
export function metricKey(file: string, metric: string): string {
  return `${file}:${metric}`;
}

/** The file and the metric that a key names. */
export function splitMetricKey(key: string): { readonly file: string; readonly metric: string } {
  const at = key.indexOf(".json:");
  const end = at === -1 ? key.indexOf(":") : at + 5;
  return { file: key.slice(0, end), metric: key.slice(end + 1) };
}
