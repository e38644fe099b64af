import type * as typescript from "@tslab/typescript-for-tslab";
import { loadTslab, type TypeScript } from "../../compile/load-tslab.js";
import type { Content } from "../protocol/message.js";
import { toPoints, toUnits } from "./code-points.js";
import type { KernelCompiler } from "./kernel-compiler.js";
import { moveToRoot } from "./root-cell.js";

export type AssistantOptions = {
  readonly compiler: KernelCompiler;
  /** Absolute. */
  readonly root: string;
  /** Project path. */
  readonly notebook: string;
};

/** Answers what may stand at the cursor. */
export function complete({ compiler, ...place }: AssistantOptions, code: string, cursor: number): Content {
  compiler.takeEdits();
  const { ts } = loadTslab();
  const cell = moveToRoot(ts, code, place);
  const { start, end, candidates, original } = compiler.converter.complete(compiler.declarations, cell.text, cell.toRoot(toUnits(code, cursor)));
  const [cursorStart, cursorEnd] = [start, end].map((offset) => toPoints(code, cell.toCell(offset)));
  const kinds = new Map(original?.entries.map(({ name, kind }) => [name, kind]));
  return {
    status: "ok",
    matches: candidates,
    cursor_start: cursorStart,
    cursor_end: cursorEnd,
    // JupyterLab shows what each match is.
    metadata: { _jupyter_types_experimental: candidates.map((text) => ({ text, start: cursorStart, end: cursorEnd, type: kinds.get(text) ?? "" })) },
  };
}

/** Answers what is known of the name at the cursor, or of the function whose arguments it stands in. */
export function inspect({ compiler, ...place }: AssistantOptions, code: string, cursor: number): Content {
  compiler.takeEdits();
  const { ts } = loadTslab();
  const cell = moveToRoot(ts, code, place);
  for (const offset of inspectedOffsets(ts, cell.text, cell.toRoot(toUnits(code, cursor)))) {
    const info = compiler.converter.inspect(compiler.declarations, cell.text, offset);
    if (info?.displayParts === undefined || info.displayParts.length === 0) continue;
    const { signature, documentation } = readInfo(info);
    return {
      status: "ok",
      found: true,
      data: { "text/plain": [signature, documentation].filter((part) => part !== "").join("\n\n"), "text/markdown": [`\`\`\`typescript\n${signature}\n\`\`\``, documentation].filter((part) => part !== "").join("\n\n") },
      metadata: {},
    };
  }
  return { status: "ok", found: false, data: {}, metadata: {} };
}

/** Answers whether a text can be executed, or needs further lines. */
export function isComplete(code: string): Content {
  const { completed, indent } = loadTslab().isCompleteCode(code);
  return completed ? { status: "complete" } : { status: "incomplete", indent: indent ?? "" };
}

/** Places to look at, the likeliest first: the cursor may stand behind a name, or among the arguments of a call. */
function inspectedOffsets(ts: TypeScript, text: string, offset: number): number[] {
  const file = ts.createSourceFile("cell.ts", text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS);
  const isName = (character: string | undefined): boolean => character !== undefined && /[\p{ID_Continue}$]/u.test(character);
  const own = isName(text[offset]) ? [offset] : isName(text[offset - 1]) ? [offset - 1] : [];
  const callee = findCallee(ts, file, offset);
  return callee === null ? own : [...own, callee];
}

function findCallee(ts: TypeScript, file: typescript.SourceFile, offset: number): number | null {
  let found: number | null = null;
  const visit = (node: typescript.Node): void => {
    // A call whose parenthesis is still open goes on to the cursor.
    const isOpen = !file.text.slice(0, node.end).endsWith(")") && file.text.slice(node.end, offset).trim() === "";
    if (node.pos > offset || (node.end < offset && !isOpen)) return;
    if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && node.expression.end < offset) found = node.expression.end - 1;
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function readInfo({ displayParts, documentation, tags }: typescript.QuickInfo): { readonly signature: string; readonly documentation: string } {
  const join = (parts: readonly typescript.SymbolDisplayPart[] | undefined): string => (parts ?? []).map(({ text }) => text).join("");
  const described = (tags ?? []).map(({ name, text }) => `@${name} ${join(text)}`.trim());
  return { signature: join(displayParts), documentation: [join(documentation), described.join("\n")].filter((part) => part !== "").join("\n\n") };
}
