import { afterEach, describe, expect, it } from "vitest";
import { openChannels } from "../../../engine/observe/alerts/channels.js";
import { deliver, type DeliverOptions } from "../../../engine/observe/alerts/deliver.js";
import { composeMessage } from "../../../engine/observe/alerts/message.js";
import type { News } from "../../../engine/observe/alerts/types.js";
import { accept, startMailServer, startRawServer, startWebhook } from "./servers.js";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
function keep<T extends { readonly close: () => Promise<void> }>(server: T): T {
  closing.push(server.close);
  return server;
}

const failed: News = {
  kind: "failed",
  key: "f",
  since: "2026-01-01T06:00:00.000Z",
  failure: { task: "cleaning@oslo", kind: "cell-error", message: "TypeError: <b>temp</b> & `max` is undefined\nsecond line", place: { file: "notebooks/02-cleaning.ipynb", cell: 3, line: 5, column: 2 }, hint: null },
};
const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
const message = composeMessage([failed], { project: "weather", run: "2026-01-01T060000Z-ab12", time: "2026-01-01T06:00:00.000Z", durationMs: 6200, overrides: [], link: "https://ci.example.org/runs/7" }, { png, alt: "a line", caption: "Residuals" });

function channelOf(alerts: { slack?: string; smtp?: string }) {
  const email = alerts.smtp === undefined ? null : { smtp: alerts.smtp, from: "pipeline@example.org", to: ["team@example.org"] };
  const [channel] = openChannels({ slack: alerts.slack ?? null, email, link: null, on: [], rules: [] }, {}).channels;
  if (channel === undefined) throw new Error("no channel");
  return channel;
}

const send = (alerts: { slack?: string; smtp?: string }, options: Partial<DeliverOptions> = {}) => deliver(channelOf(alerts), message, { signal: new AbortController().signal, ...options }).then(({ error }) => error);

describe("Slack", () => {
  it("gets blocks that say what, where, since when, and where to look", async () => {
    const hook = keep(await startWebhook(accept));
    expect(await send({ slack: hook.url })).toBeNull();
    const [body = ""] = hook.bodies;
    const { text, blocks } = JSON.parse(body) as { text: string; blocks: { type: string; text?: { text: string } }[] };
    expect(text).toBe("🔴 weather: cleaning@oslo failed: TypeError: &lt;b&gt;temp&lt;/b&gt; &amp; `max` is undefined");
    expect(blocks.map(({ type }) => type)).toEqual(["header", "section", "context"]);
    expect(blocks[1]?.text?.text).toContain("Where: notebooks/02-cleaning.ipynb, cell 3, line 5, column 2\n");
    expect(blocks[1]?.text?.text).toContain("Open it: `stitchbook lab cleaning@oslo`");
    expect(blocks[1]?.text?.text).toContain("Since: 1 Jan 2026, 06:00 UTC");
    expect(body).toContain("<https://ci.example.org/runs/7|https://ci.example.org/runs/7>");
  });

  it("is asked again after a failure of its own, and after the time that it names", async () => {
    const hook = keep(
      await startWebhook((response, index) => {
        if (index === 0) response.writeHead(429, { "retry-after": "1" }).end("rate_limited");
        else if (index === 1) response.writeHead(500).end();
        else response.end("ok");
      }),
    );
    expect(await send({ slack: hook.url })).toBeNull();
    expect(hook.bodies).toHaveLength(3);
  });

  it("is not asked again where that is pointless: refused, told to wait for long, or sent elsewhere", async () => {
    const refusing = keep(await startWebhook((response) => response.writeHead(404).end("no_service")));
    expect(await send({ slack: refusing.url })).toBe("Slack answered 404 (no_service)");
    expect(refusing.bodies).toHaveLength(1);
    const busy = keep(await startWebhook((response) => response.writeHead(429, { "retry-after": "60" }).end()));
    expect(await send({ slack: busy.url })).toBe("Slack answered 429; it asks to wait 60 s, longer than a run does");
    expect(busy.bodies).toHaveLength(1);
  });

  it("that hangs is given up in time, and at once when the run is stopped", async () => {
    const hook = keep(await startWebhook(() => undefined));
    expect(await send({ slack: hook.url }, { withinMs: 500 })).toBe("no answer within 0.5 s");
    const stop = new AbortController();
    const sending = send({ slack: hook.url }, { signal: stop.signal });
    stop.abort();
    expect(await sending).toBe("the run was stopped");
  }, 30_000);

  it("that isn't there is said to be so", async () => {
    const hook = await startWebhook(accept);
    await hook.close();
    expect(await send({ slack: hook.url }, { withinMs: 2000 })).toContain("ECONNREFUSED");
  }, 30_000);
});

