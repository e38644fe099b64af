import { it } from "vitest";
import { compileNotebooks } from "../../../engine/notebook/compile/compile-notebooks.js";
import { corpus } from "../corpus/index.js";
import { createProject, makeNotebook } from "./rig.js";
it("x", async () => {
  Error.stackTraceLimit = 60;
  const only = process.env["ONLY"];
  for (const p of corpus) {
    if (only !== undefined && !p.name.includes(only)) continue;
    const project = await createProject(p.files);
    try {
      const { compiled, problems } = await compileNotebooks({ root: project.root, notebooks: [makeNotebook("notebooks/a.ipynb", p.cells)], cacheFolder: null });
      if (only !== undefined) { console.log(JSON.stringify(problems, null, 1)); for (const n of compiled.values()) { for (const c of n.cells) console.log(c.position, c.lastExpression, c.isAsync, "\n" + c.code); console.log(JSON.stringify(n.imports)); for (const m of n.modules) console.log(m.path, JSON.stringify(m.imports), m.code); } }
    } catch (e) { console.log(p.name, e, (e as Error).cause instanceof Error ? ((e as Error).cause as Error).stack : ""); }
    finally { await project.remove(); }
  }
});
