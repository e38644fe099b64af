import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { accept, type MailServer, startMailServer, startWebhook, type Webhook } from "../observe/alerts/servers.js";
import { makeProject } from "../project/make-project.js";
import { copyProject, editFile, parseEvents, runForEvents, runStitchbook } from "./rig.js";

const timeout = 120_000;
const password = "open sesame";
const config = [
  "name: watched",
  "alerts:",
  "  slack: ${SLACK_WEBHOOK_URL}",
  '  email: { smtp: "${SMTP_URL}", from: pipeline@example.org, to: [team@example.org] }',
  "  link: ${CI_RUN_URL}",
  "  rules:",
  "    - { metric: test.r2, in: out/metrics.json, below: 0.75 }",
  "    - { rows: out/rows.csv, change: 20% }",
  "",
].join("\n");
const chart = '{ "$schema": "https://vega.github.io/schema/vega-lite/v5.json", data: { values: [{ a: 1, b: 2 }, { a: 2, b: 3 }] }, mark: "line", encoding: { x: { field: "a", type: "quantitative" }, y: { field: "b", type: "quantitative" } } }';

let template: string;
let hook: Webhook;
let mail: MailServer;
let env: Readonly<Record<string, string>>;
const roots: string[] = [];

beforeAll(async () => {
  template = await makeProject({
    "stitchbook.yaml": config,
    "data/r2.txt": "0.9",
    "data/rows.txt": "10",
    "notebooks/train.ipynb": [
      "---\nstage: train\ninputs: [data/r2.txt, data/rows.txt]\noutputs: [out/metrics.json, out/rows.csv]\n---",
      [
        'import { readFileSync, writeFileSync } from "node:fs";',
        'const r2 = Number(readFileSync("data/r2.txt", "utf8"));',
        'if (Number.isNaN(r2)) throw new RangeError(`no number: ${process.env.HOME === undefined}`);',
        'writeFileSync("out/metrics.json", JSON.stringify({ test: { r2 } }));',
        'writeFileSync("out/rows.csv", ["a", ...Array.from({ length: Number(readFileSync("data/rows.txt", "utf8")) }, (_, index) => index), ""].join("\\n"));',
      ].join("\n"),
      `//| label: fit\n//| caption: How well it fits\n//| alt: A rising line\nimport { show } from "stitchbook/notebook";\nshow(${chart});`,
    ],
    "templates/summary.md": '---\nreport: summary\noutputs: { markdown: reports/summary.md, images: reports/images }\ninputs: { metrics: out/metrics.json }\n---\n# {{ metrics.test.r2 }}\n\n{% embed "fit" %}\n',
  });
  roots.push(template);
  hook = await startWebhook(accept);
  mail = await startMailServer();
  env = { SLACK_WEBHOOK_URL: hook.url, SMTP_URL: `smtp://pipeline:${encodeURIComponent(password)}@${mail.address}` };
  expect(await runForEvents(template)).toMatchObject({ code: 0 });
}, timeout);
afterEach(() => {
  (hook.bodies as string[]).length = 0;
  (mail.mails as unknown[]).length = 0;
});
afterAll(async () => {
  await Promise.all([hook.close(), mail.close(), ...roots.map((root) => rm(root, { recursive: true, force: true }))]);
});

async function freshProject(): Promise<string> {
  const root = await copyProject(template);
  roots.push(root);
  return root;
}

async function run(root: string, ...args: readonly string[]) {
  const { code, stdout, stderr } = await runStitchbook(["run", "--json", ...args], { cwd: root, env });
  return { code, stderr, events: parseEvents(stdout) };
}

const setR2 = (root: string, r2: number | string) => writeFile(join(root, "data/r2.txt"), String(r2));
const alertEvents = (events: readonly { readonly event: string }[]) => events.filter(({ event }) => event.startsWith("alert.")).map(({ event }) => event);
const subjects = () => mail.mails.map(({ subject }) => subject);

