import type * as typescript from "@tslab/typescript-for-tslab";
import type { TypeScript, TypeScriptInternals } from "./load-tslab.js";

/** What tslab puts before a cell, so that TypeScript takes it for a module. */
export const MODULE_PREFIX = "export {};\n";

/** The names that a text declares at its top level, as TypeScript's binder sees them. */
export function bindLocals(ts: TypeScript & TypeScriptInternals, text: string): ReadonlyMap<string, unknown> {
  const file = ts.createSourceFile("cell.ts", MODULE_PREFIX + text, ts.ScriptTarget.ES2022, false, ts.ScriptKind.TS);
  ts.bindSourceFile(file, { target: ts.ScriptTarget.ES2022 });
  const locals: ReadonlyMap<typescript.__String, unknown> = "locals" in file && file.locals instanceof Map ? file.locals : new Map();
  // TypeScript escapes names that begin with two underscores.
  return new Map([...locals].map(([name, symbol]) => [ts.unescapeLeadingUnderscores(name), symbol]));
}

/** `var`s that stand in a block of a cell and so belong to the cell itself; tslab's declarations leave them out. */
export function findNestedVars(ts: TypeScript, file: typescript.SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: typescript.Node, isNested: boolean): void => {
    if (ts.isFunctionLike(node) || ts.isClassLike(node) || ts.isModuleDeclaration(node)) return;
    if (isNested && ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) === 0) {
      for (const declaration of node.declarations) for (const name of bindingNames(ts, declaration.name)) names.add(name);
    }
    ts.forEachChild(node, (child) => visit(child, true));
  };
  for (const statement of file.statements) {
    if (ts.isVariableStatement(statement)) continue;
    ts.forEachChild(statement, (child) => visit(child, true));
  }
  return names;
}

/** The names that a binding introduces: `{ a, b: [c] }` gives a and c. */
export function bindingNames(ts: TypeScript, name: typescript.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : bindingNames(ts, element.name)));
}

/**
 * A program that declares the names of a cell that can't be parsed, so that the cells after it are not flooded with
 * follow-up errors.
 */
export function declareAsAny(ts: TypeScript, file: typescript.SourceFile): { readonly text: string; readonly names: ReadonlySet<string> } {
  const values = new Set<string>();
  const types = new Set<string>();
  for (const statement of file.statements) {
    if (ts.isVariableStatement(statement)) {
      for (const declaration of statement.declarationList.declarations) for (const name of bindingNames(ts, declaration.name)) values.add(name);
    } else if (ts.isFunctionDeclaration(statement)) {
      values.add(statement.name?.text ?? "");
    } else if (ts.isClassDeclaration(statement) || ts.isEnumDeclaration(statement)) {
      values.add(statement.name?.text ?? "");
      types.add(statement.name?.text ?? "");
    } else if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) {
      types.add(statement.name.text);
    } else if (ts.isModuleDeclaration(statement)) {
      values.add(statement.name.text);
    } else if (ts.isImportDeclaration(statement)) {
      for (const name of importedNames(ts, statement)) values.add(name);
    }
  }
  // A broken text can hide declarations from the parser.
  const found = [...file.text.matchAll(/\b(?:const|let|var|function|class|enum|type|interface|namespace)\s+([\p{ID_Start}$_][\p{ID_Continue}$]*)/gu)];
  const isName = (name: string): boolean => /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name);
  const lines = [...[...values].filter(isName).map((name) => `let ${name}: any;`), ...[...types].filter(isName).map((name) => `type ${name} = any;`)];
  return { text: lines.join("\n"), names: new Set([...values, ...types, ...found.map((match) => match[1] ?? "")]) };
}

function importedNames(ts: TypeScript, statement: typescript.ImportDeclaration): string[] {
  const clause = statement.importClause;
  const names = clause?.name === undefined ? [] : [clause.name.text];
  const bindings = clause?.namedBindings;
  if (bindings === undefined) return names;
  return ts.isNamespaceImport(bindings) ? [...names, bindings.name.text] : [...names, ...bindings.elements.map((element) => element.name.text)];
}
