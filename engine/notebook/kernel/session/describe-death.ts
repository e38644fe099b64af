import type { ProcessDeath } from "./executor-process.js";

/** Why a cell's process is gone, as the cell's error. */
export function describeDeath({ code, signal, lastWords }: ProcessDeath): { readonly ename: string; readonly evalue: string; readonly traceback: readonly string[] } {
  const { ename, evalue, hint } = explain({ code, signal, lastWords });
  return { ename, evalue, traceback: [`${ename}: ${evalue}`, ...(hint === null ? [] : [hint])] };
}

function explain({ code, signal, lastWords }: ProcessDeath): { readonly ename: string; readonly evalue: string; readonly hint: string | null } {
  if (/out of memory/i.test(lastWords)) {
    return { ename: "OutOfMemory", evalue: "the process ran out of memory", hint: "Hold less at once: read in parts, drop rows and columns early, or let a database reduce the data." };
  }
  if (signal === "SIGKILL") return { ename: "ProcessKilled", evalue: "the process was killed (SIGKILL)", hint: "Somebody ended it, or the system had no memory left: look at its log, and hold less data at once." };
  if (signal !== null) return { ename: "ProcessDied", evalue: `the process died of ${signal}`, hint: "A native addon is the likely cause." };
  return { ename: "ProcessEnded", evalue: `the process ended by itself with exit code ${code ?? "unknown"}`, hint: null };
}
