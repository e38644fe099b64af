import ts from "typescript";
import { expect, it } from "vitest";
import { hideDocumentation } from "../../../engine/notebook/compile/hide-documentation.js";
import { loadTslab } from "../../../engine/notebook/compile/load-tslab.js";

const DECLARATIONS = `/** @deprecated Use b. */
export declare const a: number;
/**/ export declare const empty: 1;
/***/ export declare const stars: 2;
  /**
   * Text with /** in it.
   */
export declare function f(/** inline */ x: string): void;
/// <reference types="node" />
// /** a line */
`;

function read(path: string): string {
  const system = Object.assign(Object.create(loadTslab().ts.sys), { readFile: () => DECLARATIONS });
  hideDocumentation(system);
  return system.readFile(path);
}

it("takes documentation out of packages' declarations and leaves all else where it was", () => {
  const text = read("/p/node_modules/a/index.d.ts");
  expect(text).toHaveLength(DECLARATIONS.length);
  const parse = (source: string): ts.SourceFile => ts.createSourceFile("a.d.ts", source, ts.ScriptTarget.ES2022, true);
  const [before, after] = [parse(DECLARATIONS), parse(text)];
  expect(after.statements.map((statement) => statement.getText())).toEqual(before.statements.map((statement) => statement.getText()));
  expect(after.statements.map((statement) => statement.getStart())).toEqual(before.statements.map((statement) => statement.getStart()));
  expect(before.statements.flatMap((statement) => ts.getJSDocCommentsAndTags(statement))).not.toHaveLength(0);
  expect(after.statements.flatMap((statement) => ts.getJSDocCommentsAndTags(statement))).toHaveLength(0);
});

it("leaves the project's own files, and what is no declaration, as they are", () => {
  for (const path of ["/p/stages/a.ts", "/p/stages/a.d.ts", "/p/node_modules/a/index.ts"]) expect(read(path)).toBe(DECLARATIONS);
});
