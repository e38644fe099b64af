import { readFileSync, statSync } from "node:fs";
import { hashText } from "../../plan/canonical.js";
import { readMetrics } from "../../observe/metrics.js";
import { rememberLatest } from "../../project/remember-latest.js";

const rememberMetrics = rememberLatest<Readonly<Record<string, number>> | null>();

/** A larger file holds data, not metrics. */
const mostBytes = 32 * 1024 * 1024;

/**
 * Reads the numbers of a JSON file, if its bytes are those that are meant.
 *
 * @param absolute where it lies
 * @param sha256 of the bytes that count; null: whatever is there
 * @param always as in `readMetrics`
 * @returns null where it is missing, other bytes, or no JSON
 */
export function readMetricFile(absolute: string, sha256: string | null, always: ReadonlySet<string> = new Set()): Readonly<Record<string, number>> | null {
  try {
    if (statSync(absolute).size > mostBytes) return null;
    const bytes = readFileSync(absolute);
    const digest = hashText(bytes);
    if (sha256 !== null && digest !== sha256) return null;
    return rememberMetrics(absolute, `${digest} ${[...always].join(" ")}`, () => readMetrics(bytes.toString("utf8"), always));
  } catch {
    return null;
  }
}

/** SHA-256 of a file; null where none is there. */
export function digestNow(absolute: string): string | null {
  try {
    return hashText(readFileSync(absolute));
  } catch {
    return null;
  }
}
