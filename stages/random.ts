/**
 * Numbers in [0, 1) that look random and are the same for the same seed on every machine (mulberry32).
 * @param seed - a whole number.
 * @see https://github.com/bryc/code/blob/master/jshash/PRNGs.md#mulberry32
 */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * `count` of the numbers 0 .. `size` - 1 without repeats, ascending (a partial Fisher-Yates shuffle).
 * @returns all of them where `count` is at least `size`.
 */
export function sampleIndexes(size: number, count: number, random: () => number): number[] {
  const indexes = Array.from({ length: size }, (_, index) => index);
  const take = Math.min(count, size);
  for (let at = 0; at < take; at += 1) {
    const other = at + Math.floor(random() * (size - at));
    [indexes[at], indexes[other]] = [indexes[other] ?? 0, indexes[at] ?? 0];
  }
  return indexes.slice(0, take).sort((a, b) => a - b);
}
