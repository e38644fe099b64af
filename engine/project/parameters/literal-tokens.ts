/** A piece of a parameters cell, as far as TypeScript's grammar matters there. */
export type Token = {
  readonly kind: "name" | "number" | "string" | "sign" | "end" | "unknown";
  /** As written; for a string its value. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** True where a line begins with it. */
  readonly isFirstInLine: boolean;
};

const patterns = {
  space: /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y,
  name: /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy,
  number: /(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?)[\p{ID_Continue}]*/uy,
  string: /"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'|`(?:[^`\\$]|\$(?!\{)|\\[\s\S])*`/y,
  sign: /=>|\.\.\.|[=:;,.|&?<>()[\]{}+\-*/!]/y,
};

/**
 * Splits TypeScript text into tokens; comments and white space are left out.
 * @returns at least the `end` token; what can't be read becomes one `unknown` token before it
 */
export function readTokens(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    const gap = matchAt(patterns.space, source, at) ?? "";
    at += gap.length;
    const isFirstInLine = tokens.length === 0 || gap.includes("\n");
    if (at >= source.length) return [...tokens, { kind: "end", text: "", start: at, end: at, isFirstInLine }];
    const token = readToken(source, at);
    tokens.push({ ...token, start: at, isFirstInLine });
    at = token.end;
  }
}

function readToken(source: string, at: number): Pick<Token, "kind" | "text" | "end"> {
  for (const kind of ["name", "number", "string", "sign"] as const) {
    const text = matchAt(patterns[kind], source, at);
    if (text === null) continue;
    const value = kind === "string" ? unquote(text) : text;
    if (value === null) break;
    return { kind, text: value, end: at + text.length };
  }
  return { kind: "unknown", text: source.slice(at, at + 1), end: source.length };
}

function matchAt(pattern: RegExp, source: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0] ?? null;
}

const simpleEscapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", v: "\v", "0": "\0", "\n": "" };

/** The value of a quoted text; null where an escape is none. */
function unquote(quoted: string): string | null {
  let isValid = true;
  const value = quoted.slice(1, -1).replace(/\\(?:u\{([\da-fA-F]{1,6})\}|u([\da-fA-F]{4})|x([\da-fA-F]{2})|([\s\S]))/g, (_, point, unit, byte, other) => {
    const hex = [point, unit, byte].find((each) => typeof each === "string");
    if (typeof hex === "string") {
      const code = Number.parseInt(hex, 16);
      isValid &&= code <= 0x10ffff;
      return isValid ? String.fromCodePoint(code) : "";
    }
    const letter = String(other);
    isValid &&= !/[1-9ux]/.test(letter);
    return simpleEscapes[letter] ?? letter;
  });
  return isValid ? value : null;
}

/** The value of a number as written; null where it is no finite number. */
export function readNumber(text: string): number | null {
  if (/__|_$|_[^\da-fA-F]|[^\da-fA-F]_|^0\d|^0_/.test(text)) return null;
  const value = Number(text.replaceAll("_", ""));
  return Number.isFinite(value) ? value : null;
}

/** Walks over tokens. */
export class TokenCursor {
  private index = 0;
  constructor(private readonly tokens: readonly Token[]) {}

  get current(): Token {
    return this.tokens[this.index] ?? endToken;
  }

  get next(): Token {
    return this.tokens[this.index + 1] ?? endToken;
  }

  /** The token before the current one. */
  get previous(): Token {
    return this.tokens[this.index - 1] ?? endToken;
  }

  advance(): Token {
    const token = this.current;
    if (token.kind !== "end") this.index += 1;
    return token;
  }

  isAt(text: string): boolean {
    return this.current.text === text && (this.current.kind === "sign" || this.current.kind === "name");
  }

  /** Steps over the token if it is this sign or word. */
  take(text: string): boolean {
    const isHere = this.isAt(text);
    if (isHere) this.advance();
    return isHere;
  }
}

const endToken: Token = { kind: "end", text: "", start: 0, end: 0, isFirstInLine: false };

/** A place at which the text is not what it must be. */
export class SyntaxStop extends Error {
  constructor(readonly token: Token, readonly expected: string, readonly code: "parameters-cell" | "unsupported-type" = "parameters-cell") {
    super(expected);
  }
}
