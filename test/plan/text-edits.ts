import ts from "typescript";
import type { Random } from "./seeded-random.js";

/** The leaves of a source's syntax tree, in order, with their places. */
function listTokens(source: string, name: string): { node: ts.Node; start: number; end: number }[] {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.ESNext, true);
  const tokens: { node: ts.Node; start: number; end: number }[] = [];
  const visit = (node: ts.Node): void => {
    const children = node.getChildren(file).filter((child) => child.kind < ts.SyntaxKind.FirstJSDocNode || child.kind > ts.SyntaxKind.LastJSDocNode);
    if (children.length === 0 && node.end > node.getStart(file)) tokens.push({ node, start: node.getStart(file), end: node.end });
    for (const child of children) visit(child);
  };
  visit(file);
  return tokens;
}

/** Adds comments, spaces and line breaks between tokens, and turns quotes; what runs stays the same. */
export function reformat(source: string, random: Random): string {
  const tokens = listTokens(source, "a.ts");
  let text = random.chance(0.3) ? "/** A new comment. @param x */\n" : "";
  let end = 0;
  for (const { node, start, end: next } of tokens) {
    text += source.slice(end, start) + gap(source.slice(0, start).trimEnd().at(-1) ?? ";", random, node) + turnQuotes(node, source.slice(start, next), random);
    end = next;
  }
  return text + source.slice(end) + (random.chance(0.3) ? "\n// at the end\n" : "");
}

function gap(before: string, random: Random, node: ts.Node): string {
  if (!random.chance(0.15) || isInTemplate(node)) return "";
  if (/[{;,(]/.test(before) && random.chance(0.5)) return random.pick(["\n", "\n\n\t", " // why\n", "\n/* a\n   b */ "]);
  return random.pick([" ", "  ", " /* why */ ", "/*! legal */", "/* @__PURE__ */ "]);
}

function isInTemplate(node: ts.Node): boolean {
  return node.kind === ts.SyntaxKind.TemplateMiddle || node.kind === ts.SyntaxKind.TemplateTail;
}

function turnQuotes(node: ts.Node, text: string, random: Random): string {
  if (!ts.isStringLiteral(node) || !random.chance(0.2) || /['"\\]/.test(text.slice(1, -1))) return text;
  return text.startsWith('"') ? `'${text.slice(1, -1)}'` : `"${text.slice(1, -1)}"`;
}

/** Changes one number or text of a source; null where it holds none. */
export function changeLiteral(source: string, random: Random): string | null {
  const literals = listTokens(source, "a.ts").filter(({ node }) => ts.isNumericLiteral(node) || (ts.isStringLiteral(node) && !isSpecifier(node)));
  if (literals.length === 0) return null;
  const { node, start, end } = random.pick(literals);
  const changed = ts.isNumericLiteral(node) ? String(Number(node.text) + 1 + random.int(3)) : JSON.stringify(`${(node as ts.StringLiteral).text}${random.pick(["a", "é", " "])}`);
  return source.slice(0, start) + changed + source.slice(end);
}

function isSpecifier(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent)) return true;
  return ts.isCallExpression(parent) && (parent.expression.kind === ts.SyntaxKind.ImportKeyword || parent.expression.getText() === "require");
}

/** Drops, doubles or swaps top-level statements. */
export function shuffleStatements(source: string, random: Random): string {
  const file = ts.createSourceFile("a.ts", source, ts.ScriptTarget.ESNext, true);
  const statements = file.statements.map((statement) => statement.getText(file));
  const at = random.int(Math.max(1, statements.length));
  const kind = random.int(3);
  if (kind === 0) statements.splice(at, 1);
  else if (kind === 1) statements.splice(random.int(statements.length), 0, ...statements.splice(at, 1));
  else statements.push(statements.shift() ?? "");
  return statements.join("\n");
}

/** Renames an identifier everywhere in a source. */
export function renameIn(source: string, from: string, to: string): string {
  return source.replace(new RegExp(`(?<![\\w"'./])${from}(?![\\w"'/])`, "g"), to);
}
