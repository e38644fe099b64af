import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { createMasker } from "../../../engine/notebook/secrets/masker.js";
import { startWorker } from "../../../engine/notebook/worker/worker-process.js";
import type { CellOutput } from "../../../engine/notebook/types.js";
import { buildWorker, type BuiltWorker } from "./build-worker.js";
import { createRequest, createRig, type WorkerRig } from "./worker-rig.js";

const token = "tok3n/+with&<signs>";
const masker = createMasker({ TOKEN: token });
let built: BuiltWorker;
let rig: WorkerRig;
beforeAll(async () => void (built = await buildWorker()));
afterAll(() => built.remove());
beforeEach(async () => void (rig = await createRig(built.workerFile)));
afterEach(() => rig.remove());

/** Executes cells that know the token; `seen` is all that came while they ran. */
async function execute(cells: readonly string[]) {
  const seen: CellOutput[] = [];
  const worker = startWorker({ folder: rig.folder, projectRoot: rig.projectRoot, workerFile: built.workerFile, timezone: "UTC", masker });
  const request = await createRequest({ cells, options: { env: { TOKEN: token } }, projectRoot: rig.projectRoot, folder: rig.folder });
  const result = await worker.execute(request, (_, output) => void seen.push(output));
  const text = JSON.stringify({ result, seen });
  expect(text).not.toContain("tok3n");
  expect(text).not.toContain(Buffer.from(token).toString("base64").slice(0, 12));
  return { result, seen, text };
}

const print = "const token = process.env.TOKEN; ";

it.each([
  ["a line", `${print}console.log("is", token)`],
  ["two writes", `${print}process.stdout.write(token.slice(0, 7)); await new Promise((done) => setTimeout(done, 80)); process.stdout.write(token.slice(7))`],
  ["an object", `${print}console.error({ auth: [token] })`],
  ["Base64", `${print}console.log("Authorization: Basic " + Buffer.from("me:" + token).toString("base64"))`],
  ["a display", `${print}require("tslab").display.html("<b>" + token + "</b>")`],
  ["an error", `${print}throw Object.assign(new Error("401 for https://x/?t=" + encodeURIComponent(token)), { cause: new TypeError(token) })`],
  ["an exception in a callback", `${print}setTimeout(() => { throw new Error(token); }, 1); await new Promise(() => setInterval(() => {}, 1000))`],
  ["a rejection with a bare value", `${print}void Promise.reject({ token })`],
  ["an undeclared access", `${print}require("node:fs").readFileSync("/etc/" + token)`],
  ["a child process", `${print}require("node:child_process").execSync("printf %s \\"$TOKEN\\"; printf %s \\"$TOKEN\\" >&2", { stdio: "inherit" })`],
  ["the last words of a process", `${print}require("node:child_process").execSync("printf %s \\"$TOKEN\\" >&2", { stdio: "inherit" }); process.kill(process.pid, "SIGSEGV")`],
  ["a warning", `${print}process.emitWarning(token); await new Promise((done) => setTimeout(done, 20))`],
])("hides a secret in %s", async (_, cell) => {
  const { text } = await execute([cell]);
  expect(text).toContain("[secret TOKEN]");
});

it("hides a secret that two cells write in turn, and gives each cell the rest of its text", async () => {
  const { result, seen } = await execute([`${print}process.stdout.write("two " + token.slice(0, 4)); exports.token = token`, "process.stdout.write(exports.token.slice(4) + ' three')"]);
  expect(result.cells.map((cell) => cell.outputs)).toEqual([
    [{ output_type: "stream", name: "stdout", text: "two [secret TOKEN]" }],
    [{ output_type: "stream", name: "stdout", text: " three" }],
  ]);
  expect(seen.map((output) => (output.output_type === "stream" ? output.text : "")).join("")).toBe("two [secret TOKEN] three");
});

it("shows what was held back when the process ends", async () => {
  const { result } = await execute(["process.stdout.write('a to')", "process.stdout.write('b to'); process.kill(process.pid, 'SIGKILL')"]);
  expect(result.cells.map((cell) => cell.outputs[0])).toEqual([
    { output_type: "stream", name: "stdout", text: "a to" },
    { output_type: "stream", name: "stdout", text: "b to" },
  ]);
});
