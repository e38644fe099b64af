import { hash } from "node:crypto";

const HEAD = '{"sha256":"';
const MIDDLE = '","record":';
const TAIL = "}\n";
const DIGEST_CHARACTERS = 64;

/** The text of a file that holds one JSON value, and before it the digest of its text, by which any damage is found. */
export function sealText(value: object): string {
  const body = JSON.stringify(value);
  return HEAD + digestOf(body) + MIDDLE + body + TAIL;
}

/** The value of a sealed file; undefined where it is damaged in any way. */
export function unsealText(bytes: Buffer): unknown {
  const bodyStart = HEAD.length + DIGEST_CHARACTERS + MIDDLE.length;
  const bodyEnd = bytes.length - TAIL.length;
  if (bodyEnd <= bodyStart) return undefined;
  const body = bytes.subarray(bodyStart, bodyEnd);
  if (bytes.toString("latin1", 0, bodyStart) !== HEAD + digestOf(body) + MIDDLE || bytes.toString("latin1", bodyEnd) !== TAIL) return undefined;
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return value;
  } catch {
    return undefined;
  }
}

function digestOf(body: string | Buffer): string {
  return hash("sha256", body, "hex");
}
