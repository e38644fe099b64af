import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readProject } from "../../engine/project/read-project.js";
import { createArtist } from "../../engine/report/artist.js";
import { LivePage, policyOf } from "../../engine/watch/live-page.js";
import { PipelineState } from "../../engine/watch/pipeline-state.js";
import { startPreviewServer, type PreviewServer } from "../../engine/watch/server/preview-server.js";
import { makeProject } from "../project/make-project.js";

const token = "the-right-token_0123456789";
const secret = "s3cr3t-of-this-project";
let root = "";
let server: PreviewServer;

beforeAll(async () => {
  root = await makeProject({
    "stitchbook.yaml": "name: guarded\n",
    ".env": `TOKEN=${secret}\n`,
    "notebooks/one.ipynb": ["---\nstage: one\noutputs: [data/one.csv]\n---", `// ${secret}\n1 + 1`],
    "templates/summary.md": "---\nreport: summary\noutputs: { markdown: reports/summary.md, html: reports/summary.html, images: reports/images }\n---\nText\n",
    "templates/linked.md": "---\nreport: linked\noutputs: { markdown: reports/linked.md, html: reports/linked.html, images: reports/linked-images }\n---\nText\n",
    "templates/away.md": "---\nreport: away\noutputs: { markdown: away/page.md, html: away/page.html, images: away/images }\n---\nText\n",
  });
  const outside = await makeProject({ "page.html": `<p>${secret}</p>` });
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write("reports/summary.html", "<!doctype html><html><body><p>The report</p></body></html>\n");
  write("reports/notebooks/one.ipynb", JSON.stringify({ cells: [{ cell_type: "markdown", source: "# The notebook", metadata: {} }], metadata: {}, nbformat: 4, nbformat_minor: 5 }));
  symlinkSync(join(root, ".env"), join(root, "reports/linked.html"));
  symlinkSync(outside, join(root, "away"));
  const state = new PipelineState();
  const project = await readProject(root);
  state.read({ project, selected: project.tasks, records: new Map() });
  const artist = createArtist({ threadFile: null, cacheFolder: join(root, ".stitchbook/cache/plots"), version: "" });
  const page = new LivePage({ root, artist, state, now: Date.now });
  server = await startPreviewServer(0, { token, answer: (path) => page.answer(path), present: () => page.present() });
});

afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

type Request = { readonly method?: string; readonly path?: string; readonly headers?: Readonly<Record<string, string | readonly string[] | null>>; readonly version?: string };

/** Sends a request as it is written, and reads what comes, until the end or (a stream) the first of it. */
function send({ method = "GET", path = "/", headers = {}, version = "HTTP/1.1" }: Request): Promise<string> {
  const all: Record<string, string | readonly string[] | null> = { Host: `127.0.0.1:${server.port}`, Cookie: `stitchbook-watch-${server.port}=${token}`, Connection: "close", ...headers };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [value].flat().map((each) => `${name}: ${each.replaceAll("PORT", String(server.port))}`)));
  return new Promise((resolve) => {
    const socket = connect(server.port, "127.0.0.1");
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (text.includes("text/event-stream") && text.includes("\r\n\r\n")) socket.destroy();
    });
    socket.on("close", () => resolve(text)).on("error", () => undefined);
    socket.write(`${method} ${path} ${version}\r\n${lines.join("\r\n")}\r\n\r\n`);
  });
}

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);

