import type * as typescript from "@tslab/typescript-for-tslab";
import type { Edit } from "./edits.js";
import type { TypeScript } from "./load-tslab.js";

/**
 * Finds the annotations that a cell needs because TypeScript can't write down a type that it inferred, such as that of a
 * class expression with private members. Such a variable is `any` in later cells.
 *
 * @param file The cell as TypeScript read it.
 * @param errors Errors of its declarations.
 * @returns Edits of that file; offsets count from its start.
 */
export function annotateDeclarations(ts: TypeScript, file: typescript.SourceFile, errors: readonly typescript.Diagnostic[]): Edit[] {
  const offsets = new Set(errors.flatMap((error) => findAnnotationPlace(ts, file, error.start ?? 0) ?? []));
  return [...offsets].map((offset) => ({ start: offset, end: offset, text: ": any" }));
}

function findAnnotationPlace(ts: TypeScript, file: typescript.SourceFile, position: number): number | null {
  for (let node: typescript.Node | undefined = findDeepest(ts, file, position); node !== undefined && node !== file; node = node.parent) {
    if (ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isPropertyDeclaration(node)) {
      const mark = ts.isVariableDeclaration(node) ? node.exclamationToken : (node.questionToken ?? (ts.isPropertyDeclaration(node) ? node.exclamationToken : undefined));
      if (node.type === undefined) return (mark ?? node.name).end;
    } else if (ts.isFunctionLike(node) && node.type === undefined && !ts.isConstructorDeclaration(node) && !ts.isSetAccessor(node)) {
      const close = node.getChildren(file).find(({ kind }) => kind === ts.SyntaxKind.CloseParenToken);
      if (close !== undefined) return close.end;
    }
  }
  return null;
}

function findDeepest(ts: TypeScript, node: typescript.Node, position: number): typescript.Node {
  const child = ts.forEachChild(node, (each) => (each.pos <= position && position < each.end ? each : undefined));
  return child === undefined ? node : findDeepest(ts, child, position);
}
