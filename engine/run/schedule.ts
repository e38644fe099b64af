/** A node of the graph as the scheduler sees it. */
export type Schedulable = { readonly id: string; readonly dependsOn: readonly string[] };

export type Outcome = "done" | "failed" | "not-run";

/**
 * Runs every task once all that it depends on is done, several at once.
 *
 * After a failure nothing new starts (what runs already goes on to its end); with `keepGoing`
 * everything that does not depend on a failed task still runs. Dependencies outside `tasks` count as done.
 *
 * @param tasks - in dependency order, which also is the order of starting
 * @param options - `jobs`: how many at once; `run` resolves to whether the task succeeded and must not reject; `soon` is
 * told of tasks that will be ready once those that run are done, perhaps repeatedly
 * @returns the outcome of each task, by id
 */
export async function schedule<T extends Schedulable>(
  tasks: readonly T[],
  options: { readonly jobs: number; readonly keepGoing: boolean; readonly signal: AbortSignal; readonly run: (task: T) => Promise<boolean>; readonly soon?: (task: T) => void },
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  const known = new Set(tasks.map((task) => task.id));
  const dependents = new Map<string, T[]>();
  const open = new Map<string, number>();
  for (const task of tasks) {
    const needed = task.dependsOn.filter((id) => known.has(id));
    open.set(task.id, needed.length);
    for (const id of needed) {
      const known = dependents.get(id);
      if (known === undefined) dependents.set(id, [task]);
      else known.push(task);
    }
  }
  const order = new Map(tasks.map((task, index) => [task.id, index]));
  const ready: T[] = tasks.filter((task) => open.get(task.id) === 0);
  const running = new Set<T>();
  let hasFailed = false;

  await new Promise<void>((resolve) => {
    const mayStart = () => !options.signal.aborted && (options.keepGoing || !hasFailed);
    const startReady = () => {
      while (running.size < options.jobs && ready.length > 0 && mayStart()) {
        const task = ready.shift();
        if (task !== undefined) start(task);
      }
      if (running.size === 0) resolve();
      else if (options.soon !== undefined && mayStart()) foresee(options.soon);
    };
    const start = (task: T) => {
      running.add(task);
      void options.run(task).then((succeeded) => {
        running.delete(task);
        outcomes.set(task.id, succeeded ? "done" : "failed");
        if (succeeded) release(task);
        else hasFailed = true;
        startReady();
      });
    };
    const foresee = (soon: (task: T) => void) => {
      ready.slice(0, options.jobs).forEach(soon);
      const waitingFor = new Map<T, number>();
      for (const task of running) for (const next of dependents.get(task.id) ?? []) waitingFor.set(next, (waitingFor.get(next) ?? 0) + 1);
      for (const [next, count] of waitingFor) if (count === open.get(next.id)) soon(next);
    };
    const release = (task: T) => {
      for (const next of dependents.get(task.id) ?? []) {
        const left = (open.get(next.id) ?? 0) - 1;
        open.set(next.id, left);
        if (left === 0) insertInOrder(ready, next, order);
      }
    };
    startReady();
  });
  for (const task of tasks) if (!outcomes.has(task.id)) outcomes.set(task.id, "not-run");
  return outcomes;
}

/** Puts a task into its place among those that are ready, which are in order already. */
function insertInOrder<T extends Schedulable>(ready: T[], task: T, order: ReadonlyMap<string, number>): void {
  const rank = (each: T | undefined) => (each === undefined ? Infinity : (order.get(each.id) ?? 0));
  const own = rank(task);
  let [low, high] = [0, ready.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rank(ready[middle]) < own) low = middle + 1;
    else high = middle;
  }
  ready.splice(low, 0, task);
}
