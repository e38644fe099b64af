/**
 * Part of every fingerprint. Raise it when the engine would give other artifacts, displayed outputs or reports from the
 * same sources and inputs: another compiler or chart library, another way to execute a cell or to render a report,
 * another default of the worker's environment. A change that only moves, renames or speeds up the engine does not count.
 * Raise it too when the meaning or the keys of fingerprint parts change, so that old records are not read as new ones.
 */
export const CACHE_VERSION = 3;
