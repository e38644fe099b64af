import { createReadStream } from "node:fs";
import { asLatin1, formsOf } from "./forms.js";
import { createFormMatcher } from "./match-forms.js";
import type { Secrets } from "./masker.js";

/** A shorter value (`test`, `admin`) may stand in data by chance. */
export const shortestInFile = 8;

/**
 * Looks for the value of a secret in the bytes of a file, in all its forms.
 *
 * @param path - absolute
 * @param secrets - values of fewer than eight characters are not looked for
 * @returns the variable, or null
 */
export async function findSecretInFile(path: string, secrets: Secrets): Promise<string | null> {
  const forms = Object.entries(secrets).flatMap(([name, value]) => (value.length < shortestInFile ? [] : formsOf(name, value)));
  if (forms.length === 0) return null;
  const matcher = createFormMatcher(forms.map(asLatin1));
  let text = "";
  const stream = createReadStream(path, { encoding: "latin1", highWaterMark: 1 << 18 });
  for await (const chunk of stream) {
    text += String(chunk);
    const [found] = matcher.find(text);
    if (found !== undefined) return found.name;
    text = text.slice(matcher.findOpenEnd(text));
  }
  return null;
}
