import type { Form } from "./forms.js";

/** A stretch of text that shows a secret. */
export type Range = { readonly start: number; readonly end: number; readonly name: string };

/** Finds forms of secrets in text. */
export type FormMatcher = {
  /** What is to be hidden, from left to right; ranges that overlap are one. */
  find(text: string): Range[];
  /** Where the end of a text begins that may turn out to be a secret once more text comes; its length if nowhere. */
  findOpenEnd(text: string): number;
};

/** So many characters of a value that was cut short with dots behind it still show too much. */
const shortestCut = 8;
/** So many characters of each form go into the expression that finds where to look closely. */
const headLength = 5;

export function createFormMatcher(forms: readonly Form[]): FormMatcher {
  if (forms.length === 0) return { find: () => [], findOpenEnd: (text) => text.length };
  const heads = new RegExp(`(?=${[...new Set(forms.map(headOf))].join("|")})`, "g");
  const longest = Math.max(...forms.map(({ characters }) => characters.reduce((sum, spellings) => sum + Math.max(...spellings.map((each) => each.length)), 0)));

  function find(text: string): Range[] {
    const ranges: Range[] = [];
    for (const { index } of text.matchAll(heads)) {
      for (const { name, characters } of forms) {
        const { end } = matchForm(characters, text, index);
        if (end !== null) unite(ranges, { start: index, end, name });
      }
    }
    return ranges;
  }

  function findOpenEnd(text: string): number {
    for (let start = Math.max(0, text.length - longest); start < text.length; start += 1) {
      if (forms.some(({ characters }) => matchForm(characters, text, start).isOpen)) return start;
    }
    return text.length;
  }

  return { find, findOpenEnd };
}

/** Starts come in order, so only the last range can overlap. */
function unite(ranges: Range[], found: Range): void {
  const last = ranges.at(-1);
  if (last === undefined || found.start >= last.end) ranges.push(found);
  else if (found.end > last.end) ranges[ranges.length - 1] = { ...last, end: found.end, name: found.start === last.start ? found.name : last.name };
}

/**
 * Follows all spellings at once, since some are the beginning of others.
 *
 * @returns `end` of the longest match; `isOpen` where the text ends before it is decided
 */
function matchForm(characters: Form["characters"], text: string, start: number): { readonly end: number | null; readonly isOpen: boolean } {
  let offsets = [start];
  let isOpen = false;
  for (const [index, spellings] of characters.entries()) {
    const next: number[] = [];
    for (const offset of offsets) {
      for (const spelling of spellings) {
        const end = offset + spelling.length;
        if (text.startsWith(spelling, offset)) void (next.includes(end) || next.push(end));
        else if (end > text.length && spelling.startsWith(text.slice(offset))) isOpen = true;
      }
    }
    if (next.length === 0) return index < shortestCut ? { end: null, isOpen } : cutShort(text, offsets, isOpen);
    offsets = next;
  }
  return { end: Math.max(...offsets), isOpen };
}

/** Programs that shorten a value put dots behind it. */
function cutShort(text: string, offsets: readonly number[], isOpen: boolean): { readonly end: number | null; readonly isOpen: boolean } {
  const ends = offsets.filter((offset) => text.startsWith("…", offset) || text.startsWith("...", offset));
  const mayCome = offsets.some((offset) => offset < text.length && "...".startsWith(text.slice(offset)));
  return { end: ends.length === 0 ? null : Math.max(...ends), isOpen: isOpen || mayCome };
}

function headOf({ characters }: Form): string {
  return characters.slice(0, headLength).map((spellings) => `(?:${spellings.map(escapeExpression).join("|")})`).join("");
}

function escapeExpression(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
