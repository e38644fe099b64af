import { formatPlace, formatProblem } from "../../../project/problems.js";
import { describeRowTypes } from "../../../project/row-types/row-types.js";
import type { Cell, JsonValue, Problem } from "../../../project/types.js";
import type { DisplayIdentity } from "../../execute/display-hook.js";
import { vegaLiteMimeType } from "../../execute/vega-lite-spec.js";
import { createMasker } from "../../secrets/masker.js";
import type { CellOutput } from "../../types.js";
import type { Content, Request } from "../protocol/message.js";
import type { Answer } from "../protocol/kernel-server.js";
import type { Access, ExecutorMessage, Outcome } from "../executor/messages.js";
import type { AssistantOptions } from "./code-assistant.js";
import type { KernelEffects } from "./effects.js";
import { describeDeath } from "./describe-death.js";
import { ExecutorProcess, type ProcessDeath } from "./executor-process.js";
import { KernelCompiler, type LinkedCell } from "./kernel-compiler.js";
import { describeAccess, describeParameters, describeReloads, describeUpstream, noteOutput } from "./notes.js";
import { OutputPublisher, type PublishOutput } from "./output-publisher.js";
import { refuseMagic } from "./refuse-magic.js";
import { makeOutputFolders, type AppliedParameters } from "./stage-context.js";
import { Whereabouts } from "./whereabouts.js";

export type SessionOptions = {
  /** Absolute: the project's folder, or the kernel's where it belongs to no project. */
  readonly root: string;
  /** Absolute: where the kernel was started. */
  readonly folder: string;
  /** Absolute path of the bundled executor. */
  readonly executorFile: string;
  /** Absolute; exists. */
  readonly temporaryFolder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly effects: KernelEffects;
  /** Sends a message to all clients. */
  readonly publish: (type: string, content: Content, parent: Pick<Request, "rawHeader"> | null) => void;
};

type ExecutorNews = Exclude<ExecutorMessage, { type: "done" }>;
type Failure = { readonly ename: string; readonly evalue: string; readonly traceback: readonly string[] };

/** Requests whose late output can still be sent. */
const maxRememberedRuns = 10_000;

/** One kernel from its start to its end: compiles cells here and executes them in a process of their own. */
export class KernelSession {
  readonly #publisher: OutputPublisher;
  readonly #requests = new Map<number, Pick<Request, "rawHeader">>();
  readonly #project: ReturnType<KernelEffects["openProject"]>;
  #executor: ExecutorProcess;
  #compiler: Promise<KernelCompiler> | null = null;
  readonly #whereabouts: Whereabouts;
  #isPrepared = false;
  /** Executions whose result nobody is to see. */
  readonly #silentRuns = new Set<number>();
  #executionCount = 0;
  #runs = 0;
  #isInterrupted = false;
  #drawing: Promise<void> | null = null;

