import type * as typescript from "@tslab/typescript-for-tslab";
import type { TypeScript } from "./load-tslab.js";

export type NestedVars = { readonly program: typescript.Program; readonly file: typescript.SourceFile; readonly names: ReadonlySet<string> };

/** Declarations of the `var`s that stand in blocks of a cell, which TypeScript's declaration files leave out. */
export function declareNestedVars(ts: TypeScript, { program, file, names }: NestedVars): string {
  if (names.size === 0) return "";
  const checker = program.getTypeChecker();
  const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope;
  return checker
    .getSymbolsInScope(file, ts.SymbolFlags.FunctionScopedVariable)
    .filter((symbol) => names.has(symbol.name) && symbol.valueDeclaration?.getSourceFile() === file)
    .map((symbol) => `declare var ${symbol.name}: ${checker.typeToString(checker.getTypeOfSymbolAtLocation(symbol, file), undefined, flags)};\n`)
    .join("");
}