describe("e-mail", () => {
  it("goes by STARTTLS and with a password; as text, as HTML and with the chart in it", async () => {
    const server = keep(await startMailServer());
    expect(await send({ smtp: `smtp://pipeline:open%20sesame@${server.address}` })).toBeNull();
    expect(server.sessions).toEqual([{ secure: true, user: "pipeline" }]);
    const [mail] = server.mails;
    expect(mail?.subject).toBe("[Alert] weather: cleaning@oslo failed: TypeError: <b>temp</b> & `max` is undefined");
    expect([mail?.from?.text, mail?.to]).toMatchObject(["pipeline@example.org", { text: "team@example.org" }]);
    expect(mail?.text).toContain("  Where: notebooks/02-cleaning.ipynb, cell 3, line 5, column 2\n");
    expect(mail?.html).toContain("&lt;b&gt;temp&lt;/b&gt;");
    expect(mail?.attachments).toMatchObject([{ contentType: "image/png", contentDisposition: "inline", cid: "chart@stitchbook" }]);
  });

  it("goes by TLS from the start, and without TLS or a password", async () => {
    const tls = keep(await startMailServer({ secure: true }));
    expect(await send({ smtp: `smtps://pipeline:open%20sesame@${tls.address}` })).toBeNull();
    expect(tls.sessions).toEqual([{ secure: true, user: "pipeline" }]);
    const plain = keep(await startMailServer({ hideSTARTTLS: true }));
    expect(await send({ smtp: `smtp://${plain.address}` })).toBeNull();
    expect(plain.sessions).toEqual([{ secure: false, user: null }]);
  });

  it("is not tried again with a wrong password, or an address that the server refuses", async () => {
    let tries = 0;
    const server = keep(await startMailServer({ onAuth: (_auth, _session, done) => (tries += 1, done(new Error("no"))) }));
    expect(await send({ smtp: `smtp://pipeline:wrong@${server.address}` })).toContain("Invalid login");
    expect(tries).toBe(1);
    const refusing = keep(await startMailServer({ onRcptTo: (_address, _session, done) => done(Object.assign(new Error("no such user"), { responseCode: 550 })) }));
    expect(await send({ smtp: `smtp://${refusing.address}` })).toContain("550 no such user");
  });

  it("is tried again when the server dies in mid-message", async () => {
    let tries = 0;
    const server = keep(
      await startRawServer((socket) => {
        tries += 1;
        socket.write("220 here\r\n");
        socket.on("data", (data) => {
          const line = String(data);
          if (/^(EHLO|HELO|MAIL|RCPT)/.test(line)) socket.write("250 OK\r\n");
          else if (line.startsWith("DATA")) socket.write("354 go on\r\n");
          else socket.destroy();
        });
      }),
    );
    expect(await send({ smtp: `smtp://${server.address}` }, { withinMs: 2500 })).toContain("the mail server:");
    expect(tries).toBeGreaterThan(1);
  }, 30_000);

  it("is given up in time where the server says nothing", async () => {
    const server = keep(await startRawServer(() => undefined));
    expect(await send({ smtp: `smtp://${server.address}?greetingTimeout=200` }, { withinMs: 1500 })).toContain("the mail server: Greeting never received");
  }, 30_000);

  it("needs an address of a mail server", async () => {
    expect(await send({ smtp: "mail.example.org" })).toBe("the address of the mail server must be smtp://... or smtps://...");
  });
});