  constructor(private readonly options: SessionOptions) {
    const publish: PublishOutput = (run, type, content) => options.publish(type, content, this.#requests.get(run) ?? null);
    this.#publisher = new OutputPublisher(publish, createMasker({}));
    this.#executor = this.#startExecutor();
    this.#project = options.effects.openProject();
    this.#project.catch(() => undefined);
    this.#whereabouts = new Whereabouts({ ...options, project: this.#project });
  }

  /** Loads what the first cell needs, and learns where the kernel is in the pipeline. */
  async warmUp(): Promise<void> {
    await this.#whereabouts.decide(null);
    await this.compiler();
  }

  compiler(): Promise<KernelCompiler> {
    this.#compiler ??= this.#openCompiler();
    return this.#compiler;
  }

  /** What completion and inspection rest on. */
  async assistant(): Promise<AssistantOptions> {
    return { compiler: await this.compiler(), root: this.options.root, notebook: this.notebook };
  }

  /** There are no widgets: what a client opens is closed again. */
  closeComm(request: Request): void {
    this.options.publish("comm_close", { comm_id: request.content["comm_id"], data: {} }, request);
  }

  /** Project path of the notebook, from whose folder imports are resolved. */
  get notebook(): string {
    return this.#whereabouts.notebook;
  }

  async execute(request: Request): Promise<Answer> {
    const { content } = request;
    const code = typeof content["code"] === "string" ? content["code"].replace(/\r\n?/g, "\n") : "";
    const isSilent = content["silent"] === true;
    const isStored = !isSilent && content["store_history"] !== false;
    this.#isInterrupted = false;
    if (code.trim() === "") return { content: this.#succeed(content) };
    if (isStored) this.#executionCount += 1;
    this.#runs += 1;
    const run = this.#runs;
    this.#remember(run, request);
    if (isSilent) this.#silentRuns.add(run);
    if (!isSilent) this.options.publish("execute_input", { code, execution_count: this.#executionCount }, request);
    const failure = await this.#executeCode({ code, run, isSilent, cellId: cellIdOf(request) });
    this.#publisher.flush();
    this.#publisher.forget(run);
    if (failure === null) return { content: this.#succeed(content) };
    return { content: { status: "error", execution_count: this.#executionCount, user_expressions: {}, payload: [], ...failure }, abortsQueue: content["stop_on_error"] !== false };
  }

  interrupt(): void {
    this.#isInterrupted = true;
    this.#executor.interrupt(this.#runs);
  }

  async end(): Promise<void> {
    this.#publisher.flush();
    await this.#executor.end();
  }

  #succeed({ user_expressions: expressions }: Content): Content {
    const names = typeof expressions === "object" && expressions !== null ? Object.keys(expressions) : [];
    const refusal = { status: "error", ename: "NotSupported", evalue: "user expressions are not supported", traceback: [] };
    return { status: "ok", execution_count: this.#executionCount, user_expressions: Object.fromEntries(names.map((name) => [name, refusal])), payload: [] };
  }

  async #executeCode({ code, run, isSilent, cellId }: { readonly code: string; readonly run: number; readonly isSilent: boolean; readonly cellId: string | null }): Promise<Failure | null> {
    await this.#whereabouts.decide(code);
    const magic = refuseMagic(code);
    if (magic !== null) return this.#fail(run, magic);
    await this.#prepare(run);
    const { cell, problems: optionProblems } = await this.#whereabouts.readCell(code, cellId);
    const parameters = this.#whereabouts.applyParameters(cell);
    const compiler = await this.compiler();
    const compilation = await compiler.compile({ ...cell, notebook: this.notebook });
    const problems = [...optionProblems, ...parameters.problems, ...compilation.problems].filter(({ severity }) => severity === "error");
    if (problems.length > 0) return this.#fail(run, describeProblems(problems, this.#placeOf(cell)));
    if (this.#isInterrupted) return this.#fail(run, { ename: "Interrupted", evalue: "the cell was interrupted", traceback: ["Interrupted: the cell was interrupted"] });
    if (!isSilent) this.#note(run, "reload", describeReloads(compilation.reloaded));
    if (compilation.refresh !== null) {
      const failure = await this.#run(run, compilation.refresh, { cell, values: {} });
      if (failure !== null) return failure;
    }
    if (compilation.linked === null) return null;
    const failure = await this.#run(run, compilation.linked, { cell, values: parameters.values });
    const { context } = this.#whereabouts;
    if (failure === null && context !== null && !isSilent) this.#note(run, "parameters", describeParameters(context, parameters.changed));
    return failure;
  }

  /** Before the first cell: the executor learns of the notebook, and the cell tells what is not up to date. */
  async #prepare(run: number): Promise<void> {
    if (this.#isPrepared) return;
    this.#isPrepared = true;
    const { context } = this.#whereabouts;
    this.#setUpExecutor();
    if (context === null) return;
    makeOutputFolders(context);
    const upstream = await this.#whereabouts.upstream;
    if (upstream !== null) this.#note(run, "pipeline", describeUpstream(upstream));
  }

  #setUpExecutor(): void {
    const { root, temporaryFolder, effects } = this.options;
    const { context, declared } = this.#whereabouts;
    const { env, secrets } = context === null ? { env: {}, secrets: {} } : effects.environment(context.stage);
    this.#publisher.setMasker(createMasker(secrets));
    const timezone = context?.project.timezone;
    const variables = { ...env, ...(timezone === undefined ? {} : { TZ: timezone }) };
    this.#executor.send({ type: "setup", setup: { notebook: this.notebook, projectRoot: root, temporaryFolder, env: variables, declared } });
  }

  async #openCompiler(): Promise<KernelCompiler> {
    const opened = await this.#project.catch(() => null);
    return new KernelCompiler(this.options.root, opened === null ? null : describeRowTypes(opened.project));
  }

  async #run(run: number, { cell: compiled, table }: LinkedCell, { cell, values }: { readonly cell: Cell; readonly values: AppliedParameters["values"] }): Promise<Failure | null> {
    const end = await this.#executor.execute({ type: "execute", run, cell: compiled, table, executionCount: this.#executionCount, place: this.#placeOf(cell), parameters: values });
    await this.#drawing;
    if (isDeath(end)) return this.#restartExecutor(run, end);
    if (end.status === "ok") return null;
    const { ename, evalue, traceback } = end.error;
    return { ename, evalue, traceback };
  }

  /** A cell that was never saved is named as the notebook shows it. */
  #placeOf(cell: Pick<Cell, "position">): { readonly file: string; readonly cell?: number } {
    return cell.position === 0 ? { file: `${this.notebook}, In [${this.#executionCount}]` } : { file: this.notebook, cell: cell.position };
  }

  async #restartExecutor(run: number, death: ProcessDeath): Promise<Failure> {
    const failure = this.#fail(run, describeDeath(death));
    this.#executor = this.#startExecutor();
    this.#setUpExecutor();
    (await this.compiler()).reset();
    this.#note(run, "restart", ["The process that held the values of all cells is gone: run the cells again, from the first."]);
    return failure;
  }

  #startExecutor(): ExecutorProcess {
    const { executorFile, root, env, temporaryFolder } = this.options;
    return new ExecutorProcess({
      executorFile,
      root,
      env,
      temporaryFolder,
      timezone: "UTC",
      onMessage: (message) => this.#receive(message),
      onStream: (name, text) => this.#add(this.#runs, { output_type: "stream", name, text }),
    });
  }

  /** What comes while a chart is drawn waits for it. */
  #receive(message: ExecutorNews): void {
    const isChart = message.type === "output" && chartOf(message.output) !== null;
    if (this.#drawing === null && !isChart) return this.#handle(message);
    const before = this.#drawing ?? Promise.resolve();
    const drawing = before.then(async () => this.#handle(isChart ? await this.#withPicture(message) : message));
    this.#drawing = drawing;
    void drawing.then(() => {
      if (this.#drawing === drawing) this.#drawing = null;
    });
  }

  #handle(message: ExecutorNews): void {
    if (message.type === "output") this.#add(message.position, message.output, message.display);
    else this.#noteAccess(message.run, message.access);
  }

  async #withPicture(message: Extract<ExecutorNews, { type: "output" }>): Promise<ExecutorNews> {
    const { output } = message;
    const spec = chartOf(output);
    const picture = spec === null ? null : await this.options.effects.drawChart(spec).catch(() => null);
    if (picture === null || !("data" in output)) return message;
    return { ...message, output: { ...output, data: { ...output.data, "image/png": picture } } };
  }

  #add(run: number, output: CellOutput, display?: DisplayIdentity): void {
    if (this.#silentRuns.has(run) && output.output_type === "execute_result") return;
    if (this.#publisher.add(run, output, display)) return;
    this.#publisher.forget(run);
    this.#fail(run, { ename: "TooMuchOutput", evalue: "more than 256 MB of text were written to the output", traceback: ["TooMuchOutput: more than 256 MB of text were written to the output", "Write data to a declared output file, and print less."] });
    this.#executor.interrupt(this.#runs);
  }

  #noteAccess(run: number, access: Access): void {
    const { context, declared } = this.#whereabouts;
    if (context !== null && declared !== null) this.#note(run, "access", describeAccess(access, context.stage, declared));
  }

  #note(run: number, kind: Parameters<typeof noteOutput>[0], lines: readonly string[]): void {
    if (lines.length > 0) this.#publisher.add(run, noteOutput(kind, lines));
  }

