import { compareSchemas } from "../checkpoint/compare-schemas.js";
import type { ArtifactDescription } from "../checkpoint/types.js";
import type { ExecutionResult } from "../notebook/types.js";
import type { Reason } from "../observe/events.js";
import { fingerprintForRecord } from "../plan/plan-run.js";
import type { Task } from "../project/types.js";
import { LineSplitter } from "./line-splitter.js";
import { publishTask } from "./publish/publish-task.js";
import { refuseSecrets } from "./refuse-secrets.js";
import { pause, retryDelayMs } from "./retry.js";
import type { RunContext } from "./run-context.js";
import { labelledOutputs } from "./stored-cells.js";
import { TaskFailure, toTaskFailure } from "./task-failure.js";
import { fillTaskFolder, inspectTaskFolder, type InputDigests } from "./task-folder/task-folder.js";
import { describeOutputs, toEventArtifact } from "./verify-task.js";
import { foreseePlot, writeView } from "./view/view.js";
import { closeStation, type StageTask, type Station } from "./workers/workers-ahead.js";
import { usualSchemas } from "./usual-schemas.js";

/**
 * Brings one stage task up to date: attempts its notebook until one succeeds or its attempts are used up,
 * and publishes what it made.
 *
 * @param context - what the run shares
 * @param task - the task
 * @param reasons - why it must run, for the log
 * @throws TaskFailure when the last attempt failed; the earlier artifacts are as they were
 */
export async function runStage(context: RunContext, task: StageTask, reasons: readonly Reason[]): Promise<{ readonly rows: number | null }> {
  const { retry } = task.node;
  for (let attempt = 1; ; attempt += 1) {
    context.emit({ event: "task.start", task: task.id, attempt, reasons });
    try {
      return await attemptStage(context, task);
    } catch (error) {
      const failure = toTaskFailure(error, context.masker);
      failure.attempt = attempt;
      if (!failure.retryable || attempt >= retry.attempts || stopSignal(context, task).aborted) throw failure;
      const delayMs = retryDelayMs(retry, attempt, { random: context.random, leastMs: failure.retryAfterMs });
      context.emit({ event: "task.retry", task: task.id, attempt, attempts: retry.attempts, delay_ms: delayMs, message: failure.message });
      await pause(delayMs, stopSignal(context, task));
      if (stopSignal(context, task).aborted) throw failure;
    }
  }
}

async function attemptStage(context: RunContext, task: StageTask): Promise<{ readonly rows: number | null }> {
  const startedAt = context.now();
  const station = await context.ahead.take(task);
  const { folder } = station;
  try {
    const { digests } = await fillTaskFolder(folder, {
      projectRoot: context.project.root,
      locate: context.place.locate,
      inputs: task.inputs.map((input) => input.path),
      outputs: task.outputs.map((output) => output.path),
    });
    const result = await executeAt(station, { context, task });
    writeView(context, task.node, { task: task.id, result });
    if (result.failure !== null) throw failureOf(result);
    await refuseStrayFiles(folder, task, digests);
    await refuseSecrets(folder, task, context.env);
    const artifacts = await describeOutputs(folder, task);
    emitCheckpoint(context, task, artifacts);
    const fingerprint = await fingerprintForRecord(context.plan, task, new Map([...digests].map(([path, { sha256 }]) => [path, sha256])));
    await publishTask(context, task, { folder, artifacts, digests, fingerprint, labels: labelledOutputs(task.node, result.cells), cells: result.cells, startedAt });
    return { rows: artifacts.find((artifact) => artifact.rows !== null)?.rows ?? null };
  } finally {
    await closeStation(context, station);
  }
}

async function executeAt({ worker, request }: Station, { context, task }: { readonly context: RunContext; readonly task: StageTask }): Promise<ExecutionResult> {
  const stop = () => void worker.end();
  const signal = stopSignal(context, task);
  signal.addEventListener("abort", stop);
  // The signal may have come while the folder was filled.
  if (signal.aborted) stop();
  const lines = new LineSplitter((stream, cell, message) => context.emit({ event: "task.log", task: task.id, stream, cell, message }));
  try {
    const result = await worker.execute(request, (position, output) => {
      if (output.output_type === "stream") lines.add(output.name, position, output.text);
      else foreseePlot(context, task.node, { position, output });
    });
    if (signal.aborted) throw new TaskFailure("stopped", "The run was stopped.");
    return result;
  } finally {
    lines.end();
    signal.removeEventListener("abort", stop);
  }
}

function stopSignal({ signal, signalOf }: RunContext, { id }: StageTask): AbortSignal {
  return signalOf === undefined ? signal : AbortSignal.any([signal, signalOf(id)]);
}

export function failureOf(result: ExecutionResult): TaskFailure {
  const { failure } = result;
  if (failure === null) throw new Error("Internal error: no failure");
  return new TaskFailure(failure.kind, failure.message, failure);
}

/** Promise 2: nothing undeclared is left behind, every output is there, and inputs are as they were given. */
export async function refuseStrayFiles(folder: string, task: StageTask, digests: InputDigests): Promise<void> {
  const inputs = task.inputs.map((input) => input.path);
  const outputs = task.outputs.map((output) => output.path);
  const found = await inspectTaskFolder(folder, { inputs, outputs, digests });
  const place = task.node.place;
  const [undeclared, changed, missing, link] = [found.undeclared[0], found.changedInputs[0], found.missing[0], found.links[0]];
  if (missing !== undefined) {
    throw new TaskFailure("missing-output", `expected the outputs ${outputs.join(", ")}; not written: ${found.missing.join(", ")}`, {
      place,
      hint: undeclared === undefined ? `Write ${missing} in ${task.node.file}, or take it out of its outputs.` : `${undeclared} was written but is not declared: is it meant to be ${missing}?`,
    });
  }
  if (undeclared !== undefined) {
    throw new TaskFailure("undeclared-file", `files were left behind that the front matter does not declare: ${found.undeclared.join(", ")}`, {
      place,
      hint: `Add \`- ${undeclared}\` to outputs in the front matter of ${task.node.file}, or write temporary files to os.tmpdir().`,
    });
  }
  if (changed !== undefined) {
    throw new TaskFailure("changed-input", `the stage changed its input ${found.changedInputs.join(", ")}`, {
      place,
      hint: "Write the result to a file of its own and declare that as an output. The file in the project was not touched.",
    });
  }
  if (link !== undefined) throw new TaskFailure("missing-output", `${link} is a link or no regular file`, { place, hint: "Write the file itself." });
}

/** Tells the checkpoint, and where a schema differs from the one of the last good execution without `--param`. */
export function emitCheckpoint(context: RunContext, task: Task, artifacts: readonly ArtifactDescription[]): void {
  const before = new Map(usualSchemas(context.records.get(task.id)).map(({ path, schema }) => [path, schema]));
  const changes = artifacts.flatMap((artifact) => {
    const earlier = before.get(artifact.path);
    if (!earlier || artifact.schema === null) return [];
    const difference = compareSchemas(earlier, artifact.schema);
    return difference === null ? [] : [{ path: artifact.path, ...difference }];
  });
  context.emit({ event: "task.checkpoint", task: task.id, artifacts: artifacts.map(toEventArtifact), schema_changes: changes });
}
