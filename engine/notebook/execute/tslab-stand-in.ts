import { randomUUID } from "node:crypto";
import type { JsonValue } from "../../project/types.js";
import type { DisplayHook } from "./display-hook.js";

/** What notebooks written for tslab use of it; the module itself would load the TypeScript compiler. */
export type TslabStandIn = {
  readonly display: TslabDisplay;
  readonly newDisplay: () => TslabDisplay;
};

export type TslabDisplay = Readonly<Record<"javascript" | "html" | "markdown" | "latex" | "svg" | "text", (text: string) => void>> &
  Readonly<Record<"png" | "jpeg" | "gif" | "pdf", (bytes: Uint8Array) => void>> & {
    readonly raw: (contentType: string, content: string | Uint8Array) => void;
  };

const textTypes = {
  javascript: "text/javascript",
  html: "text/html",
  markdown: "text/markdown",
  latex: "text/latex",
  svg: "image/svg+xml",
  text: "text/plain",
} as const;

const binaryTypes = { png: "image/png", jpeg: "image/jpeg", gif: "image/gif", pdf: "application/pdf" } as const;

/**
 * Makes the module that cells get for `tslab`.
 *
 * @param show - receives what is displayed; of a display made by `newDisplay` with its identity
 */
export function createTslabStandIn(show: DisplayHook): TslabStandIn {
  const newDisplay = (): TslabDisplay => {
    const id = randomUUID();
    let isUpdate = false;
    return createDisplay((data) => {
      show(data, { id, isUpdate });
      isUpdate = true;
    });
  };
  return { display: createDisplay(show), newDisplay };
}

function createDisplay(show: DisplayHook): TslabDisplay {
  const raw = (contentType: string, content: string | Uint8Array): void => show({ [contentType]: toContent(contentType, content) });
  const text = (type: keyof typeof textTypes) => (content: string) => raw(textTypes[type], content);
  const binary = (type: keyof typeof binaryTypes) => (content: Uint8Array) => raw(binaryTypes[type], content);
  return {
    javascript: text("javascript"),
    html: text("html"),
    markdown: text("markdown"),
    latex: text("latex"),
    svg: text("svg"),
    text: text("text"),
    png: binary("png"),
    jpeg: binary("jpeg"),
    gif: binary("gif"),
    pdf: binary("pdf"),
    raw,
  };
}

/** Text as it is, bytes in base64, and JSON types as the value that they hold. */
function toContent(contentType: string, content: string | Uint8Array): JsonValue {
  if (typeof content !== "string") return Buffer.from(content).toString("base64");
  if (!/[/+]json$/.test(contentType)) return content;
  try {
    const value: JsonValue = JSON.parse(content);
    return value;
  } catch {
    return content;
  }
}
