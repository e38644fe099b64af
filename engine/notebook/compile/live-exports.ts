import type * as typescript from "@tslab/typescript-for-tslab";
import { bindingNames } from "./cell-names.js";
import type { Edit } from "./edits.js";
import type { TypeScript } from "./load-tslab.js";

/**
 * Finds the edits that tslab's JavaScript (ECMAScript modules, before it becomes CommonJS) needs so that cells share
 * variables as parts of one module would.
 *
 * - A `let` or `var` that a function of the cell uses is exported where it is declared, so that it lives on `exports`
 *   alone. Else the function would go on seeing its own copy after a later cell has assigned the variable.
 * - A function of an earlier cell is called without `exports` as its `this`.
 * - A `var` that stands in a block reaches `exports`.
 *
 * @param script What tslab gives for a cell.
 * @param nestedVars Names of `var`s in blocks.
 */
export function mendScript(ts: TypeScript, script: string, nestedVars: ReadonlySet<string>): Edit[] {
  const file = ts.createSourceFile("cell.js", script, ts.ScriptTarget.ES2022, true, ts.ScriptKind.JS);
  const used = namesUsedInFunctions(ts, file);
  const edits: Edit[] = [];
  const moved = new Set<string>();
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement) || (statement.declarationList.flags & ts.NodeFlags.Const) !== 0) continue;
    const { declarations } = statement.declarationList;
    const names = declarations.flatMap((declaration) => bindingNames(ts, declaration.name));
    if (statement.modifiers !== undefined || !names.some((name) => used.has(name))) continue;
    for (const name of names) moved.add(name);
    edits.push(insert(statement.getStart(file), "export "));
    // An earlier cell's value under that name must not shine through.
    for (const { initializer, end } of declarations) if (initializer === undefined) edits.push(insert(end, " = void 0"));
  }
  const visit = (node: typescript.Node): void => {
    if (ts.isCallExpression(node) && isExport(ts, node.expression)) edits.push(detach(script, node.expression, node.arguments.pos));
    if (ts.isTaggedTemplateExpression(node) && isExport(ts, node.tag)) edits.push(detach(script, node.tag, node.tag.end));
    ts.forEachChild(node, visit);
  };
  visit(file);
  edits.push(...leaveOut(ts, file, moved));
  const touched = [...nestedVars].filter((name) => !moved.has(name)).map((name) => `${name} = ${name};\n`);
  return touched.length === 0 ? edits : [...edits, insert(script.length, `\n${touched.join("")}`)];
}

function insert(offset: number, text: string): Edit {
  return { start: offset, end: offset, text };
}

/** `exports.f(` -> `(0, exports.f)(`, all of it at the place of the name, where an error of the call belongs. */
function detach(script: string, callee: typescript.Expression, end: number): Edit {
  const start = callee.getStart();
  return { start, end, text: `(0, ${script.slice(start, callee.end)})${script.slice(callee.end, end)}`, anchor: start };
}

function namesUsedInFunctions(ts: TypeScript, file: typescript.SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: typescript.Node, isInside: boolean): void => {
    if (isInside && ts.isIdentifier(node)) names.add(node.text);
    const entersFunction = ts.isFunctionLike(node) || ts.isClassLike(node);
    ts.forEachChild(node, (child) => visit(child, isInside || entersFunction));
  };
  visit(file, false);
  return names;
}

/** Takes names out of the `export { ... }` that tslab puts at the end. */
function leaveOut(ts: TypeScript, file: typescript.SourceFile, moved: ReadonlySet<string>): Edit[] {
  if (moved.size === 0) return [];
  return file.statements.flatMap((statement) => {
    const clause = ts.isExportDeclaration(statement) && statement.moduleSpecifier === undefined ? statement.exportClause : undefined;
    if (clause === undefined || !ts.isNamedExports(clause)) return [];
    const kept = clause.elements.filter(({ name }) => !moved.has(name.text)).map((element) => element.getText(file));
    return [{ start: clause.getStart(file), end: clause.end, text: `{ ${kept.join(", ")} }` }];
  });
}

function isExport(ts: TypeScript, node: typescript.Expression): boolean {
  return ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === "exports";
}
