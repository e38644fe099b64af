import { posix } from "node:path";
import { hashValue } from "./canonical.js";
import { isRelative, resolveImport, type ResolveContext } from "./resolve-import.js";
import type { FingerprintParts } from "./types.js";
import { loadTypeScript, parseSource, walkNodes, type Node, type SourceFile } from "./typescript-parser.js";

/**
 * Finds the constants that only declarations of types know: `declare const enum` and the like. The compiler writes their
 * values into the cells that name them, so they count, though nothing of their files runs.
 *
 * @param sources Text of the cells.
 * @param folders Project paths of the folders that imports of cells are resolved from, in order.
 * @returns `code:constants of <file>` -> hash, for each local file that cells reach by any import and that has some.
 */
export function readInlinedConstants(sources: readonly string[], folders: readonly string[], context: ResolveContext): FingerprintParts {
  const ts = loadTypeScript();
  const parts: Record<string, string> = {};
  const known = new Set<string>();
  const visit = (text: string, from: readonly string[]): void => {
    const { importedFiles, referencedFiles } = ts.preProcessFile(text, true, true);
    const references = referencedFiles.map(({ fileName }) => (isRelative(fileName) ? fileName : `./${fileName}`));
    for (const specifier of [...importedFiles.map(({ fileName }) => fileName), ...references]) {
      const path = isRelative(specifier) ? findSource(specifier, from, context) : null;
      if (path === null || known.has(path)) continue;
      known.add(path);
      const source = context.reader.read(path) ?? "";
      const constants = /\benum\b|\bdeclare\b/.test(source) || path.endsWith(".d.ts") ? listConstants(parseSource(path, source)) : [];
      if (constants.length > 0) parts[`code:constants of ${path}`] = hashValue(constants);
      visit(source, [posix.dirname(path)]);
    }
  };
  for (const source of sources) visit(source, folders);
  return parts;
}

/** The file whose types an import gives. */
function findSource(specifier: string, folders: readonly string[], context: ResolveContext): string | null {
  const found = resolveImport(specifier, folders, context);
  if (found.kind === "types") return found.path;
  return found.kind === "local" && /\.[cm]?tsx?$/.test(found.types) ? found.types : null;
}

/** Declared enums, and declared variables with a value, as text without comments and formatting. */
function listConstants(file: SourceFile): string[] {
  const ts = loadTypeScript();
  const printer = ts.createPrinter({ removeComments: true });
  return [...walkNodes(file)].flatMap((node) => {
    const isConstant = ts.isEnumDeclaration(node) || (ts.isVariableDeclaration(node) && node.initializer !== undefined);
    return isConstant && isDeclared(node, file) ? [printer.printNode(ts.EmitHint.Unspecified, node, file)] : [];
  });
}

function isDeclared(node: Node, file: SourceFile): boolean {
  const ts = loadTypeScript();
  if (file.isDeclarationFile) return true;
  for (let outer = node; !ts.isSourceFile(outer); outer = outer.parent) {
    if (ts.canHaveModifiers(outer) && (ts.getModifiers(outer)?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false)) return true;
  }
  return false;
}
