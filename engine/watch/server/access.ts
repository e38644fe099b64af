import { timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** A request, as far as it decides who may see anything. */
export type Asked = {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** Name, value, name, value ... as they were sent. */
  readonly rawHeaders: readonly string[];
  /** The other end's address. */
  readonly remoteAddress: string | undefined;
};

export type AccessRules = {
  readonly port: number;
  readonly token: string;
};

export type Access =
  /** Knows the token, by its cookie. */
  | { readonly kind: "granted"; readonly path: string }
  /** Comes by the link with the token: gets the cookie. */
  | { readonly kind: "enters" }
  | { readonly kind: "refused"; readonly status: 400 | 403 | 404 | 405; readonly reason: string };

/** The name holds the port, since a browser gives a host's cookies to all its ports. */
export function cookieName(port: number): string {
  return `stitchbook-watch-${port}`;
}

/**
 * Decides who gets in: this machine, by the page's own address, with the token, from no other page.
 *
 * `Host` must name this address, so that no foreign name that is made to lead here gets anything. `Origin` and
 * `Sec-Fetch-Site` must be the page's own, where a browser sends them; only the link itself may be followed from elsewhere.
 */
export function judgeAccess(asked: Asked, rules: AccessRules): Access {
  const { headers, rawHeaders, method, url = "" } = asked;
  if (!isLoopback(asked.remoteAddress)) return refuse(403, "not from this machine");
  const hosts = [`127.0.0.1:${rules.port}`, `localhost:${rules.port}`];
  if (countHeader(rawHeaders, "host") !== 1 || headers.host === undefined || !hosts.includes(headers.host)) return refuse(403, "not by this address");
  if (countHeader(rawHeaders, "origin") > 1 || (headers.origin !== undefined && headers.origin !== `http://${headers.host}`)) return refuse(403, "from another page");
  if (headers.upgrade !== undefined) return refuse(400, "no upgrade");
  if (method !== "GET" && method !== "HEAD") return refuse(405, "nothing can be sent here");
  const site = headers["sec-fetch-site"];
  const isOwn = site === undefined || site === "same-origin" || site === "none";
  const link = /^\/\?token=([A-Za-z0-9_-]{1,200})$/.exec(url);
  if (link !== null) {
    const isNavigation = isOwn || (headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document");
    if (!isNavigation) return refuse(403, "from another page");
    return isSame(link[1] ?? "", rules.token) ? { kind: "enters" } : refuse(403, "wrong token");
  }
  if (!isOwn) return refuse(403, "from another page");
  if (!readCookies(headers.cookie, cookieName(rules.port)).some((value) => isSame(value, rules.token))) return refuse(403, "no token");
  const path = readPath(url);
  return path === null ? refuse(404, "nothing here") : { kind: "granted", path };
}

function refuse(status: 400 | 403 | 404 | 405, reason: string): Access {
  return { kind: "refused", status, reason };
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/.test(address);
}

function countHeader(raw: readonly string[], name: string): number {
  return raw.filter((each, index) => index % 2 === 0 && each.toLowerCase() === name).length;
}

function readCookies(header: string | undefined, name: string): readonly string[] {
  return (header ?? "").split(";").flatMap((pair) => {
    const [key = "", value = ""] = pair.trim().split("=", 2);
    return key === name ? [value] : [];
  });
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * The path of an address, decoded once. It is only ever looked up among the paths that are served, so that nothing in it
 * can lead anywhere; what still looks like a way out is not even looked up.
 */
function readPath(url: string): string | null {
  const end = url.search(/[?#]/);
  const written = end === -1 ? url : url.slice(0, end);
  if (!written.startsWith("/") || written.startsWith("//")) return null;
  try {
    const path = decodeURIComponent(written);
    return /[\\\u0000-\u001f\u007f]|(^|\/)\.{1,2}(\/|$)|\/\//.test(path) ? null : path;
  } catch {
    return null;
  }
}