const honest: Readonly<Record<string, Request & { readonly shows: string }>> = {
  "the page": { path: "/", shows: "guarded" },
  "the page by the name localhost": { path: "/", headers: { Host: "localhost:PORT" }, shows: "guarded" },
  "its own request": { path: "/", headers: { Origin: "http://127.0.0.1:PORT", "Sec-Fetch-Site": "same-origin" }, shows: "guarded" },
  "a report": { path: "/files/reports/summary.html?v=3", shows: "The report" },
  "an executed notebook": { path: "/notebooks/one", shows: "The notebook" },
  "the same by the report's link": { path: "/files/reports/notebooks/one.html", shows: "The notebook" },
  "the stream of events": { path: "/events", headers: { "Sec-Fetch-Site": "same-origin" }, shows: "text/event-stream" },
  "the link": { path: `/?token=${token}`, headers: { Cookie: null }, shows: "HttpOnly; SameSite=Strict" },
  "the link followed from another page": { path: `/?token=${token}`, headers: { Cookie: null, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" }, shows: "HttpOnly; SameSite=Strict" },
};

test.each(Object.entries(honest))("serves %s", async (_, { shows, ...request }) => {
  const answer = await send(request);
  expect(statusOf(answer)).toBe(200);
  expect(answer).toContain(shows);
  for (const header of ["X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer", "Cache-Control: no-store", "Content-Security-Policy: default-src 'none'"]) expect(answer).toContain(header);
  expect(answer).not.toMatch(/unsafe-eval|Access-Control-Allow/i);
});

const files = (path: string): Request => ({ path: `/files/${path}` });

const hostile: Readonly<Record<string, Request>> = {
  "no cookie": { headers: { Cookie: null } },
  "an empty token": { headers: { Cookie: "stitchbook-watch-PORT=" } },
  "a wrong token": { headers: { Cookie: "stitchbook-watch-PORT=wrong" } },
  "the beginning of the token": { headers: { Cookie: `stitchbook-watch-PORT=${token.slice(0, -1)}` } },
  "the token of another port": { headers: { Cookie: `stitchbook-watch-1=${token}` } },
  "the token under another name": { headers: { Cookie: `token=${token}` } },
  "a wrong token in the link": { path: "/?token=wrong", headers: { Cookie: null } },
  "a link without a token": { path: "/?token=", headers: { Cookie: null } },
  "the token in the address of a report": { path: `/files/reports/summary.html?token=${token}`, headers: { Cookie: null } },
  "the token in the address of events": { path: `/events?token=${token}`, headers: { Cookie: null } },
  "a foreign name that leads here": { headers: { Host: "evil.example" } },
  "a foreign name with this port": { headers: { Host: "evil.example:PORT" } },
  "another port": { headers: { Host: "127.0.0.1:1" } },
  "no port": { headers: { Host: "127.0.0.1" } },
  "a name that begins like this one": { headers: { Host: "127.0.0.1.evil.example:PORT" } },
  "a name that ends like this one": { headers: { Host: "evil.localhost:PORT" } },
  "two hosts": { headers: { Host: ["127.0.0.1:PORT", "evil.example"] } },
  "no host": { headers: { Host: null } },
  "no host, the old way": { headers: { Host: null }, version: "HTTP/1.0" },
  "a whole address of another host": { path: "http://evil.example/" },
  "another origin": { headers: { Origin: "http://evil.example" } },
  "another origin's stream of events": { path: "/events", headers: { Origin: "http://evil.example" } },
  "the origin of another port here": { path: "/events", headers: { Origin: "http://127.0.0.1:8888" } },
  "the origin of the other name": { path: "/events", headers: { Origin: "http://localhost:PORT" } },
  "no origin to speak of": { path: "/events", headers: { Origin: "null" } },
  "a script on another site": { path: "/files/reports/summary.html", headers: { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors" } },
  "a page on another port": { path: "/", headers: { "Sec-Fetch-Site": "same-site" } },
  "a frame on another site that knows the link": { path: `/?token=${token}`, headers: { Cookie: null, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe" } },
  "a WebSocket": { path: "/events", headers: { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13" } },
  "a form": { method: "POST", headers: { "Content-Length": "0" } },
  "a deletion": { method: "DELETE", path: "/files/reports/summary.html" },
  "a question for options": { method: "OPTIONS", headers: { Origin: "http://127.0.0.1:PORT", "Access-Control-Request-Method": "PUT" } },
  "a tunnel": { method: "CONNECT", path: "evil.example:443" },
  "the secrets file": files(".env"),
  "the way up": files("../.env"),
  "the way up from a report": files("reports/../.env"),
  "the way up, encoded": files("reports/%2e%2e/.env"),
  "the way up, encoded twice": files("reports/%252e%252e/.env"),
  "the way up with encoded slashes": files("reports%2f..%2f.env"),
  "the way up with back slashes": files("reports\\..\\.env"),
  "the way up with encoded back slashes": files("reports%5c..%5c.env"),
  "the way up in overlong bytes": files("reports/%c0%ae%c0%ae/.env"),
  "a path of the system": files("/etc/passwd"),
  "a path with a null": files("reports/summary.html%00.env"),
  "an address that is not one": files("%"),
  "a source": files("notebooks/one.ipynb"),
  "the template of a report": files("templates/summary.md"),
  "the configuration": files("stitchbook.yaml"),
  "the state": files(".stitchbook/records/one.json"),
  "an executed notebook as a file": files("reports/notebooks/one.ipynb"),
  "a notebook that is none": { path: "/notebooks/../../.env" },
  "a report that is a link to the secrets": files("reports/linked.html"),
  "a report behind a folder that leads out": files("away/page.html"),
  "two slashes": { path: "//evil.example/" },
  "the code of the engine": { path: "/watch.ts" },
};

test.each(Object.entries(hostile))("refuses %s", async (_, request) => {
  const answer = await send(request);
  expect([0, 400, 403, 404, 405]).toContain(statusOf(answer));
  expect(answer).not.toContain(secret);
  expect(answer).not.toContain("The report");
  expect(answer).not.toContain("guarded");
  expect(answer).not.toMatch(/Set-Cookie|Access-Control-Allow/i);
});

test("a port that is taken gives the next free one", async () => {
  const other = await startPreviewServer(server.port, { token, answer: async () => null, present: () => [] });
  expect(other.port).toBeGreaterThan(server.port);
  await other.close();
});

test("no script runs in a page without a strict policy of its own", () => {
  const strict = "default-src 'none'; img-src data:; style-src 'sha256-a'; script-src 'sha256-b'; base-uri 'none'; form-action 'none'";
  const page = (policy: string) => `<html><head><meta http-equiv="Content-Security-Policy" content="${policy}"></head><body></body></html>`;
  expect(policyOf(page(strict))).toBe(`${strict}; frame-ancestors 'self'`);
  for (const lax of ["default-src *", "default-src 'none'; script-src 'unsafe-inline'", "default-src 'none'; script-src https://evil.example", ""]) expect(policyOf(page(lax))).not.toContain("script-src");
  expect(policyOf(`<html><body>${page(strict)}`)).not.toContain("script-src");
});
