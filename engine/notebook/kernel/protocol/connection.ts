import { readFileSync } from "node:fs";

/** What a connection file says. */
export type Connection = {
  readonly transport: string;
  readonly ip: string;
  readonly key: string;
  readonly ports: Readonly<Record<ChannelName, number>>;
};

export type ChannelName = "shell" | "control" | "iopub" | "stdin" | "hb";

const channels: readonly ChannelName[] = ["shell", "control", "iopub", "stdin", "hb"];

/**
 * Reads a connection file.
 *
 * @param path - as given with `--config-path`
 * @throws Error where it can't be read or is none
 * @see https://jupyter-client.readthedocs.io/en/stable/kernels.html#connection-files
 */
export function readConnection(path: string): Connection {
  const found: unknown = JSON.parse(readFileSync(path, "utf8"));
  const fields: Readonly<Record<string, unknown>> = typeof found === "object" && found !== null ? Object.fromEntries(Object.entries(found)) : {};
  const scheme = fields["signature_scheme"];
  if (typeof scheme === "string" && scheme !== "" && scheme !== "hmac-sha256") throw new Error(`${path}: expected the signature scheme hmac-sha256, found ${scheme}.`);
  const text = (name: string, fallback: string): string => (typeof fields[name] === "string" ? fields[name] : fallback);
  const port = (name: ChannelName): number => {
    const value = fields[`${name}_port`];
    if (typeof value !== "number") throw new Error(`${path} is no connection file: expected a number \`${name}_port\`, found ${JSON.stringify(value) ?? "none"}.`);
    return value;
  };
  const ports = { shell: port("shell"), control: port("control"), iopub: port("iopub"), stdin: port("stdin"), hb: port("hb") };
  return { transport: text("transport", "tcp"), ip: text("ip", "127.0.0.1"), key: text("key", ""), ports };
}

/** The address that a channel is bound to. */
export function addressOf({ transport, ip, ports }: Connection, channel: ChannelName): string {
  return transport === "ipc" ? `ipc://${ip}-${ports[channel]}` : `${transport}://${ip}:${ports[channel]}`;
}

export { channels };
