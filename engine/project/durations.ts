const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Timers of Node can't wait longer. */
export const longestTimerMs = 2_147_483_647;

/**
 * Reads a duration such as `30s`, `500ms`, `1h30m` or `2d`.
 * @returns milliseconds; null where the text is none
 */
export function parseDuration(text: string): number | null {
  const parts = text.trim().match(/\d+(?:ms|s|m|h|d)/g);
  if (parts === null || parts.join("") !== text.trim()) return null;
  let total = 0;
  let previous = Infinity;
  for (const part of parts) {
    const unit = unitMs[part.replace(/\d+/, "")] ?? NaN;
    // Large units come first and none twice: `30m1h` is more likely a slip than a wish.
    if (unit >= previous) return null;
    previous = unit;
    total += Number.parseInt(part, 10) * unit;
  }
  return Number.isSafeInteger(total) ? total : null;
}