describe("a rule on a metric", () => {
  it("that fires, lasts and ends gives two messages on each channel, and exit 3 only where that is asked for", async () => {
    const root = await freshProject();
    await setR2(root, 0.61);
    const first = await run(root, "--fail-on-alert");
    expect(first.code).toBe(3);
    expect(alertEvents(first.events).sort()).toEqual(["alert.fired", "alert.sent", "alert.sent"]);
    expect(first.events.at(-1)).toMatchObject({ event: "run.done", status: "alerted" });
    expect(first.events.find(({ event }) => event === "alert.fired")).toMatchObject({ level: "warn", kind: "metric", subject: "out/metrics.json, test.r2", value: 0.61, message: "test.r2: 0.61 is below 0.75" });
    for (const r2 of [0.62, 0.63, 0.63]) {
      await setR2(root, r2);
      const { code, events } = await run(root);
      expect([code, alertEvents(events), events.at(-1)?.["status"]]).toEqual([0, ["alert.fired"], "ok"]);
    }
    await setR2(root, 0.8);
    const last = await run(root, "--fail-on-alert");
    expect([last.code, alertEvents(last.events)]).toEqual([0, ["alert.sent", "alert.sent"]]);
    expect(subjects()).toEqual(["[Alert] watched: test.r2: 0.61 is below 0.75", "[Over] watched: test.r2 is well again: 0.8 is not below 0.75"]);
    expect(hook.bodies).toHaveLength(2);
    const [alert] = mail.mails;
    expect(alert?.text).toContain("out/metrics.json, test.r2");
    expect(alert?.text).toMatch(/logs\/\S+\.jsonl/);
    // The chart that a report embeds, as a picture in the mail.
    expect(alert?.text).toContain("Chart: How well it fits");
    expect(alert?.attachments[0]?.content.subarray(1, 4).toString()).toBe("PNG");
  }, timeout);

  it("whose file holds no such number fires; one whose task failed says nothing", async () => {
    const root = await freshProject();
    await editFile(root, "notebooks/train.ipynb", (text) => text.replace("test: { r2 }", "test: { r2: null }"));
    const { code, events } = await run(root);
    // The report quotes it and fails for its own part.
    expect([code, events.find((each) => each["kind"] === "metric")?.["message"]]).toEqual([0, "test.r2: out/metrics.json holds no number test.r2"]);
    await setR2(root, "x");
    expect((await run(root)).events.filter(({ event }) => event === "alert.fired").map((each) => each["kind"])).toEqual(["failed"]);
  }, timeout);
});

describe("a rule on a change", () => {
  it("compares with the last good run, says nothing of a run that did nothing, and is over with the next small change", async () => {
    const root = await freshProject();
    const setRows = (rows: number) => writeFile(join(root, "data/rows.txt"), String(rows));
    const kinds = async () => (await run(root)).events.filter(({ event }) => event === "alert.fired").map((each) => each["message"]);
    await setRows(13);
    expect(await kinds()).toEqual(["rows: 13 differs from 10 by 30%, more than 20%"]);
    expect(await kinds()).toEqual(["rows: 13 is what it was"]);
    await setRows(14);
    expect(await kinds()).toEqual([]);
    expect(subjects()).toEqual(["[Alert] watched: rows of out/rows.csv: 13 differs from 10 by 30%, more than 20%", "[Over] watched: rows of out/rows.csv is well again: 14 differs from 13 by 7.69%, at most 20%"]);
    expect(mail.mails[1]?.text).toContain("Last values: 10  →  13  →  14");
    const { code, stdout } = await runStitchbook(["check"], { cwd: root });
    expect(code).toBe(0);
    expect(stdout).toContain("alert: rows of out/rows.csv changed by more than 20%: would have fired in 1 of 4 recorded runs\n");
    expect(stdout).toContain("alert: test.r2 of out/metrics.json below 0.75: would have fired in 0 of 4 recorded runs\n");
  }, timeout);

  it("is warned of by check where its file or its metric is not there yet", async () => {
    const root = await freshProject();
    await rm(join(root, "out/rows.csv"));
    await editFile(root, "stitchbook.yaml", (text) => text.replace("test.r2", "test.r3"));
    const { code, stdout } = await runStitchbook(["check", "--json"], { cwd: root });
    const { problems } = JSON.parse(stdout) as { problems: { code: string }[] };
    expect(code).toBe(0);
    expect(problems.filter((problem) => problem.code.startsWith("rule-"))).toMatchObject([
      { severity: "warning", code: "rule-without-metric", place: { file: "stitchbook.yaml", line: 7 }, message: "`out/metrics.json` holds no number `test.r3`", hint: "did you mean `test.r2`?" },
      { severity: "warning", code: "rule-without-file", place: { file: "stitchbook.yaml", line: 8 } },
    ]);
  }, timeout);
});

describe("a failure", () => {
  it("is told once with its place and its command, and once when it is over", async () => {
    const root = await freshProject();
    await setR2(root, "x");
    expect((await run(root)).code).toBe(1);
    expect((await run(root)).code).toBe(1);
    await setR2(root, 0.91);
    expect((await run(root)).code).toBe(0);
    expect(subjects()).toEqual(["[Alert] watched: train failed: RangeError: no number: false", "[Over] watched: train runs again"]);
    expect(mail.mails[0]?.text).toContain("Where: notebooks/train.ipynb, cell 2, line 3");
    expect(mail.mails[0]?.text).toContain("Open it: stitchbook lab train");
  }, timeout);
});

