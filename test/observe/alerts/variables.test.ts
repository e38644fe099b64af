import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openChannels } from "../../../engine/observe/alerts/channels.js";
import { fillVariables, readVariables } from "../../../engine/observe/alerts/variables.js";

describe("variables", () => {
  it("come from the environment first, then from .env; an empty one counts as none", async () => {
    const root = await mkdtemp(join(tmpdir(), "stitchbook-env-"));
    try {
      expect(readVariables(root, { A: "1", B: "" })).toEqual({ A: "1" });
      await writeFile(join(root, ".env"), '# hooks\nA=file\nB="of the file"\nC=\n');
      expect(readVariables(root, { A: "1", B: "" })).toEqual({ A: "1", B: "of the file" });
    } finally {
      await rm(root, { recursive: true });
    }
  });

  it("are put into a text, or named where they are unset", () => {
    expect(fillVariables("smtp://${USER}:${PASS}@host", { USER: "u", PASS: "$&" })).toEqual({ value: "smtp://u:$&@host", used: { USER: "u", PASS: "$&" } });
    expect(fillVariables("${A} ${B} ${A}", {})).toEqual({ value: null, unset: ["A", "B"] });
    expect(fillVariables("plain", {})).toEqual({ value: "plain", used: {} });
  });
});

describe("channels", () => {
  const alerts = { slack: "${HOOK}", email: { smtp: "${SMTP_URL}", from: "a@b.org", to: ["${TEAM}"] }, link: "${CI_RUN_URL}", on: [], rules: [] };

  it("are off where a variable is unset, and name it", () => {
    const { channels, off, link } = openChannels(alerts, { SMTP_URL: "smtp://h" });
    expect([channels.map(({ name }) => name), off, link]).toEqual([[], [{ name: "slack", unset: ["HOOK"] }, { name: "email", unset: ["TEAM"] }], null]);
  });

  it("keep as secrets what they are reached by, a password also apart from its address", () => {
    const { secrets } = openChannels(alerts, { HOOK: "https://hooks/T0/B0", SMTP_URL: "smtp://user:p%40ssw0rd@h", TEAM: "a@b.org, c@d.org" });
    expect(Object.values(secrets)).toEqual(expect.arrayContaining(["https://hooks/T0/B0", "smtp://user:p%40ssw0rd@h", "p@ssw0rd"]));
  });
});
