import { statSync } from "node:fs";
import { digest } from "../../compile/notebook-cache.js";

type Known = { digest: string; stamp: string | null };

/** A file that was written so short a time ago may be written again without its time showing it. */
const racyMs = 2000;

/** Notices edits of files, by their content; their states are only looked at to save reading. */
export class SourceWatch {
  readonly #known = new Map<string, Known>();

  /** @param read - gives a file's text; undefined where there is none */
  constructor(
    private readonly read: (path: string) => string | undefined,
    private readonly now: () => number = Date.now,
  ) {}

  /** @param path - absolute; a file that is followed already stays as it was seen first */
  follow(path: string, text: string): void {
    if (!this.#known.has(path)) this.#known.set(path, { digest: digest(text), stamp: null });
  }

  /** Files whose text is another than it was when this was asked last, or when they were first followed. */
  takeEdited(): string[] {
    return [...this.#known].flatMap(([path, known]) => (this.#isEdited(path, known) ? [path] : []));
  }

  #isEdited(path: string, known: Known): boolean {
    const stamp = this.#stampOf(path);
    if (stamp !== null && stamp === known.stamp) return false;
    const found = digest(this.read(path) ?? "");
    const isEdited = found !== known.digest;
    known.stamp = stamp;
    known.digest = found;
    return isEdited;
  }

  #stampOf(path: string): string | null {
    const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
    if (stats === undefined || this.now() - Number(stats.mtimeMs) < racyMs) return null;
    return `${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`;
  }
}
