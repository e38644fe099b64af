import { CODE } from "./code-edits.js";
import type { Edit } from "./edit.js";
import { OUTER } from "./outer-edits.js";
import { QUIET } from "./quiet-edits.js";

/** Every kind of edit, as often as it should come up. */
export const EDITS: readonly Edit[] = [...QUIET, ...CODE, ...OUTER].flatMap((edit) => Array.from({ length: edit.weight ?? 1 }, () => edit));
