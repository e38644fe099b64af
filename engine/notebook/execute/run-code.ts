import { constants, Script } from "node:vm";

/** Code and the name under which stacks tell of it. */
export type CodeToRun = {
  readonly code: string;
  /** Absolute: a dynamic `import()` in the code is resolved from there. */
  readonly filename: string;
  readonly isAsync: boolean;
  /** What the code sees besides globals. */
  readonly scope: Readonly<Record<string, unknown>>;
  readonly self?: unknown;
};

/**
 * Runs code as the body of a function in this process's own context.
 *
 * @returns what the body returns; a promise where it is asynchronous
 */
export function runCode({ code, filename, isAsync, scope, self }: CodeToRun): unknown {
  const names = Object.keys(scope);
  // The body has a function of its own, so that it may declare names of the scope again. It starts on a line of its
  // own, which the offset takes back, so that positions are those in `code`.
  const text = `(function (${names.join(", ")}) { return (${isAsync ? "async " : ""}function () {\n${code}\n}); })`;
  const script = new Script(text, { filename, lineOffset: -1, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER });
  const makeBody: unknown = script.runInThisContext();
  if (typeof makeBody !== "function") throw new Error("Internal error: a script gave no function");
  const body: unknown = makeBody(...Object.values(scope));
  if (typeof body !== "function") throw new Error("Internal error: a script gave no body");
  return Reflect.apply(body, self, []);
}
