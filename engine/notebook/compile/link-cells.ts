import type { Problem } from "../../project/types.js";
import type { CompiledCell, CompiledModule } from "../types.js";
import type { ModuleCompiler } from "./compile-modules.js";
import type { TypeScript } from "./load-tslab.js";
import { isLocalSpecifier, resolveLocal } from "./resolve-local.js";
import { listSpecifiers } from "./specifiers.js";

export type LinkedCells = { readonly imports: Readonly<Record<string, string>>; readonly modules: readonly CompiledModule[]; readonly digests: ReadonlyMap<string, string>; readonly problems: readonly Problem[] };

export type LinkOptions = {
  readonly ts: TypeScript;
  /** Absolute. */
  readonly root: string;
  readonly modules: ModuleCompiler;
};

/** The modules that the cells' compiled code reaches; what only types need is not among them. */
export async function linkCells(cells: readonly Pick<CompiledCell, "code">[], { ts, root, modules }: LinkOptions): Promise<LinkedCells> {
  const imports: Record<string, string> = {};
  for (const { code } of cells) {
    const file = ts.createSourceFile("cell.js", code, ts.ScriptTarget.ES2022, true, ts.ScriptKind.JS);
    for (const { text } of listSpecifiers(ts, file)) {
      const target = text !== null && isLocalSpecifier(text) ? resolveLocal(root, ".", text) : null;
      if (text !== null && target?.kind === "found") imports[text] = target.path;
    }
  }
  const found = [...(await modules.compileClosure(Object.values(imports))).values()];
  return {
    imports,
    modules: found.flatMap(({ module }) => (module === null ? [] : [module])),
    digests: new Map(found.flatMap(({ module, digest }) => (module === null || digest === null ? [] : [[module.path, digest] as const]))),
    problems: found.flatMap(({ problems }) => problems),
  };
}
