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
  const seal = openSeal(bytes);
  try {
    return seal === null ? undefined : JSON.parse(seal.body.toString("utf8"));
  } catch {
    return undefined;
  }
}

/** The text of the value in a sealed file, and its digest; null where these do not go together. */
export function openSeal(bytes: Buffer): { readonly digest: string; readonly body: Buffer } | null {
  const bodyStart = HEAD.length + DIGEST_CHARACTERS + MIDDLE.length;
  const bodyEnd = bytes.length - TAIL.length;
  if (bodyEnd <= bodyStart) return null;
  const body = bytes.subarray(bodyStart, bodyEnd);
  const digest = digestOf(body);
  const isWhole = bytes.toString("latin1", 0, bodyStart) === HEAD + digest + MIDDLE && bytes.toString("latin1", bodyEnd) === TAIL;
  return isWhole ? { digest, body } : null;
}

function digestOf(body: string | Buffer): string {
  return hash("sha256", body, "hex");
}
