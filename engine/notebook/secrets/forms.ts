/** One way in which a value may be written: for each character, its spellings. */
export type Form = {
  /** The variable whose value it is. */
  readonly name: string;
  readonly characters: readonly (readonly string[])[];
};

/** Shorter values are no secret worth the name, and hiding them would blot out ordinary text. */
export const shortestValue = 4;
/** A line of a value that counts by itself, and a part of its Base64, are at least this long. */
const shortestPart = 8;

/**
 * All the forms of a secret: plain, Base64 (with and without padding, URL-safe, and inside of something longer), hex; and
 * each line of a value of several lines. Every character may moreover be percent-encoded, escaped for JSON, Markdown or
 * a JavaScript string, or an HTML entity.
 *
 * @param name - the variable
 * @param value - its value; one of fewer than four characters has no forms
 */
export function formsOf(name: string, value: string): Form[] {
  if (value.length < shortestValue) return [];
  const lines = value.split(/\r?\n/);
  const parts = lines.length === 1 ? [] : lines.map((line) => line.trim()).filter((line) => line.length >= shortestPart);
  const texts = new Set([value, ...parts].flatMap((text) => [text, ...encodingsOf(Buffer.from(text))]));
  return [...texts].map((text) => ({ name, characters: [...text].map(spellingsOf) }));
}

/** What stands in the place of a value. */
export function placeholderOf(name: string): string {
  return `[secret ${name}]`;
}

/** The same forms for text that was read as Latin-1 from bytes in UTF-8. */
export function asLatin1({ name, characters }: Form): Form {
  return { name, characters: characters.map((spellings) => spellings.map((spelling) => Buffer.from(spelling).toString("latin1"))) };
}

function encodingsOf(bytes: Buffer): string[] {
  const whole = bytes.toString("base64");
  const parts = [0, 1, 2].map((shift) => base64Within(bytes, shift)).filter((part) => part.length >= shortestPart);
  const base64 = [whole, whole.replace(/=+$/, ""), ...parts];
  const hex = bytes.toString("hex");
  return [...base64, ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")), hex, hex.toUpperCase()];
}

/** The part of a Base64 text that is the same whatever stands before (a number of bytes that leaves `shift`) and behind. */
function base64Within(bytes: Buffer, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
  return text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
}

/** Names that HTML has for characters which every escaper replaces. */
const entityNames: Readonly<Record<string, readonly string[]>> = { "&": ["amp"], "<": ["lt"], ">": ["gt"], '"': ["quot"], "'": ["apos"] };
const escapeLetters: Readonly<Record<string, string>> = { "\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f", "\v": "v" };

/** Letters and digits stand for themselves; what encoders replace may be written in many ways, also in one text. */
function spellingsOf(character: string): readonly string[] {
  if (/^[A-Za-z0-9]$/.test(character)) return [character];
  const percent = [...Buffer.from(character)].map((byte) => `%${hexOf(byte, 2)}`).join("");
  const units = [...Array(character.length).keys()].map((index) => `\\u${hexOf(character.charCodeAt(index), 4)}`).join("");
  const point = character.codePointAt(0) ?? 0;
  const entities = [`&#${point};`, `&#x${point.toString(16)};`, `&#x${hexOf(point, 2)};`, ...(entityNames[character] ?? []).map((name) => `&${name};`)];
  const twice = [...entities, percent].map((text) => text.replace("&", "&amp;").replace("%", "%25"));
  return [...new Set([character, percent, percent.toLowerCase(), units, units.toLowerCase().replaceAll("\\U", "\\u"), `\\${units}`, ...entities, ...twice, ...escapesOf(character, point)])];
}

function escapesOf(character: string, point: number): string[] {
  const letter = escapeLetters[character] ?? (/^[!-/:-@[-`{-~]$/.test(character) ? character : null);
  const escaped = letter === null ? [] : [`\\${letter}`, character === '"' ? '\\\\\\"' : character === "\\" ? "\\\\\\\\" : `\\\\${letter}`];
  const blank = character === " " ? ["+"] : [];
  const lineEnd = character === "\n" ? ["\r\n", "\\r\\n", "%0D%0A", "%0d%0a"] : [];
  const control = point < 32 || point === 127 ? [`\\x${hexOf(point, 2)}`] : [];
  return [...escaped, ...blank, ...lineEnd, ...control];
}

function hexOf(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}
