import type { MimeBundle } from "../notebook/types.js";
import type { JsonValue } from "../project/types.js";

/** The Vega-Lite spec of an output, whatever version its type names. */
export function chartOf(data: MimeBundle): JsonValue | null {
  const type = Object.keys(data).find((each) => /^application\/vnd\.vegalite\.v\d+\+json$/.test(each));
  return type === undefined ? null : data[type] ?? null;
}
