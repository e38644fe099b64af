/** What notebooks and the modules they call may use of Stitchbook: the module `stitchbook/notebook`. */
import { currentDisplay } from "../execute/display-hook.js";
import { renderValue } from "../execute/render-value.js";

/** Displays values in a notebook's cell. */
export interface Show {
  /**
   * Displays a value below the cell that runs, at any point of it and as often as it is called.
   *
   * An arquero table is shown as a table: its first 20 rows, with the type and the number of missing values of each
   * column; a click on a header sorts them, where the front end allows it. A Vega-Lite specification is drawn as a chart; in it, `data` (or the `values` of a data source, or an entry
   * of `datasets`) may be an arquero table as it is. Anything else is shown as text, as `console.log` would write it.
   *
   * Outside of a notebook the text form is printed.
   *
   * @param value - the table, specification or other value
   * @throws TypeError when a specification contains itself, RangeError when it holds more than 200,000 rows
   */
  (value: unknown): void;
  /**
   * Displays Markdown below the cell that runs. Outside of a notebook the text is printed.
   *
   * @param text - GitHub's Markdown
   */
  markdown(text: string): void;
}

/**
 * Displays a value in the notebook: `show(table)`, `show(chart)`, `show.markdown("**Done**")`.
 *
 * @see {@link Show}
 */
export const show: Show = Object.assign(showValue, { markdown: showMarkdown });

function showValue(value: unknown): void {
  display(renderValue(value));
}

function showMarkdown(text: string): void {
  display({ "text/markdown": text, "text/plain": text });
}

function display(data: ReturnType<typeof renderValue>): void {
  const hook = currentDisplay();
  if (hook === null) console.log("%s", data["text/plain"]);
  else hook(data);
}
