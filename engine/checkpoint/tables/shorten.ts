const MOST_CHARACTERS = 120;
const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** A text of at most 120 characters on one line, safe to print. */
export function shorten(text: string, most = MOST_CHARACTERS): string {
  const line = text.slice(0, most + 1).replace(/[\p{Cc}\u2028\u2029]/gu, escapeCharacter);
  if (line.length <= most) return line;
  // A cut between the halves of a surrogate pair would leave half a character.
  return `${line.slice(0, most - 3).replace(/[\ud800-\udbff]$/, "")}...`;
}

function escapeCharacter(character: string): string {
  return ESCAPES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Names in quotes, separated by commas; the first ten of many. */
export function listNames(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const shown = names.slice(0, 10).map((name) => JSON.stringify(shorten(name, 60)));
  const more = names.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** `3 values`, `1 row`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
