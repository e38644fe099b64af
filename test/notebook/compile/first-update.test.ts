import { expect, it } from "vitest";
import { CellConverter } from "../../../engine/notebook/compile/cell-converter.js";
import { answerFirstUpdate, type WatchHost } from "../../../engine/notebook/compile/first-update.js";
import { loadTslab } from "../../../engine/notebook/compile/load-tslab.js";
import { createProject } from "./rig.js";

it("answers the round that asks for a cell's names, and lets the next one pass", () => {
  const { ts } = loadTslab();
  const pending: (() => void)[] = [];
  const system: import("@tslab/typescript-for-tslab").System = Object.assign(Object.create(ts.sys), {
    setTimeout: (callback: () => void) => pending.push(callback),
    clearTimeout: (index: number) => void expect(pending.length).toBeGreaterThanOrEqual(index),
  });
  const host: WatchHost = ts.createWatchCompilerHost([], {}, system, ts.createAbstractBuilder);
  const answers: ReadonlyMap<string, unknown>[] = [new Map([["a", null]])];
  answerFirstUpdate(host, { source: "/cell.ts", takeLocals: () => answers.shift() ?? null, wrapBuilder: (builder) => builder });
  const received: unknown[] = [];
  host.afterProgramCreate = (builder) => received.push(builder.getSourceFile("/cell.ts"));
  let rebuilt = 0;
  for (const round of [0, 1]) {
    host.setTimeout?.(() => (rebuilt += 1), 0);
    pending[round]?.();
  }
  expect(received).toEqual([{ locals: new Map([["a", null]]) }]);
  expect(rebuilt).toBe(1);
});

it("makes one program a cell", async () => {
  const project = await createProject();
  try {
    const texts: string[] = [];
    const virtual = { get: (path: string) => (path.endsWith("/__tslab__.ts") ? void texts.push(path) : undefined), has: () => false };
    const converter = new CellConverter({ root: project.root, options: {}, fixed: new Map(), virtual: Object.assign(new Map<string, string>(), virtual), needsDocumentation: false });
    texts.length = 0;
    converter.convert("", "const a = 1;", new Set());
    const once = texts.length;
    converter.convert("declare const a = 1;\n", "a;", new Set());
    converter.close();
    expect(once).toBe(texts.length - once);
  } finally {
    await project.remove();
  }
});
