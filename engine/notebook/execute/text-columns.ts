/** A text without line ends and control characters, each of which has a sign of its own. */
export function onOneLine(text: string): string {
  return text.replace(/\r\n|[\r\n\u2028\u2029]/g, "↵").replace(/\t/g, "⇥").replace(/[\u0000-\u001f]/g, (character) => String.fromCharCode(0x2400 + character.charCodeAt(0)));
}

/** Pads a text to a width, in columns of a terminal. */
export function pad(text: string, width: number, isRight: boolean): string {
  const blanks = " ".repeat(Math.max(0, width - textWidth(text)));
  return isRight ? blanks + text : text + blanks;
}

/** How many columns a text takes where every letter has the same width: wide ones take two, marks none. */
export function textWidth(text: string): number {
  // Nearly every text.
  if (/^[ -~]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += wide.test(segment) ? 2 : 1;
  return width;
}

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
const wide = /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]|\ufe0f/u;
