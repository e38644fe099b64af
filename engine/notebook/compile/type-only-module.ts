import type * as typescript from "@tslab/typescript-for-tslab";
import type { TypeScript } from "./load-tslab.js";

/** The module of row types: nothing is behind it when code runs. */
export const dataModule = "stitchbook/data";

/** What is wrong with taking a value from {@link dataModule}. */
export const valueOfTypes = {
  code: "type-only-module",
  message: `\`${dataModule}\` holds types only`,
  hint: `write \`import type { ... } from "${dataModule}"\``,
};

/**
 * Where a node takes values from {@link dataModule}, which has none: any import or export of it that does not say `type`.
 *
 * @returns the specifier; null where the node does no such thing
 */
export function findValueImport(ts: TypeScript, node: typescript.Node): typescript.Node | null {
  const specifier = specifierOf(ts, node);
  return specifier !== undefined && ts.isStringLiteralLike(specifier) && specifier.text === dataModule && !isTypeOnly(ts, node) ? specifier : null;
}

/** All places where a file does so, in order. */
export function listValueImports(ts: TypeScript, file: typescript.SourceFile): typescript.Node[] {
  const found: typescript.Node[] = [];
  const visit = (node: typescript.Node): void => {
    const value = findValueImport(ts, node);
    if (value !== null) found.push(value);
    ts.forEachChild(node, visit);
  };
  if (file.text.includes(dataModule)) visit(file);
  return found;
}

function specifierOf(ts: TypeScript, node: typescript.Node): typescript.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isExternalModuleReference(node)) return node.expression;
  if (!ts.isCallExpression(node)) return undefined;
  const { expression } = node;
  const isImport = expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(expression) && expression.text === "require");
  return isImport ? node.arguments[0] : undefined;
}

function isTypeOnly(ts: TypeScript, node: typescript.Node): boolean {
  if (ts.isImportDeclaration(node)) {
    const { importClause } = node;
    if (importClause === undefined) return false;
    const { namedBindings, name, isTypeOnly: saysType } = importClause;
    return saysType || (name === undefined && namedBindings !== undefined && ts.isNamedImports(namedBindings) && areTypes(namedBindings.elements));
  }
  if (ts.isExportDeclaration(node)) return node.isTypeOnly || (node.exportClause !== undefined && ts.isNamedExports(node.exportClause) && areTypes(node.exportClause.elements));
  return ts.isExternalModuleReference(node) && node.parent.isTypeOnly;
}

function areTypes(elements: readonly { readonly isTypeOnly: boolean }[]): boolean {
  return elements.length > 0 && elements.every(({ isTypeOnly: saysType }) => saysType);
}
