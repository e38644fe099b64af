import type { MimeBundle } from "../types.js";
import { inspectValue } from "./inspect-value.js";
import { renderTable } from "./render-table.js";
import { isTable } from "./table-like.js";
import { isVegaLiteSpec, renderVegaLite } from "./vega-lite-spec.js";

/**
 * A value in the forms it can be displayed in: an arquero table as a table, a Vega-Lite specification as a chart,
 * anything else as `util.inspect` writes it.
 */
export function renderValue(value: unknown): MimeBundle {
  if (isTable(value)) return renderTable(value);
  if (isVegaLiteSpec(value)) return renderVegaLite(value);
  return { "text/plain": inspectValue(value) };
}
