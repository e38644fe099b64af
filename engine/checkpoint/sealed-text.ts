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

/**
 * The value of a sealed file; undefined where it is damaged in any way.
 *
 * @param remember gives what was parsed of the same digest before, or what it is given to parse
 */
export function unsealText(bytes: Buffer, remember: (digest: string, parse: () => unknown) => unknown = (_, parse) => parse()): unknown {
  const bodyStart = HEAD.length + DIGEST_CHARACTERS + MIDDLE.length;
  const bodyEnd = bytes.length - TAIL.length;
  if (bodyEnd <= bodyStart) return undefined;
  const body = bytes.subarray(bodyStart, bodyEnd);
  const digest = digestOf(body);
  if (bytes.toString("latin1", 0, bodyStart) !== HEAD + digest + MIDDLE || bytes.toString("latin1", bodyEnd) !== TAIL) return undefined;
  try {
    return remember(digest, () => JSON.parse(body.toString("utf8")));
  } catch {
    return undefined;
  }
}

function digestOf(body: string | Buffer): string {
  return hash("sha256", body, "hex");
}
