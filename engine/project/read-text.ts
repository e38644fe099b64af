import { makeError } from "./problems.js";
import type { Problem } from "./types.js";

export type ReadText = { readonly text: string; readonly problem: null } | { readonly text: null; readonly problem: Problem };

/**
 * The text of a file of the project, without byte order mark and with `\n` line ends.
 * @param file project path, for messages
 */
export function decodeText(file: string, bytes: Uint8Array): ReadText {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return { text: text.replace(/\r\n?/g, "\n"), problem: null };
  } catch {
    return fail(file, { code: "not-utf-8", message: "this file is not UTF-8 text", hint: "save it as UTF-8" });
  }
}

/** What to say of a file that could not be read at all. */
export function unreadable(file: string, error: unknown): ReadText {
  const message = error instanceof Error ? error.message : String(error);
  return fail(file, { code: "unreadable", message: `this file can't be read: ${message}`, hint: "check that it is a file that you may read" });
}

function fail(file: string, { code, message, hint }: { code: string; message: string; hint: string }): ReadText {
  return { text: null, problem: makeError({ code, place: { file }, message, hint }) };
}
