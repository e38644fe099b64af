import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

export type KernelBench = {
  /** Absolute path of the checkout. */
  readonly root: string;
  /** Absolute path of a Python with `jupyter_client`. */
  readonly python: string;
  readonly runs: number;
};

type Sample = { readonly first: number; readonly cell: number };

/** Times this kernel against stock tslab, in turn, and gives the medians as a Markdown table. */
export function measureKernels(work: string, { root, python, runs }: KernelBench): string {
  const cwd = join(work, "kernels");
  mkdirSync(cwd);
  symlinkSync(join(root, "node_modules"), join(cwd, "node_modules"));
  const kernels = {
    Stitchbook: [process.execPath, join(root, "dist/kernel.js")],
    "stock tslab": [process.execPath, join(root, "node_modules/tslab/bin/tslab"), "kernel"],
  };
  const { status, stdout, stderr } = spawnSync(python, [join(root, "scripts/dev/bench-kernel.py")], { input: JSON.stringify({ cwd, runs, kernels }), encoding: "utf8" });
  if (status !== 0) throw new Error(`The Jupyter client failed:\n${stderr}`);
  const samples: Readonly<Record<string, readonly Sample[]>> = JSON.parse(stdout);
  const rows = Object.entries(samples).map(([name, each]) => `| ${name} | ${Math.round(median(each.map(({ first }) => first)))} ms | ${Math.round(median(each.map(({ cell }) => cell)))} ms |`);
  return ["| kernel | start to the first result | a small cell after that |", "|---|---|---|", ...rows].join("\n");
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}
