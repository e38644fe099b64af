import type { Place } from "../../project/types.js";
import { createMapper } from "../source-map.js";

/** What is known of one piece of compiled code: where its source stands. */
export type CompiledSource = {
  /** Project path of the notebook or module. */
  readonly file: string;
  readonly cell?: number;
  readonly map: string | null;
};

/** Finds the author's places for positions in compiled code. */
export type SourcePlaces = {
  /** @param filename Name the code was compiled under. */
  add(filename: string, source: CompiledSource): void;
  /** @returns The author's place, or null where the file is not one of his. */
  find(filename: string, line: number, column: number): Place | null;
};

/** Makes an empty registry; source maps are read when the first place is asked for. */
export function createSourcePlaces(): SourcePlaces {
  const finders = new Map<string, (line: number, column: number) => Place>();
  return {
    add: (filename, source) => void finders.set(filename, createFinder(source)),
    find: (filename, line, column) => finders.get(filename)?.(line, column) ?? null,
  };
}

function createFinder({ file, cell, map }: CompiledSource): (line: number, column: number) => Place {
  const start: Place = cell === undefined ? { file } : { file, cell };
  const mapper = map === null ? null : createMapper(map);
  return (line, column) => {
    if (mapper === null) return { ...start, line, column };
    const position = mapper(line, column);
    return position === null ? start : { ...start, ...position };
  };
}
