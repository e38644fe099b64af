import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { makeWarning } from "../../project/problems.js";
import type { Problem } from "../../project/types.js";
import { findFiltered } from "./git-setup.js";
import { describeStrip, stripNotebook } from "./strip-notebook.js";

/**
 * Warns of notebooks that carry what belongs into no commit. Where git's filter takes it out anyway, nothing is said.
 *
 * @param root absolute
 * @param files project paths; what can't be read is passed over
 */
export async function warnOfUnstripped(root: string, files: readonly string[]): Promise<Problem[]> {
  const found = await Promise.all(
    files.map(async (file) => {
      const bytes = await readFile(join(root, file)).catch(() => null);
      const result = bytes === null ? null : stripNotebook(file, bytes);
      return result?.kind === "stripped" ? [{ file, summary: result.summary }] : [];
    }),
  );
  const carrying = found.flat();
  const filtered = await findFiltered(root, carrying.map(({ file }) => file));
  return carrying.flatMap(({ file, summary }) =>
    filtered.has(file)
      ? []
      : [makeWarning({
          code: "unstripped-notebook",
          place: { file },
          message: `this notebook carries ${describeStrip(summary)}`,
          hint: "`stitchbook strip` takes it out; `stitchbook strip --install` lets git do so at every commit",
        })],
  );
}
