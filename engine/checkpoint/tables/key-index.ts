const FIRST_SLOT_BITS = 10;
const MOST_LOAD = 0.75;
/** Rows whose hashes lie in one block. Blocks are added, never copied. */
const BLOCK_BITS = 16;
const BLOCK_ROWS = 1 << BLOCK_BITS;

/**
 * The keys seen so far, each as a hash of 128 bits and the row where it was first seen: about 27 bytes, where a set of
 * strings takes 160. That two of 3,000,000 different keys meet has a probability below 1e-25.
 *
 * The hashes lie in the order of the rows; a small open-addressing table holds the first 32 bits and the row of each, so
 * that a look-up touches one place in memory and growing moves little. Look-ups wait for `flush`: many in one loop
 * overlap their waits for memory, which makes them twice as fast.
 *
 * A key is written part by part (`addBytes`, `addText`), then closed by `add`.
 */
export class KeyIndex {
  /** Pairs of (first 32 bits, row); row 0 is a free place. */
  private slots = new Int32Array(2 << FIRST_SLOT_BITS);
  /** The upper bits of a hash say where its pair should lie; it lies there or in the next free place after it. */
  private shift = 32 - FIRST_SLOT_BITS;
  private count = 0;
  /** Four words a row. */
  private readonly blocks: Int32Array[] = [];
  private rows = 0;
  private flushed = 0;
  private bytes = Buffer.alloc(256);
  private words = new Int32Array(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length / 4);
  private length = 0;

  /** Adds a part of the key. Each part is preceded by its length, so that ("ab", "c") is not ("a", "bc"). */
  addBytes(source: Uint8Array, start: number, end: number): void {
    const at = this.beginPart(end - start);
    const { bytes } = this;
    for (let offset = 0; offset < end - start; offset += 1) bytes[at + offset] = source[start + offset]!;
    this.endPart(at, end - start);
  }

  addText(text: string): void {
    const at = this.beginPart(text.length * 3);
    this.endPart(at, this.bytes.write(text, at));
  }

  /** Closes the key of the next row. */
  add(): void {
    const row = this.rows;
    const block = (this.blocks[row >>> BLOCK_BITS] ??= new Int32Array(BLOCK_ROWS * 4));
    this.digest(block, (row & (BLOCK_ROWS - 1)) * 4);
    this.rows = row + 1;
  }

  /**
   * Looks up the keys added since the last flush.
   *
   * @param onRepeat Called in the order of the rows for each whose key was there before. Rows are 1-based.
   */
  flush(onRepeat: (row: number, firstRow: number) => void): void {
    for (let row = this.flushed; row < this.rows; row += 1) {
      if (this.count * 2 >= this.slots.length * MOST_LOAD) this.grow();
      const seen = this.insert(row);
      if (seen >= 0) onRepeat(row + 1, seen + 1);
    }
    this.flushed = this.rows;
  }

  /** Answers the (0-based) row that has the key of this one, or -1 where it is new. */
  private insert(row: number): number {
    const { slots, shift } = this;
    const first = this.blocks[row >>> BLOCK_BITS]![(row & (BLOCK_ROWS - 1)) * 4]!;
    const last = slots.length - 2;
    for (let at = (first >>> shift) << 1; ; at = (at + 2) & last) {
      const seen = slots[at + 1]!;
      if (seen === 0) {
        slots[at] = first;
        slots[at + 1] = row + 1;
        this.count += 1;
        return -1;
      }
      if (slots[at] === first && this.hasSameHash(seen - 1, row)) return seen - 1;
    }
  }

  private hasSameHash(row: number, other: number): boolean {
    const [block, otherBlock] = [this.blocks[row >>> BLOCK_BITS]!, this.blocks[other >>> BLOCK_BITS]!];
    const [at, otherAt] = [(row & (BLOCK_ROWS - 1)) * 4, (other & (BLOCK_ROWS - 1)) * 4];
    return block[at + 1] === otherBlock[otherAt + 1] && block[at + 2] === otherBlock[otherAt + 2] && block[at + 3] === otherBlock[otherAt + 3];
  }

  private beginPart(mostBytes: number): number {
    const needed = this.length + 4 + mostBytes + 16;
    if (needed > this.bytes.length) {
      // A slab of its own keeps the view of words aligned.
      const larger = Buffer.alloc(Math.ceil(needed / 256) * 512);
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
      this.words = new Int32Array(larger.buffer, larger.byteOffset, larger.length / 4);
    }
    return this.length + 4;
  }

  private endPart(at: number, length: number): void {
    const { bytes } = this;
    bytes[at - 4] = length;
    bytes[at - 3] = length >>> 8;
    bytes[at - 2] = length >>> 16;
    bytes[at - 1] = length >>> 24;
    this.length = at + length;
  }

  /** MurmurHash3 for 128 bits in 32-bit steps over the key, which is padded with zeros (its lengths are part of it). */
  private digest(target: Int32Array, position: number): void {
    const { words, bytes, length } = this;
    const blocks = (length + 15) >> 4;
    for (let at = length; at < blocks * 16; at += 1) bytes[at] = 0;
    let [h1, h2, h3, h4] = [0, 0, 0, 0];
    for (let block = 0; block < blocks; block += 1) {
      const at = block * 4;
      h1 = step(h1 ^ mix(words[at]!, 0x239b961b, 15, 0xab0e9789), 19, h2, 0x561ccd1b);
      h2 = step(h2 ^ mix(words[at + 1]!, 0xab0e9789, 16, 0x38b34ae5), 17, h3, 0x0bcaa747);
      h3 = step(h3 ^ mix(words[at + 2]!, 0x38b34ae5, 17, 0xa1e38b93), 15, h4, 0x96cd1c35);
      h4 = step(h4 ^ mix(words[at + 3]!, 0xa1e38b93, 18, 0x239b961b), 13, h1, 0x32ac3b17);
    }
    h1 = (h1 ^ length) + (h2 ^ length) + (h3 ^ length) + (h4 ^ length) | 0;
    h2 = finish((h2 ^ length) + h1 | 0);
    h3 = finish((h3 ^ length) + h1 | 0);
    h4 = finish((h4 ^ length) + h1 | 0);
    h1 = finish(h1) + h2 + h3 + h4 | 0;
    target[position] = h1;
    target[position + 1] = h2 + h1;
    target[position + 2] = h3 + h1;
    target[position + 3] = h4 + h1;
    this.length = 0;
  }

  /** Since the upper bits say the place, old and new table are both gone through from front to back. */
  private grow(): void {
    const old = this.slots;
    const slots = new Int32Array(old.length * 2);
    const shift = this.shift - 1;
    const last = slots.length - 2;
    for (let from = 0; from < old.length; from += 2) {
      if (old[from + 1] === 0) continue;
      let at = (old[from]! >>> shift) << 1;
      while (slots[at + 1] !== 0) at = (at + 2) & last;
      slots[at] = old[from]!;
      slots[at + 1] = old[from + 1]!;
    }
    [this.slots, this.shift] = [slots, shift];
  }
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function mix(word: number, factor: number, bits: number, nextFactor: number): number {
  return Math.imul(rotate(Math.imul(word, factor), bits), nextFactor);
}

function step(state: number, bits: number, neighbour: number, addend: number): number {
  return (Math.imul(rotate(state, bits) + neighbour, 5) + addend) | 0;
}

function finish(state: number): number {
  const once = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return twice ^ (twice >>> 16);
}
