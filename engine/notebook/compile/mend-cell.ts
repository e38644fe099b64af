import type * as typescript from "@tslab/typescript-for-tslab";
import { COMPUTED_IMPORT } from "./diagnostics.js";
import type { Edit } from "./edits.js";
import type { TypeScript } from "./load-tslab.js";
import { mendExport } from "./mend-export.js";
import { readSpecifier, type SpecifierUse } from "./specifiers.js";
import { findValueImport, valueOfTypes } from "./type-only-module.js";

/** Something that a cell may not do. Offsets are into the cell's source. */
export type CellFault = { readonly code: string; readonly offset: number; readonly message: string; readonly hint?: string };

/** What a local specifier is replaced with; null leaves it as written. */
export type SpecifierRewrite = (use: SpecifierUse & { readonly text: string }) => string | null;

export type MendedCell = {
  readonly edits: readonly Edit[];
  readonly faults: readonly CellFault[];
  /** True where the cell awaits outside of functions. */
  readonly isAsync: boolean;
  /** Where it does, by `await` expressions. */
  readonly topLevelAwaits: ReadonlySet<number>;
  /** Names in `export { name }`, whose declaration has to be looked for. */
  readonly exported: readonly { readonly name: string; readonly offset: number }[];
};

/**
 * Finds the edits that a cell needs because tslab takes these parts of the language wrongly: shorthand properties and
 * renamed bindings (their names are taken for variables of earlier cells), exports (refused), and specifiers that are
 * relative to the notebook (cells are compiled as if they lay in the root).
 *
 * @param ts TypeScript.
 * @param file The parsed cell, with parents set.
 * @param rewrite Gives the specifier to write for a local import.
 */
export function mendCell(ts: TypeScript, file: typescript.SourceFile, rewrite: SpecifierRewrite): MendedCell {
  const edits: Edit[] = [];
  const faults: CellFault[] = [...findMagicComments(ts, file)];
  const exported: { name: string; offset: number }[] = [];
  const topLevelAwaits = new Set<number>();
  let hasForAwait = false;
  const visit = (node: typescript.Node, isTopLevel: boolean): void => {
    if (isTopLevel && ts.isAwaitExpression(node)) topLevelAwaits.add(node.getStart(file));
    hasForAwait ||= isTopLevel && ts.isForOfStatement(node) && node.awaitModifier !== undefined;
    edits.push(...mendNames(ts, node));
    const use = readSpecifier(ts, node);
    if (use !== null) edits.push(...mendSpecifier(ts, use, { rewrite, faults }));
    const value = findValueImport(ts, node);
    if (value !== null) faults.push({ ...valueOfTypes, offset: value.getStart(file) });
    const fault = findFault(ts, node);
    if (fault !== null) faults.push({ ...fault, offset: node.getStart(file) });
    ts.forEachChild(node, (child) => visit(child, isTopLevel && !startsScopeOfAwait(ts, node, child)));
  };
  for (const statement of file.statements) {
    const mended = mendExport(ts, file, statement);
    edits.push(...mended.edits);
    exported.push(...mended.exported);
    visit(statement, true);
  }
  return { edits, faults, isAsync: hasForAwait || topLevelAwaits.size > 0, topLevelAwaits, exported };
}

/** True where `await` in `child` does not belong to what surrounds `node`. */
export function startsScopeOfAwait(ts: TypeScript, node: typescript.Node, child: typescript.Node): boolean {
  if (ts.isFunctionLike(node)) return !("name" in node && node.name === child && ts.isComputedPropertyName(child)) && !ts.isDecorator(child);
  if (ts.isPropertyDeclaration(node)) return node.initializer === child;
  return ts.isClassStaticBlockDeclaration(node) || ts.isModuleDeclaration(node);
}

function mendNames(ts: TypeScript, node: typescript.Node): Edit[] {
  if (ts.isShorthandPropertyAssignment(node)) {
    const { name } = node;
    const start = name.getStart();
    // Written out, this one name would set the prototype.
    if (name.text === "__proto__") return [{ start, end: name.end, text: '["__proto__"]: __proto__' }];
    return [{ start: name.end, end: name.end, text: `: ${name.getText()}`, anchor: start }];
  }
  if (ts.isBindingElement(node) && node.propertyName !== undefined && ts.isIdentifier(node.propertyName)) {
    const { propertyName } = node;
    return [{ start: propertyName.getStart(), end: propertyName.end, text: JSON.stringify(propertyName.text) }];
  }
  return [];
}

type SpecifierContext = { readonly rewrite: SpecifierRewrite; readonly faults: CellFault[] };

function mendSpecifier(ts: TypeScript, use: SpecifierUse, { rewrite, faults }: SpecifierContext): Edit[] {
  const start = use.node.getStart();
  if (use.text === null) {
    faults.push({ code: "dynamic-import", offset: start, ...COMPUTED_IMPORT });
    return [];
  }
  const text = rewrite({ ...use, text: use.text });
  return text === null ? [] : [{ start, end: use.node.end, text: JSON.stringify(text), anchor: start }];
}

const RESERVED = new Set(["exports", "require"]);

function findFault(ts: TypeScript, node: typescript.Node): { code: string; message: string; hint?: string } | null {
  if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) {
    return { code: "import-meta", message: "`import.meta` has no meaning in a cell", hint: "paths are relative to the project root" };
  }
  if (!ts.isIdentifier(node) || !RESERVED.has(node.text) || !isDeclaredName(ts, node)) return null;
  return { code: "reserved-name", message: `\`${node.text}\` can't be declared in a cell: cells run with a variable of that name`, hint: "choose another name" };
}

function isDeclaredName(ts: TypeScript, node: typescript.Identifier): boolean {
  const { parent } = node;
  const declares =
    ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isBindingElement(parent) || ts.isFunctionDeclaration(parent) ||
    ts.isFunctionExpression(parent) || ts.isClassLike(parent) || ts.isEnumDeclaration(parent) || ts.isModuleDeclaration(parent) ||
    ts.isImportClause(parent) || ts.isImportSpecifier(parent) || ts.isNamespaceImport(parent) || ts.isImportEqualsDeclaration(parent);
  return declares && parent.name === node;
}

function findMagicComments(ts: TypeScript, file: typescript.SourceFile): CellFault[] {
  return (ts.getLeadingCommentRanges(file.text, 0) ?? []).flatMap(({ pos, end }) => {
    const match = /^\/\*\*[\s\S]*?@(module|browser|node|jsx)\b/.exec(file.text.slice(pos, end));
    if (match === null) return [];
    return [{ code: "tslab-directive", offset: pos, message: `\`@${match[1]}\` at the start of a cell is a directive of tslab, which is not supported`, hint: match[1] === "module" ? "put the module in a file and import it" : "remove the comment" }];
  });
}
