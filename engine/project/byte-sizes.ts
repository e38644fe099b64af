const unitBytes: Readonly<Record<string, number>> = { "": 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 };

/**
 * Reads a size such as `500MB`, `1.5 GB`, `2GiB` or `0`. Without a unit it is bytes.
 * @returns bytes; null where the text is none
 */
export function parseBytes(text: string): number | null {
  const [, digits = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const size = unitBytes[unit.toLowerCase()];
  if (digits === "" || size === undefined) return null;
  const bytes = Math.round(Number(digits) * size);
  return Number.isSafeInteger(bytes) ? bytes : null;
}
