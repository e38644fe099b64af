import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { makeProject, notebook, type NotebookCells } from "../project/make-project.js";
import { parseEvents, runStitchbook, startStitchbook } from "./rig.js";

const timeout = 120_000;
const token = `cAn4ry/s3cret+<"&> %value`;
const other = "0ther-canary-value";
const env = { API_TOKEN: token, OTHER_TOKEN: other, CANARY: "must-not-be-seen", REGION: "north" };
const forms = [...new Set([token, other].flatMap((value) => {
  const base64 = Buffer.from(value).toString("base64");
  const within = Buffer.from(`me:${value}`).toString("base64").slice(4, 20);
  return [value, base64.replace(/=+$/, "").slice(0, -1), within, Buffer.from(value).toString("base64url").slice(0, -1), encodeURIComponent(value), new URLSearchParams({ value }).toString().slice(6), JSON.stringify(value).slice(1, -1), JSON.stringify(JSON.stringify(value)).slice(3, -3), Buffer.from(value).toString("hex"), value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`), value.slice(0, 12)];
}))];

const matter = (stage: string, outputs: string, more = "secrets: [API_TOKEN]") => `---\nstage: ${stage}\noutputs: ${outputs}\n${more}\n---`;
const write = (path: string, text: string) => `(await import("node:fs")).writeFileSync("${path}", ${text});`;
const read = 'const token = process.env.API_TOKEN ?? "";';

const telling: NotebookCells = [
  matter("tell", "[data/told.csv]"),
  read,
  [
    'console.log("plain", token); console.error({ token });',
    'process.stdout.write(token.slice(0, 9)); await new Promise((done) => setTimeout(done, 100)); process.stdout.write(token.slice(9) + "\\n");',
    'console.log(Buffer.from(token).toString("base64"), Buffer.from("me:" + token).toString("base64"), Buffer.from(token).toString("base64url"), Buffer.from(token).toString("hex"));',
    "console.log(encodeURIComponent(token), new URLSearchParams({ token }).toString(), JSON.stringify(JSON.stringify({ token })));",
    "process.stdout.write(token.slice(0, 5));",
  ].join("\n"),
  "process.stdout.write(token.slice(5)); console.log();",
  '//| label: chart\n//| alt: a chart\nconst spec = { $schema: "https://vega.github.io/schema/vega-lite/v6.json", title: token, data: { values: [{ x: token, y: 1 }] }, mark: "bar", encoding: { x: { field: "x", type: "nominal" }, y: { field: "y", type: "quantitative" } } };\nspec',
  `//| label: note\nimport { show } from "stitchbook/notebook";\nshow.markdown("The **token** is " + token + " or " + encodeURIComponent(token));`,
  write("data/told.csv", '"a\\n1\\n"'),
];

const roots: string[] = [];
afterAll(async () => {
  for (const root of roots) await rm(root, { recursive: true, force: true });
});

async function makeRoot(files: Readonly<Record<string, string | NotebookCells>>): Promise<string> {
  const root = await makeProject({ "stitchbook.yaml": "name: canary\n", ...files });
  roots.push(root);
  return root;
}

/** The files of a project in whose bytes a form of a secret stands, and the forms in a text. */
async function findLeaks(root: string, shown: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = await Promise.all(entries.filter((entry) => entry.isFile()).map(async (entry) => [join(entry.parentPath, entry.name).slice(root.length + 1), await readFile(join(entry.parentPath, entry.name), "utf8")] as const));
  expect(files.length).toBeGreaterThan(3);
  return [...files, ["the output", shown] as const].flatMap(([name, text]) => forms.filter((form) => text.includes(form)).map((form) => `${name}: ${form}`));
}

describe("the value of a secret", () => {
  it.each([["on the console", ["run", "-v"]], ["with --json", ["run", "--json"]]])("shows nowhere after a good run %s: log, notebook, page, record, report, caches", async (_, args) => {
    const root = await makeRoot({
      "notebooks/01-tell.ipynb": telling,
      "templates/page.md": '---\nreport: page\noutputs: { markdown: out/page.md, html: out/page.html, images: out/images }\n---\n{% embed "chart" %}\n\n{% embed "note" %}\n',
    });
    const { code, stdout, stderr } = await runStitchbook(args, { cwd: root, env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(await findLeaks(root, stdout + stderr)).toEqual([]);
    const log = await readFile(join(root, "logs", (await readdir(join(root, "logs")))[0] ?? ""), "utf8");
    const lines = parseEvents(log).flatMap((event) => (event.event === "task.log" ? [event["message"]] : []));
    expect(lines).toContain("plain [secret API_TOKEN]");
    expect(lines.filter((line) => line === "[secret API_TOKEN]")).toHaveLength(2);
    for (const path of ["reports/notebooks/tell.ipynb", "reports/notebooks/tell.html", "out/page.md", "out/page.html"]) expect(await readFile(join(root, path), "utf8")).toContain("[secret API_TOKEN");
    expect(await readFile(join(root, "out/images/chart.svg"), "utf8")).toContain("secret API_TOKEN");
    expect((await runStitchbook(["status", "--json"], { cwd: root, env: { ...env, API_TOKEN: "another value" } })).stdout).toContain('"state":"fresh"');
  }, timeout);

  it.each([
    ["an error with a cause", 'throw Object.assign(new Error("GET https://x/?t=" + encodeURIComponent(token)), { cause: new TypeError(token) });'],
    ["an undeclared access", '(await import("node:fs")).readFileSync("data/" + token.replaceAll("/", "-") + Buffer.from(token).toString("base64"));'],
    ["a file left behind that is named by it", '(await import("node:fs")).writeFileSync("data/" + Buffer.from(token).toString("hex"), "");\n(await import("node:fs")).writeFileSync("data/fail.csv", "a\\n1\\n");'],
    ["a missed contract that quotes a value", '(await import("node:fs")).writeFileSync("data/fail.csv", "a\\n" + token.slice(0, 3) + "\\n");\nthrow new Error(token);'],
    ["process.exit after a write", 'process.stderr.write(token);\nprocess.exit(3);'],
    ["a crash", 'process.stdout.write(token);\nprocess.kill(process.pid, "SIGSEGV");'],
    ["a rejection that is tried again", 'void Promise.reject({ token, at: [Buffer.from(token).toString("base64")] });\nawait new Promise((done) => setTimeout(done, 50));'],
  ])("shows nowhere after %s", async (_, cell) => {
    const root = await makeRoot({ "notebooks/01-fail.ipynb": [matter("fail", "[data/fail.csv]", "secrets: [API_TOKEN]\nretry: { attempts: 2, delay: 10ms }"), read, cell] });
    const { code, stdout, stderr } = await runStitchbook(["run", "-v"], { cwd: root, env });
    expect(code).toBe(1);
    expect(await findLeaks(root, stdout + stderr)).toEqual([]);
    expect(stderr + stdout).toContain("[secret API_TOKEN]");
  }, timeout);

  it.each([
    ["JSON", "data/fail.json", "JSON.stringify({ url: 'https://x/?t=' + encodeURIComponent(token) })"],
    ["plain text, far into a large file", "data/fail.txt", "'row of data\\n'.repeat(200_000) + token + '\\n'"],
    ["a header in Base64", "data/fail.txt", "'x'.repeat(262_140) + Buffer.from('me:' + token).toString('base64')"],
  ])("in an output (%s) fails the task before anything is published", async (_, path, content) => {
    const root = await makeRoot({ "notebooks/01-fail.ipynb": [matter("fail", `[${path}]`), read, write(path, content)] });
    const { code, stderr } = await runStitchbook(["run"], { cwd: root, env });
    expect(code).toBe(1);
    expect(stderr).toContain(`the output ${path} holds the value of the secret API_TOKEN`);
    expect(stderr).toContain("declare it under `env`");
    expect(await findLeaks(root, stderr)).toEqual([]);
    expect(await readdir(join(root, "data")).catch(() => [])).toEqual([]);
  }, timeout);

  it("is not looked for in data where it has fewer than eight characters, and not hidden below four, which is said", async () => {
    const root = await makeRoot({ "notebooks/01-short.ipynb": [matter("short", "[data/short.csv]", "secrets: [API_TOKEN, OTHER_TOKEN]"), `${read}\n${write("data/short.csv", '"a\\n" + token + "\\n"')}\nconsole.log(token, process.env.OTHER_TOKEN);`] });
    const { code, stdout } = await runStitchbook(["run", "--json"], { cwd: root, env: { API_TOKEN: "test", OTHER_TOKEN: "abc" } });
    expect(code).toBe(0);
    const events = parseEvents(stdout);
    expect(events.filter((event) => event.event === "run.warning").map((event) => event["message"])).toEqual(["the value of the secret OTHER_TOKEN has fewer than 4 characters, and so is not hidden where it shows"]);
    expect(events.find((event) => event.event === "task.log")?.["message"]).toBe("[secret API_TOKEN] abc");
    expect(await readFile(join(root, "data/short.csv"), "utf8")).toBe("a\ntest\n");
    const check = await runStitchbook(["check"], { cwd: root, env: { API_TOKEN: "test", OTHER_TOKEN: "abc" } });
    expect(check.code).toBe(0);
    expect(check.stderr).toContain("warning: notebooks/01-short.ipynb, cell 1");
    expect(check.stderr).toContain("OTHER_TOKEN has fewer than 4 characters");
  }, timeout);

  it("is hidden from a stage's output also where another stage declares it", async () => {
    const root = await makeRoot({
      "notebooks/01-a.ipynb": [matter("a", "[data/a.csv]", "env: [OTHER_TOKEN]"), `console.log("a has", process.env.OTHER_TOKEN);\n${write("data/a.csv", '"a\\n1\\n"')}`],
      "notebooks/02-b.ipynb": [matter("b", "[data/b.csv]", "secrets: [OTHER_TOKEN]"), write("data/b.csv", '"a\\n1\\n"')],
    });
    const { stdout } = await runStitchbook(["run", "-v"], { cwd: root, env });
    expect(stdout).toContain("a has [secret OTHER_TOKEN]");
  }, timeout);
});

describe("the environment of a stage", () => {
  const list = `${write("data/env.json", 'JSON.stringify([Object.keys(process.env).sort(), (await import("node:child_process")).execSync("env", { encoding: "utf8" }).split("\\n").map((line) => line.split("=")[0])])')}\n//`;

  it("holds what it declares and what always passes, and nothing else of the command's own; its child processes neither", async () => {
    const root = await makeRoot({ ".env": "FROM_FILE=1\nREGION=from-file\n", "notebooks/01-env.ipynb": [matter("env", "[data/env.json, data/region.txt]", "env: [REGION, FROM_FILE?]\nsecrets: [API_TOKEN, ABSENT?]"), list, write("data/region.txt", 'process.env.REGION ?? ""')] });
    const { code } = await runStitchbook(["run"], { cwd: root, env: { ...env, NODE_OPTIONS: "--no-deprecation", LANG: "de_DE.UTF-8", LC_ALL: "de_DE.UTF-8", HTTPS_PROXY: "http://proxy.invalid", SSH_AUTH_SOCK: "/x" } });
    expect(code).toBe(0);
    const [own, child]: string[][] = JSON.parse(await readFile(join(root, "data/env.json"), "utf8"));
    expect(own?.filter((name) => !/^(NODE_EXTRA_CA_CERTS|(NO|ALL|HTTP)_PROXY|(no|all|https?)_proxy)$/.test(name))).toEqual(["API_TOKEN", "HOME", "HTTPS_PROXY", "LANG", "PATH", "REGION", "TMPDIR", "TZ"]);
    expect(child?.filter((name) => /CANARY|OTHER_TOKEN|FROM_FILE|LC_ALL|SSH|NODE_OPTIONS/.test(name))).toEqual([]);
    expect(await readFile(join(root, "data/region.txt"), "utf8")).toBe("north");
  }, timeout);

  it("must hold a secret that it declares without a question mark: exit 2, and nothing runs", async () => {
    const root = await makeRoot({ "notebooks/01-env.ipynb": [matter("env", "[data/env.json]", "secrets: [ABSENT]"), list] });
    const { code, stdout, stderr } = await startStitchbook(["run"], { cwd: root, env }).then(({ ended }) => ended);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("declares ABSENT under secrets, and the environment variable ABSENT is not set");
    expect(stderr).toContain("write ABSENT? if the stage can do without it");
    await writeFile(join(root, "notebooks/01-env.ipynb"), notebook([matter("env", "[data/env.json]", "secrets: [ABSENT?]"), list]));
    expect((await runStitchbook(["run"], { cwd: root, env })).code).toBe(0);
  }, timeout);
});
