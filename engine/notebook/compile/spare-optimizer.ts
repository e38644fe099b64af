import { setFlagsFromString } from "node:v8";

/** Bytecode that a function runs through before V8 thinks of optimizing it: V8's own value in Node 20 and 22, and a higher one. */
const USUAL_BUDGET = 67_584;
const SPARING_BUDGET = 500_000;

const knowsBudget = ["11", "12"].includes(process.versions.v8.split(".")[0] ?? "");

/**
 * Lets V8 optimize less while a call lasts. TypeScript runs for two seconds here, and optimizing so large a program for
 * that takes as long again on another core, which others need: threads that help, workers that start.
 */
export async function withLessOptimization<T>(call: () => Promise<T>): Promise<T> {
  if (!knowsBudget) return call();
  setFlagsFromString(`--interrupt-budget=${SPARING_BUDGET}`);
  try {
    return await call();
  } finally {
    setFlagsFromString(`--interrupt-budget=${USUAL_BUDGET}`);
  }
}
