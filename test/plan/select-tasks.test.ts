import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SelectionError, selectTasks, type SelectionRequest } from "../../engine/plan/select-tasks.js";
import type { Project, Task } from "../../engine/project/types.js";
import { makeOutput, makeProject, makeReport, makeStage, makeTask } from "./project-builder.js";

const datasets = [{ name: "oslo", values: {} }, { name: "rome", values: {} }];
const clean = makeStage({ id: "clean", foreach: true });
const cleaned = datasets.map((dataset) => ({ ...makeTask(clean, { dataset }), outputs: [makeOutput(`data/${dataset.name}.csv`)] }));
const gather = makeTask(makeStage({ id: "gather", outputs: [makeOutput("out/all.csv"), makeOutput("extra")] }), { inputs: [["data/oslo.csv", "clean@oslo"], ["data/rome.csv", "clean@rome"]] });
const extra = makeTask(makeStage({ id: "extra", outputs: [makeOutput("out/extra.csv")] }));
const summary = makeTask(makeReport({ id: "summary" }), { inputs: [["out/all.csv", "gather"]], dependsOn: ["extra", "gather"] });
const project = makeProject("/project", [...cleaned, extra, gather, summary], { datasets });
const nothing: SelectionRequest = { targets: [], only: [], from: [], until: [], datasets: [], folder: "" };

function ids(request: Partial<SelectionRequest>, of: Pick<Project, "root" | "tasks" | "datasets"> = project): string[] {
  return selectTasks(of, { ...nothing, ...request }).map(({ id }) => id);
}

function errorOf(request: Partial<SelectionRequest>): SelectionError {
  try {
    ids(request);
  } catch (error) {
    if (error instanceof SelectionError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("selectTasks", () => {
  it("selects everything where nothing is asked for", () => {
    expect(selectTasks(project, nothing)).toBe(project.tasks);
  });

  it.each([
    ["a stage", { targets: ["gather"] }, ["clean@oslo", "clean@rome", "gather"]],
    ["a stage that fans out", { targets: ["clean"] }, ["clean@oslo", "clean@rome"]],
    ["a task", { targets: ["clean@rome"] }, ["clean@rome"]],
    ["a report", { targets: ["summary"] }, ["clean@oslo", "clean@rome", "extra", "gather", "summary"]],
    ["an artifact", { targets: ["data/oslo.csv"] }, ["clean@oslo"]],
    ["an artifact by an unusual way", { targets: ["./out/../out//all.csv"] }, ["clean@oslo", "clean@rome", "gather"]],
    ["an artifact by its absolute path", { targets: ["/project/data/oslo.csv"] }, ["clean@oslo"]],
    ["an artifact from the folder one is in", { targets: ["all.csv"], folder: "out" }, ["clean@oslo", "clean@rome", "gather"]],
    ["an artifact from a sibling folder", { targets: ["../data/rome.csv"], folder: "out" }, ["clean@rome"]],
    ["a picture of a report", { only: ["reports/images/fit.svg"] }, ["summary"]],
    ["a stage whose name is a file's as well", { targets: ["extra"] }, ["extra"]],
    ["the file of that name", { only: ["./extra"] }, ["gather"]],
    ["two targets", { targets: ["extra", "clean@oslo"] }, ["clean@oslo", "extra"]],
    ["only one", { only: ["gather"] }, ["gather"]],
    ["only one of a fan-out", { only: ["clean"], datasets: ["oslo"] }, ["clean@oslo"]],
    ["from one on", { from: ["gather"] }, ["gather", "summary"]],
    ["from one to another", { from: ["clean@oslo"], until: ["gather"] }, ["clean@oslo", "gather"]],
    ["from one to a target", { from: ["clean@oslo"], targets: ["gather"] }, ["clean@oslo", "gather"]],
    ["one dataset of everything", { datasets: ["oslo"] }, ["clean@oslo", "extra", "gather", "summary"]],
    ["one dataset of a target", { targets: ["gather"], datasets: ["rome"] }, ["clean@rome", "gather"]],
  ] as const)("%s", (_, request, expected) => {
    expect(ids(request)).toEqual([...expected].sort((a, b) => project.tasks.findIndex(({ id }) => id === a) - project.tasks.findIndex(({ id }) => id === b)));
  });

  it("names what was not found together with all that is known", () => {
    const error = errorOf({ targets: ["gathr"] });
    expect(error).toMatchObject({ message: "there is no stage, report, task or artifact gathr", found: "gathr" });
    expect(error.known).toEqual(expect.arrayContaining(["clean", "clean@oslo", "summary", "out/all.csv"]));
  });

  it.each([
    ["an unknown dataset", { datasets: ["bergen"] }, "there is no dataset bergen"],
    ["a task of an unknown dataset", { targets: ["clean@bergen"] }, "clean@bergen"],
    ["a path out of the project", { targets: ["../data/oslo.csv"] }, "../data/oslo.csv"],
    ["an empty name", { targets: [""] }, "there is no"],
    ["an empty intersection", { from: ["summary"], until: ["clean"] }, "nothing is selected: no task is part of all of --from summary --until clean"],
    ["a dataset that the task is not for", { only: ["clean@oslo"], datasets: ["rome"] }, "nothing is selected"],
    ["--only together with others", { only: ["clean"], from: ["gather"] }, "--only"],
  ] as const)("refuses %s", (_, request, says) => {
    expect(errorOf(request).message).toContain(says);
  });

  it("says of a project without datasets that it has none", () => {
    expect(() => ids({ datasets: ["oslo"] }, makeProject("/project", [extra]))).toThrow("the project has no datasets");
  });
});

/** A graph in which every task depends on some of those before it. */
const graphs = fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 12 }).map((links) => {
  const tasks = links.map((needs, index): Task => makeTask(makeStage({ id: `t${index}` }), { dependsOn: index === 0 ? [] : [...new Set(needs.map((each) => `t${each % index}`))] }));
  return makeProject("/project", tasks);
});
const asked = fc.tuple(graphs, fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), fc.array(fc.nat(), { minLength: 1, maxLength: 4 }));
const names = (given: Project, numbers: readonly number[]) => numbers.map((each) => `t${each % given.tasks.length}`);
const union = (sets: readonly (readonly string[])[]) => new Set(sets.flat());

