/** A text whose beginning between `---` lines is YAML. */
export type FrontMatter = {
  readonly kind: "found";
  /** Begins with the rest of the first line, so that its line numbers are those of the text. */
  readonly yaml: string;
  readonly body: string;
  /** How many lines stand before `body`. */
  readonly bodyLineOffset: number;
};

export type FrontMatterError = { readonly kind: "broken"; readonly line: number; readonly message: string; readonly hint: string };

const refuse = (): never => {
  throw new Error("front matter is data, not code");
};

/** gray-matter runs `---js` as code whatever `language` says, so every engine but YAML's is replaced. */
const engines = { yaml: () => ({}), json: refuse, javascript: refuse, js: refuse, coffee: refuse };

/**
 * Splits the front matter off a text; its YAML is not parsed here.
 * @param text with `\n` line ends
 * @returns null where the text begins with no `---` line
 */
export async function splitFrontMatter(text: string): Promise<FrontMatter | FrontMatterError | null> {
  if (!/^---(?!-)/.test(text)) return null;
  const { default: matter } = await import("gray-matter");
  const language = (/^---([^\n]*)/.exec(text)?.[1] ?? "").trim();
  if (language !== "" && language !== "yaml") {
    return broken(1, `front matter must be YAML, found \`${language}\``, "begin it with a line `---`");
  }
  const split = matter(text, { engines });
  const closing = text.split("\n").findIndex((line, index) => index > 0 && line.startsWith("---"));
  if (closing === -1) return broken(1, "the front matter that begins here has no end", "end it with a line `---`");
  const closingLine = text.split("\n")[closing] ?? "";
  if (closingLine.trimEnd() !== "---") {
    return broken(closing + 1, `the front matter ends at a line \`---\`, found \`${closingLine}\``, "put `---` alone on its line");
  }
  const body = text.split("\n").slice(closing + 1).join("\n");
  return { kind: "found", yaml: split.matter, body, bodyLineOffset: closing + 1 };
}

function broken(line: number, message: string, hint: string): FrontMatterError {
  return { kind: "broken", line, message, hint };
}
