import type * as typescript from "@tslab/typescript-for-tslab";
import type { TypeScript } from "../../compile/load-tslab.js";
import { isLocalSpecifier } from "../../compile/resolve-local.js";

/** One name that a cell imports from a local module. */
export type LocalImport = {
  readonly name: string;
  /** As the author wrote it. */
  readonly specifier: string;
  /** A statement that imports this name alone. */
  readonly statement: string;
};

/** The values that a cell's import declarations take from local modules. */
export function listLocalImports(ts: TypeScript, source: string): LocalImport[] {
  const file = ts.createSourceFile("cell.ts", source, ts.ScriptTarget.ES2022, false, ts.ScriptKind.TS);
  return file.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) return [];
    const { importClause, moduleSpecifier } = statement;
    if (importClause === undefined || importClause.isTypeOnly || !isLocalSpecifier(moduleSpecifier.text)) return [];
    const specifier = moduleSpecifier.text;
    return listClauses(ts, importClause).map(({ name, clause }) => ({ name, specifier, statement: `import ${clause} from ${JSON.stringify(specifier)};` }));
  });
}

function listClauses(ts: TypeScript, { name, namedBindings }: typescript.ImportClause): { readonly name: string; readonly clause: string }[] {
  const first = name === undefined ? [] : [{ name: name.text, clause: name.text }];
  if (namedBindings === undefined) return first;
  if (ts.isNamespaceImport(namedBindings)) return [...first, { name: namedBindings.name.text, clause: `* as ${namedBindings.name.text}` }];
  const named = namedBindings.elements.filter((element) => !element.isTypeOnly);
  return [...first, ...named.map(({ name: local, propertyName }) => ({ name: local.text, clause: `{ ${propertyName === undefined ? "" : `${propertyName.text} as `}${local.text} }` }))];
}

/** Every identifier of a text. */
export function listIdentifiers(ts: TypeScript, source: string): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: typescript.Node): void => {
    if (ts.isIdentifier(node)) names.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("cell.ts", source, ts.ScriptTarget.ES2022, false, ts.ScriptKind.TS));
  return names;
}
