import { refusedPrograms, throwingPrograms } from "./failures.js";
import { importPrograms } from "./imports.js";
import { languagePrograms } from "./language.js";
import type { CorpusProgram } from "./program.js";
import { sharingPrograms } from "./sharing.js";

export { CORPUS_NOTEBOOK, FIRST_POSITION, type CorpusProgram } from "./program.js";

/** Small notebooks that exercise what cells can do. */
export const corpus: readonly CorpusProgram[] = [...languagePrograms, ...sharingPrograms, ...importPrograms, ...throwingPrograms, ...refusedPrograms];
