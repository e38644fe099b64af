import { join } from "node:path";
import { CellConverter } from "./cell-converter.js";
import type { HostConfig } from "./compiler-host.js";
import { findNotebookApi } from "./package-folders.js";
import { dataModule } from "./type-only-module.js";

export type ConverterSettings = Pick<HostConfig, "root" | "options" | "needsDocumentation" | "packageFiles"> & {
  /** Text of the module `stitchbook/data`. */
  readonly dataTypes: string | null;
};

/** Loads TypeScript and the types that every program has, with the modules that Stitchbook itself provides. */
export function openConverter({ root, options, needsDocumentation, dataTypes, packageFiles }: ConverterSettings): CellConverter {
  const dataFile = join(root, "__stitchbook_data__.d.ts");
  const api = findNotebookApi();
  const fixed = new Map([[dataModule, dataFile], ...(api === null ? [] : [["stitchbook/notebook", api] as const])]);
  return new CellConverter({ root, options, fixed, virtual: new Map([[dataFile, dataTypes ?? "export {};\n"]]), needsDocumentation, ...(packageFiles === undefined ? {} : { packageFiles }) });
}
