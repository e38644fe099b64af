import { hash } from "node:crypto";

const digestLength = 16;

/** A value as one line, with a digest of its text before it. */
export function sealLine(value: object): string {
  const text = JSON.stringify(value);
  return `${digestOf(text)} ${text}\n`;
}

/** The value of a line without its end; null where the line is damaged in any way. */
export function unsealLine(line: string): unknown {
  const text = line.slice(digestLength + 1);
  if (line[digestLength] !== " " || line.slice(0, digestLength) !== digestOf(text)) return null;
  const value: unknown = JSON.parse(text);
  return value;
}

/** A short digest of a text: enough to find damage and to tell states apart. */
export function digestOf(text: string): string {
  return hash("sha256", text, "hex").slice(0, digestLength);
}