/** An empty selection is refused, so that nothing stands for it. */
function idsOrNone(request: Partial<SelectionRequest>, of: Project): string[] {
  try {
    return ids(request, of);
  } catch (error) {
    if (error instanceof SelectionError && error.message.startsWith("nothing is selected")) return [];
    throw error;
  }
}

describe("a selection of any graph", () => {
  it.each(["targets", "only", "from", "until"] as const)("unites repeats of %s", (option) => {
    fc.assert(
      fc.property(asked, ([given, numbers]) => {
        const chosen = names(given, numbers);
        expect(new Set(ids({ [option]: chosen }, given))).toEqual(union(chosen.map((name) => ids({ [option]: [name] }, given))));
      }),
    );
  });

  it("is the intersection of --from and --until", () => {
    fc.assert(
      fc.property(asked, ([given, first, last]) => {
        const [from, until] = [names(given, first), names(given, last)];
        const after = new Set(ids({ from }, given));
        expect(idsOrNone({ from, until }, given)).toEqual(ids({ until }, given).filter((id) => after.has(id)));
      }),
    );
  });

  it("holds with a task of --until all that it needs, and with one of --from all that needs it", () => {
    fc.assert(
      fc.property(asked, ([given, numbers]) => {
        const needed = new Set(ids({ until: names(given, numbers) }, given));
        const later = new Set(ids({ from: names(given, numbers) }, given));
        for (const { id, dependsOn } of given.tasks) {
          if (needed.has(id)) for (const each of dependsOn) expect(needed.has(each)).toBe(true);
          if (dependsOn.some((each) => later.has(each))) expect(later.has(id)).toBe(true);
        }
        // Nothing more than that: whatever is selected leads to a named one.
        const named = new Set(names(given, numbers));
        for (const id of needed) expect(named.has(id) || given.tasks.some((task) => needed.has(task.id) && task.dependsOn.includes(id))).toBe(true);
        for (const id of later) expect(named.has(id) || given.tasks.some((task) => task.id === id && task.dependsOn.some((each) => later.has(each)))).toBe(true);
      }),
    );
  });

  it("keeps the order of the graph", () => {
    fc.assert(
      fc.property(asked, ([given, numbers]) => {
        const order = given.tasks.map(({ id }) => id);
        const selected = ids({ from: names(given, numbers) }, given);
        expect(selected).toEqual(order.filter((id) => selected.includes(id)));
      }),
    );
  });
});
