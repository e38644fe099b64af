import { loadTypeScript, placeOf, walkNodes, type ImportDeclaration, type Node, type SourceFile } from "./typescript-parser.js";

/** One import of a source, by any of JavaScript's ways. Types are left out. */
export type ImportUse = {
  readonly specifier: string;
  /** Names taken from the module; `*` is all of them; empty for an import for its effects only. */
  readonly names: readonly string[];
  readonly line: number;
  readonly column: number;
};

/** An `import()` or `require` that can't be followed, since its argument is not a literal. */
export type UnknownImport = { readonly text: string; readonly line: number; readonly column: number };

export type Imports = { readonly uses: readonly ImportUse[]; readonly unknown: readonly UnknownImport[] };

/** Lists all imports of a parsed source: static ones, re-exports, `import()`, `import x = require()` and `require()`. */
export function listImports(file: SourceFile): Imports {
  const uses: ImportUse[] = [];
  const unknown: UnknownImport[] = [];
  for (const node of walkNodes(file)) {
    const found = readStatement(node) ?? readCall(node);
    if (found !== null) {
      for (const specifier of found.specifiers) uses.push({ specifier, names: found.names, ...placeOf(node, file) });
      if (found.isUnknown) unknown.push({ text: firstLine(node.getText(file)), ...placeOf(node, file) });
    } else if (isLooseRequire(node)) {
      unknown.push({ text: firstLine(node.parent.getText(file)), ...placeOf(node, file) });
    }
  }
  return { uses, unknown };
}

type Found = { readonly specifiers: readonly string[]; readonly names: readonly string[]; readonly isUnknown: boolean };

function readStatement(node: Node): Found | null {
  const ts = loadTypeScript();
  if (ts.isImportDeclaration(node)) {
    if (!ts.isStringLiteral(node.moduleSpecifier) || node.importClause?.isTypeOnly === true) return null;
    return { specifiers: [node.moduleSpecifier.text], names: namesOfImport(node), isUnknown: false };
  }
  if (ts.isExportDeclaration(node)) {
    if (node.moduleSpecifier === undefined || !ts.isStringLiteral(node.moduleSpecifier) || node.isTypeOnly) return null;
    const elements = node.exportClause !== undefined && ts.isNamedExports(node.exportClause) ? node.exportClause.elements : null;
    const names = elements?.filter((element) => !element.isTypeOnly).map((element) => (element.propertyName ?? element.name).text);
    return { specifiers: [node.moduleSpecifier.text], names: names ?? ["*"], isUnknown: false };
  }
  if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference) && !node.isTypeOnly) {
    return readArgument(node.moduleReference.expression);
  }
  return null;
}

function namesOfImport(node: ImportDeclaration): string[] {
  const ts = loadTypeScript();
  const clause = node.importClause;
  const names = clause?.name === undefined ? [] : ["default"];
  const bindings = clause?.namedBindings;
  if (bindings === undefined) return names;
  if (ts.isNamespaceImport(bindings)) return [...names, "*"];
  const values = bindings.elements.filter((element) => !element.isTypeOnly);
  return [...names, ...values.map((element) => (element.propertyName ?? element.name).text)];
}

function readCall(node: Node): Found | null {
  const ts = loadTypeScript();
  if (!ts.isCallExpression(node)) return null;
  const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword;
  const isRequire = ts.isIdentifier(node.expression) && node.expression.text === "require";
  return isImport || isRequire ? readArgument(node.arguments[0]) : null;
}

function readArgument(argument: Node | undefined): Found {
  const specifiers = literalsOf(argument);
  return { specifiers: specifiers ?? [], names: ["*"], isUnknown: specifiers === null };
}

function literalsOf(argument: Node | undefined): string[] | null {
  const ts = loadTypeScript();
  if (argument === undefined) return null;
  if (ts.isStringLiteralLike(argument)) return [argument.text];
  if (ts.isParenthesizedExpression(argument)) return literalsOf(argument.expression);
  if (!ts.isConditionalExpression(argument)) return null;
  const [whenTrue, whenFalse] = [literalsOf(argument.whenTrue), literalsOf(argument.whenFalse)];
  return whenTrue === null || whenFalse === null ? null : [...whenTrue, ...whenFalse];
}

/** `require` used as a value: handed on, it could load anything. `require.resolve` and `typeof require` load nothing. */
function isLooseRequire(node: Node): boolean {
  const ts = loadTypeScript();
  if (!ts.isIdentifier(node) || node.text !== "require") return false;
  const parent = node.parent;
  if (ts.isCallExpression(parent) && parent.expression === node) return false;
  if (ts.isTypeOfExpression(parent) || ts.isPropertyAccessExpression(parent) || ts.isTypeNode(parent)) return false;
  if (ts.isPropertyAssignment(parent) && parent.name === node) return false;
  return !ts.isExternalModuleReference(parent) && !("name" in parent && parent.name === node);
}

function firstLine(text: string): string {
  const line = text.split("\n", 1)[0] ?? "";
  return line.length > 80 ? `${line.slice(0, 77)}...` : line;
}
