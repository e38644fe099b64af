import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMasker } from "../../../engine/notebook/secrets/masker.js";
import type { CellOutput } from "../../../engine/notebook/types.js";
import { escapeText } from "../../../engine/report/escape.js";

const value = `p4ss"w/o\\rd <&'+é> 100%_=k`;
const masker = createMasker({ API_TOKEN: value, OTHER: "0ther-value" });
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** The ways of writing that programs in use have. */
const encoders: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) => text,
  "Base64": (text) => Buffer.from(text).toString("base64"),
  "Base64 without padding": (text) => Buffer.from(text).toString("base64").replace(/=+$/, ""),
  "URL-safe Base64": (text) => Buffer.from(text).toString("base64url"),
  "Base64 of a pair": (text) => Buffer.from(`x:${text}:y`).toString("base64"),
  "Base64 of a longer pair": (text) => Buffer.from(`ab:${text}:yz`).toString("base64"),
  hex: (text) => Buffer.from(text).toString("hex"),
  "upper-case hex": (text) => Buffer.from(text).toString("hex").toUpperCase(),
  encodeURIComponent,
  "lower-case percent": (text) => encodeURIComponent(text).replace(/%../g, (code) => code.toLowerCase()),
  encodeURI,
  form: (text) => new URLSearchParams({ token: text }).toString(),
  "a URL's user": (text) => Object.assign(new URL("http://host/"), { username: "u", password: text }).href,
  "a URL's query": (text) => new URL(`http://host/?q=${text}`).href,
  JSON: (text) => JSON.stringify({ token: text }),
  "JSON in JSON": (text) => JSON.stringify(JSON.stringify({ token: text })),
  "JSON in ASCII": (text) => JSON.stringify(text).replace(/[^ -~<>&]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`),
  "HTML by numbers": escapeHtml,
  "HTML by names": (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
  "a percent-encoded link in HTML": (text) => escapeHtml(encodeURI(text)),
  "text in Markdown": (text) => text.replace(/[\\`*_[\]<>|~&$]/g, "\\$&"),
  "a value in a report": escapeText,
  inspect: (text) => inspect({ headers: { token: text } }),
};

describe("a secret in text", () => {
  it.each(Object.keys(encoders))("is hidden: %s", (name) => {
    const shown = encoders[name]?.(value) ?? "";
    const masked = masker.text(`before ${shown} behind`);
    expect(masked).toContain("[secret API_TOKEN]");
    expect(masked.startsWith("before ") && masked.endsWith(" behind")).toBe(true);
    // Nothing but a few characters of the frame are left.
    expect(masked.length).toBeLessThan(75);
    for (const part of ["p4ss", "100"]) expect(masked).not.toContain(part);
  });

  it("is hidden wherever it stands, and nothing else is", () => {
    expect(masker.text(`0ther-value${value}, 0ther-valu, ${value.slice(0, 7)}`)).toBe(`[secret OTHER][secret API_TOKEN], 0ther-valu, ${value.slice(0, 7)}`);
    expect(masker.text("nothing of the kind")).toBe("nothing of the kind");
  });

  it("is hidden where a program has cut it short", () => {
    const long = createMasker({ LONG: "abcdefghijklmnop".repeat(10) });
    expect(long.text(`token ${"abcdefghijklmnop".repeat(4)}…`)).toBe("token [secret LONG]…");
    expect(long.text("token abcdefghijkl... (160 characters)")).toBe("token [secret LONG]... (160 characters)");
  });

  it("is hidden line by line where it has several", () => {
    const key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqh\nkiG9w0BAQEFAASC\n-----END KEY-----\n";
    const masked = createMasker({ KEY: key });
    expect(masked.text(`<${key}>`)).toBe("<[secret KEY]>");
    expect(masked.text(key.replaceAll("\n", "\r\n"))).toBe("[secret KEY]");
    expect(masked.text(JSON.stringify(key))).toBe('"[secret KEY]"');
    expect(masked.text("1: MIIEvQIBADANBgkqh\n2: kiG9w0BAQEFAASC")).toBe("1: [secret KEY]\n2: [secret KEY]");
  });

  it("that overlaps or holds another one leaves nothing of either", () => {
    const both = createMasker({ A: "abcdef", B: "defghi", C: "abcdefghijkl" });
    expect(both.text("-abcdefghi-")).toBe("-[secret A]-");
    expect(both.text("-abcdefghijkl-")).toBe("-[secret C]-");
  });

  it("is hidden once: a second time changes nothing, even for a secret called secret", () => {
    const plain = createMasker({ TOKEN: "secret", NAME: "TOKEN" });
    const once = plain.text("my secret TOKEN");
    expect(once).toBe("my [secret TOKEN] [secret NAME]");
    expect(plain.text(once)).toBe(once);
    expect(masker.text(masker.text(value))).toBe("[secret API_TOKEN]");
  });

  it("of fewer than four characters is left alone, and no secret at all costs nothing", () => {
    expect(createMasker({ A: "abc", B: "" }).text("abc")).toBe("abc");
    expect(createMasker({ A: "abc" }).isActive).toBe(false);
    expect(createMasker({ A: "abcd" }).text("abcd")).toBe("[secret A]");
  });

  it("is found whatever it is made of", () => {
    const text = fc.string({ unit: "grapheme", minLength: 8, maxLength: 40 }).filter((each) => each.length >= 8 && !/\p{Surrogate}/u.test(each) && !each.includes("\0"));
    fc.assert(fc.property(text, fc.constantFrom(...Object.keys(encoders).filter((name) => !/report|HTML by names/.test(name))), (secret, name) => {
      fc.pre(!(name === "inspect" || name.startsWith("a URL")) || /^[\x20-\x7e]*$/.test(secret.trim()));
      fc.pre(secret === secret.trim());
      expect(createMasker({ S: secret }).text(encoders[name]?.(secret) ?? "")).toContain("[secret S]");
    }), { seed: 7, numRuns: 400 });
  });
});

