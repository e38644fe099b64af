import type * as typescript from "@tslab/typescript-for-tslab";
import type { TypeScript } from "./load-tslab.js";

/** One place where a source names another module. */
export type SpecifierUse = {
  readonly kind: "import" | "dynamic" | "require" | "type";
  /** The argument; for a dynamic import it can be any expression. */
  readonly node: typescript.Node;
  /** null where the argument is no literal. */
  readonly text: string | null;
};

/** The module that a node names, if it does; all kinds of import, and `require` of a literal. */
export function readSpecifier(ts: TypeScript, node: typescript.Node): SpecifierUse | null {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    const literal = node.moduleSpecifier;
    const isType = ts.isImportDeclaration(node) ? node.importClause?.isTypeOnly === true : node.isTypeOnly;
    return literal === undefined || !ts.isStringLiteralLike(literal) ? null : { kind: isType ? "type" : "import", node: literal, text: literal.text };
  }
  if (ts.isExternalModuleReference(node)) {
    return ts.isStringLiteralLike(node.expression) ? { kind: "import", node: node.expression, text: node.expression.text } : null;
  }
  if (ts.isImportTypeNode(node)) {
    const argument = node.argument;
    if (!ts.isLiteralTypeNode(argument) || !ts.isStringLiteral(argument.literal)) return null;
    return { kind: "type", node: argument.literal, text: argument.literal.text };
  }
  if (!ts.isCallExpression(node)) return null;
  const argument = node.arguments[0];
  const text = argument !== undefined && ts.isStringLiteralLike(argument) ? argument.text : null;
  if (node.expression.kind === ts.SyntaxKind.ImportKeyword) return { kind: "dynamic", node: argument ?? node, text };
  const isRequire = ts.isIdentifier(node.expression) && node.expression.text === "require";
  return isRequire && argument !== undefined && text !== null ? { kind: "require", node: argument, text } : null;
}

/** Every place where a file names another module, in order. */
export function listSpecifiers(ts: TypeScript, file: typescript.SourceFile): SpecifierUse[] {
  const uses: SpecifierUse[] = [];
  const visit = (node: typescript.Node): void => {
    const use = readSpecifier(ts, node);
    if (use !== null) uses.push(use);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return uses;
}
