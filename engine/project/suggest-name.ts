import { closest, distance } from "fastest-levenshtein";

/** The known name that `found` was most likely meant to be; null where none is near. */
export function suggestName(found: string, known: Iterable<string>): string | null {
  const names = [...known];
  if (names.length === 0) return null;
  const nearest = closest(found.toLowerCase(), names.map((name) => name.toLowerCase()));
  const name = names.find((candidate) => candidate.toLowerCase() === nearest);
  if (name === undefined) return null;
  const allowed = Math.max(2, Math.floor(Math.max(found.length, name.length) * 0.4));
  return distance(found.toLowerCase(), nearest) <= allowed ? name : null;
}

/** A hint with the nearest known name, or with all of them where they are few. */
export function hintName(found: string, known: Iterable<string>): string | undefined {
  const names = [...known];
  const name = suggestName(found, names);
  if (name !== null) return `did you mean \`${name}\`?`;
  if (names.length === 0 || names.length > 12) return undefined;
  return `known: ${names.map((each) => `\`${each}\``).join(", ")}`;
}