  #fail(run: number, failure: Failure): Failure {
    const output: CellOutput = { output_type: "error", ...failure };
    this.#publisher.add(run, output);
    return failure;
  }

  #remember(run: number, request: Request): void {
    this.#requests.set(run, { rawHeader: request.rawHeader });
    this.#requests.delete(run - maxRememberedRuns);
  }
}

function chartOf(output: CellOutput): JsonValue | null {
  return "data" in output && !("image/png" in output.data) ? (output.data[vegaLiteMimeType] ?? null) : null;
}

function isDeath(end: Outcome | ProcessDeath): end is ProcessDeath {
  return "lastWords" in end;
}

function cellIdOf({ metadata }: Request): string | null {
  const id = metadata["cellId"];
  return typeof id === "string" ? id : null;
}

/** What is wrong with a cell before it runs, as `check` would list it. */
function describeProblems(problems: readonly Problem[], place: { readonly file: string; readonly cell?: number }): Failure {
  const named = problems.map((problem): Problem => {
    const { cell, ...rest } = problem.place;
    return cell === 0 ? { ...problem, place: { ...rest, ...place } } : problem;
  });
  const [first] = named;
  const evalue = first === undefined ? "" : `${formatPlace(first.place)}: ${first.message}${named.length > 1 ? ` (and ${named.length - 1} more)` : ""}`;
  return { ename: "CompileError", evalue, traceback: named.map((problem) => formatProblem(problem)).flatMap((text) => text.split("\n")) };
}
