import { createRequire } from "node:module";
import type * as typescript from "@tslab/typescript-for-tslab";

export type TypeScript = typeof typescript;
export type SourceFile = typescript.SourceFile;
export type Node = typescript.Node;
export type ImportDeclaration = typescript.ImportDeclaration;

let loaded: TypeScript | null = null;

/** Loads the TypeScript that also compiles the cells, so that both read a cell the same way. It takes 0.2 s the first time. */
export function loadTypeScript(): TypeScript {
  if (loaded === null) {
    const fromTslab = createRequire(createRequire(import.meta.url).resolve("tslab"));
    loaded = fromTslab("@tslab/typescript-for-tslab") as TypeScript;
  }
  return loaded;
}

/** Parses a source without checking it. @param name File name; its ending decides the language. */
export function parseSource(name: string, source: string): SourceFile {
  const ts = loadTypeScript();
  return ts.createSourceFile(name, source, ts.ScriptTarget.ES2022, true);
}

/** Every node below a node, parents first. */
export function* walkNodes(node: Node): Generator<Node> {
  const children: Node[] = [];
  loadTypeScript().forEachChild(node, (child) => void children.push(child));
  for (const child of children) {
    yield child;
    yield* walkNodes(child);
  }
}

/** 1-based line and column where a node's own text begins. */
export function placeOf(node: Node, file: SourceFile): { readonly line: number; readonly column: number } {
  const { line, character } = file.getLineAndCharacterOfPosition(node.getStart(file));
  return { line: line + 1, column: character + 1 };
}