describe("a secret in a stream", () => {
  it("is hidden however the text is cut into pieces", () => {
    const text = `start ${value} p4ss ${value}${value.slice(0, 9)} and ${encodeURIComponent(value)}; ${Buffer.from(value).toString("base64")}\n`;
    const whole = masker.text(text);
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: text.length })), (cuts) => {
      const points = [0, ...cuts.sort((a, b) => a - b), text.length];
      const stream = masker.stream();
      const pieces = points.slice(1).flatMap((end, index) => stream.add(2, text.slice(points[index], end)));
      expect([...pieces, ...stream.end()].map((piece) => piece.text).join("")).toBe(whole);
    }), { seed: 7, numRuns: 300 });
  });

  it("does not keep back what can be no secret", () => {
    const stream = masker.stream();
    expect(stream.add(2, "a line\n")).toEqual([{ cell: 2, text: "a line\n" }]);
    expect(stream.add(2, "p4s")).toEqual([]);
    expect(stream.add(2, "t")).toEqual([{ cell: 2, text: "p4st" }]);
    expect(stream.end()).toEqual([]);
  });

  it("is hidden over the end of a cell, and all else stays with its cell", () => {
    const stream = masker.stream();
    expect(stream.add(2, `two ${value.slice(0, 5)}`)).toEqual([{ cell: 2, text: "two " }]);
    expect(stream.add(3, value.slice(5, 9))).toEqual([]);
    expect(stream.add(4, `${value.slice(9)} four p4`)).toEqual([{ cell: 2, text: "[secret API_TOKEN]" }, { cell: 4, text: " four " }]);
    expect(stream.add(5, "five")).toEqual([{ cell: 4, text: "p4" }, { cell: 5, text: "five" }]);
  });
});

describe("a secret in an output", () => {
  const display = (data: Extract<CellOutput, { output_type: "display_data" }>["data"]): CellOutput => ({ output_type: "display_data", data, metadata: { note: value } });

  it("is hidden in text, in SVG, and in JSON as a value or a key, which stays JSON", () => {
    const masked = masker.output(display({
      "text/html": `<b>${escapeHtml(value)}</b>`,
      "image/svg+xml": `<svg><text>${value}</text></svg>`,
      "application/vnd.vegalite.v5+json": { data: { values: [{ [value]: 1, b: [value, null, true, 2.5] }] } },
    }));
    expect(masked).toEqual({
      output_type: "display_data",
      data: {
        "text/html": "<b>[secret API_TOKEN]</b>",
        "image/svg+xml": "<svg><text>[secret API_TOKEN]</text></svg>",
        "application/vnd.vegalite.v5+json": { data: { values: [{ "[secret API_TOKEN]": 1, b: ["[secret API_TOKEN]", null, true, 2.5] }] } },
      },
      metadata: { note: "[secret API_TOKEN]" },
    });
  });

  it("is hidden where it is a number", () => {
    const pin = createMasker({ PIN: "48151623" });
    expect(pin.output(display({ "application/json": [48151623, 4815162, 481516234] }))).toMatchObject({ data: { "application/json": ["[secret PIN]", 4815162, 481516234] } });
  });

  it("takes a picture with it whose bytes hold it, and leaves other pictures as they are", () => {
    const picture = (text: string) => Buffer.from(`\u0089PNG tEXt ${text}`, "utf8").toString("base64");
    expect(masker.output(display({ "image/png": picture("author") }))).toMatchObject({ data: { "image/png": picture("author") } });
    expect(masker.output(display({ "image/png": picture(value) }))).toMatchObject({ data: { "text/plain": "A picture that holds a secret was left out." } });
    expect(JSON.stringify(masker.output(display({ "image/png": picture(value) })))).not.toContain("image/png");
  });

  it("is hidden in an error, with its traceback, hint and path", () => {
    expect(masker.output({ output_type: "error", ename: value, evalue: `no ${value}`, traceback: [value, "at x"] })).toEqual({ output_type: "error", ename: "[secret API_TOKEN]", evalue: "no [secret API_TOKEN]", traceback: ["[secret API_TOKEN]", "at x"] });
    expect(masker.failure({ kind: "cell-error", message: value, place: null, hint: `declare ${value}`, traceback: [value], path: `data/${value}` })).toEqual({ kind: "cell-error", message: "[secret API_TOKEN]", place: null, hint: "declare [secret API_TOKEN]", traceback: ["[secret API_TOKEN]"], path: "data/[secret API_TOKEN]" });
  });
});
