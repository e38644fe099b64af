import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { table } from "arquero";
import ts from "typescript";
import { afterEach, describe, expect, it, vi } from "vitest";
import { show } from "stitchbook/notebook";
import { setDisplay } from "../../../engine/notebook/execute/display-hook.js";
import type { MimeBundle } from "../../../engine/notebook/types.js";

afterEach(() => {
  setDisplay(null);
  vi.restoreAllMocks();
});

describe("show", () => {
  it("hands every form of a value to the notebook that runs", () => {
    const shown: MimeBundle[] = [];
    setDisplay((data) => shown.push(data));
    show(table({ a: [1] }));
    show({ mark: "bar", data: table({ a: [1] }) });
    show.markdown("*m*");
    show([1]);
    expect(shown.map((data) => Object.keys(data))).toEqual([["text/html", "text/markdown", "text/plain"], ["application/vnd.vegalite.v5+json", "text/plain"], ["text/markdown", "text/plain"], ["text/plain"]]);
  });

  it("prints text outside of a notebook", () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    show({ a: 1 });
    show.markdown("100%d *m*");
    expect(log.mock.calls).toEqual([["%s", "{ a: 1 }"], ["%s", "100%d *m*"]]);
  });

  it("finds the notebook through a symbol, since the published module is a bundle of its own", () => {
    const shown: unknown[] = [];
    Reflect.set(globalThis, Symbol.for("stitchbook.display"), (data: unknown) => shown.push(data));
    show(1);
    expect(shown).toEqual([{ "text/plain": "1" }]);
  });

  it("declares its types without any other module", () => {
    const file = fileURLToPath(new URL("../../../engine/notebook/api/notebook.ts", import.meta.url));
    const { outputText, diagnostics } = ts.transpileDeclaration(readFileSync(file, "utf8"), {
      fileName: file,
      reportDiagnostics: true,
      compilerOptions: { isolatedDeclarations: true, declaration: true, target: ts.ScriptTarget.ES2022 },
    });
    expect(diagnostics).toEqual([]);
    expect(outputText).not.toMatch(/\b(import|require)\b/);
    expect(outputText).toContain("export declare const show: Show;");
  });
});