describe("a run that can't begin", () => {
  it("is told once, and once when one can again", async () => {
    const root = await freshProject();
    await editFile(root, "notebooks/train.ipynb", (text) => text.replace("const r2 = Number(", "const r2: string = 1 * Number("));
    expect((await run(root)).code).toBe(2);
    await editFile(root, "stitchbook.yaml", (text) => text.replace("name: watched", "name: watched\nnotebok: x"));
    expect((await run(root)).code).toBe(2);
    expect(await runStitchbook(["run", "nothing"], { cwd: root, env })).toMatchObject({ code: 2 });
    await editFile(root, "stitchbook.yaml", (text) => text.replace("\nnotebok: x", ""));
    await editFile(root, "notebooks/train.ipynb", (text) => text.replace("const r2: string = 1 * Number(", "const r2 = Number("));
    expect((await run(root)).code).toBe(0);
    expect(subjects()).toEqual(["[Alert] watched: the run failed: Type 'number' is not assignable to type 'string'. (TS2322)", "[Over] watched: the run ends well again"]);
    expect(mail.mails[0]?.text).toContain("Where: notebooks/train.ipynb, cell 2, line 2, column 7");
  }, timeout);
});

describe("a channel", () => {
  it("that is dead fails nothing, is logged as an error without its secrets, and is told by the next run", async () => {
    const root = await freshProject();
    const dead = await startWebhook((response) => response.writeHead(403).end("invalid_token"));
    await setR2(root, 0.6);
    const { code, stdout } = await runStitchbook(["run", "--json"], { cwd: root, env: { ...env, SLACK_WEBHOOK_URL: dead.url } });
    await dead.close();
    expect(code).toBe(0);
    expect(parseEvents(stdout).find(({ event }) => event === "alert.failed")).toMatchObject({ level: "error", channel: "slack", message: "Slack answered 403 (invalid_token)" });
    expect(hook.bodies).toHaveLength(0);
    await run(root);
    expect([hook.bodies.length, mail.mails.length]).toEqual([1, 1]);
    await expectNoSecrets(root, [dead.url, password]);
  }, timeout);

  it("whose variable is unset is off, which a run says once; .env may set it", async () => {
    const root = await freshProject();
    await setR2(root, 0.6);
    const off = await runForEvents(root);
    expect(off.events.filter(({ event }) => event === "run.warning").map((each) => each["message"])).toEqual(["Slack alerts are off: SLACK_WEBHOOK_URL is not set", "e-mail alerts are off: SMTP_URL is not set"]);
    await writeFile(join(root, ".env"), `SLACK_WEBHOOK_URL=${hook.url}\nCI_RUN_URL=https://ci.example.org/7\n`);
    expect(alertEvents((await runForEvents(root)).events)).toEqual(["alert.fired", "alert.sent"]);
    expect(hook.bodies[0]).toContain("<https://ci.example.org/7|");
    await expectNoSecrets(root, [hook.url]);
  }, timeout);

  it("is not told of a trial in another folder", async () => {
    const root = await freshProject();
    await setR2(root, 0.6);
    const { code, events } = await run(root, "--output-dir", join(root, "../trial"), "--fail-on-alert");
    expect([code, alertEvents(events)]).toEqual([3, ["alert.fired"]]);
    expect(hook.bodies.length + mail.mails.length).toBe(0);
    await rm(join(root, "../trial"), { recursive: true, force: true });
  }, timeout);
});

describe("alerts test", () => {
  it("sends a message to each channel and says how that went", async () => {
    const root = await freshProject();
    expect(await runStitchbook(["alerts", "test"], { cwd: root, env })).toMatchObject({ code: 0, stdout: "slack: sent\nemail: sent\n" });
    expect(subjects()).toEqual(["[Note] watched: this is a test: alerts reach this channel"]);
    expect(hook.bodies).toHaveLength(1);
    const half = await runStitchbook(["alerts", "test", "--json"], { cwd: root, env: { SLACK_WEBHOOK_URL: hook.url } });
    expect(half.code).toBe(1);
    expect(JSON.parse(half.stdout)).toEqual({ channels: [{ channel: "email", status: "off", message: "SMTP_URL is not set, in the environment or in .env" }, { channel: "slack", status: "sent", message: null }] });
  }, timeout);

  it("needs alerts to test", async () => {
    const root = await freshProject();
    expect(await runStitchbook(["alerts"], { cwd: root })).toMatchObject({ code: 2 });
    await writeFile(join(root, "stitchbook.yaml"), "name: quiet\n");
    expect(await runStitchbook(["alerts", "test"], { cwd: root })).toMatchObject({ code: 2 });
  }, timeout);
});

/** No file that a run leaves may hold one. */
async function expectNoSecrets(root: string, secrets: readonly string[]): Promise<void> {
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === ".env") continue;
    const text = await readFile(join(entry.parentPath, entry.name), "latin1");
    for (const secret of secrets) expect(text.includes(secret), `${entry.name} holds ${secret}`).toBe(false);
  }
}
