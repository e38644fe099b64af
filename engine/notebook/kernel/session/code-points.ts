/** Jupyter counts the characters of a text in code points, JavaScript in UTF-16 units. */

/** @param position - in code points; what lies beyond the text is its end */
export function toUnits(text: string, position: number): number {
  let units = 0;
  let points = 0;
  for (const character of text) {
    if (points >= position) return units;
    units += character.length;
    points += 1;
  }
  return units;
}

/** @param offset - in UTF-16 units */
export function toPoints(text: string, offset: number): number {
  return [...text.slice(0, offset)].length;
}
