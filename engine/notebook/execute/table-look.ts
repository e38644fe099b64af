/**
 * How a table looks where a front end applies styles: in light and dark alike, since colours are the page's own. JupyterLab
 * and VS Code name them; elsewhere what lies under the header is blurred.
 */
export const tableStyle = `
.stitchbook-table{--paper:var(--jp-layout-color0,var(--vscode-editor-background,rgba(128,128,128,.1)));--line:rgba(128,128,128,.3);max-width:100%;margin:.3em 0;font-variant-numeric:tabular-nums lining-nums}
.stitchbook-table>div{display:inline-block;vertical-align:top;max-width:100%;max-height:420px;overflow:auto;box-sizing:border-box;border:1px solid var(--line);border-radius:4px}
.stitchbook-table>p{margin:.35em 0 0;font-size:.85em;opacity:.75}
.stitchbook-table table{border-collapse:separate;border-spacing:0;border:0;margin:0;font-size:13px;line-height:1.35;table-layout:auto;width:auto;color:inherit}
.stitchbook-table table tr:nth-child(n){background:none}
.stitchbook-table table tbody tr:nth-child(n):hover{background:rgba(128,128,128,.12)}
.stitchbook-table table th:nth-child(n),.stitchbook-table table td:nth-child(n){border:0;border-bottom:1px solid var(--line);padding:.3em .7em;text-align:left;vertical-align:top;white-space:pre;max-width:none;color:inherit}
.stitchbook-table table tbody tr:last-child td:nth-child(n){border-bottom:0}
.stitchbook-table table thead th:nth-child(n){position:sticky;top:0;z-index:1;background:var(--paper);backdrop-filter:blur(9px);font-weight:600;border-bottom-color:rgba(128,128,128,.6)}
.stitchbook-table table th[align=right]:nth-child(n),.stitchbook-table table td[align=right]:nth-child(n){text-align:right}
.stitchbook-table small{font-weight:400;font-size:.85em;opacity:.75}
.stitchbook-table table em{opacity:.6;font-size:.92em}
.stitchbook-table table code{font-size:.92em;background:none;padding:0;color:inherit}
.stitchbook-table th[tabindex]{cursor:pointer}
.stitchbook-table th[tabindex]:hover{background-image:linear-gradient(rgba(128,128,128,.15),rgba(128,128,128,.15))}
.stitchbook-table th[aria-sort]::after{content:" ▲";font-size:.75em}
.stitchbook-table th[aria-sort=descending]::after{content:" ▼"}`.trim();

/**
 * Sorts the shown rows by a click on a header: upward, downward, and back. Missing values come last. A front end that runs no
 * scripts, or strips them, leaves the table as it is; one that runs it again finds nothing to do.
 */
export const tableScript = `
(() => {
  const own = document.currentScript && document.currentScript.closest(".stitchbook-table");
  for (const box of own ? [own] : document.querySelectorAll(".stitchbook-table")) {
    if (box.dataset.sorts) continue;
    box.dataset.sorts = "yes";
    const body = box.querySelector("tbody"), heads = [...box.querySelectorAll("thead th")], rows = [...body.rows];
    const keyOf = (cell) => {
      if (cell.querySelector("em")) return null;
      const text = cell.dataset.value || cell.textContent, number = cell.align === "right" ? parseFloat(text) : NaN;
      return number === number ? number : text;
    };
    const compare = (a, b) => a === null || b === null ? (a === null) - (b === null) || 0 : typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1;
    heads.forEach((head, column) => {
      const sort = () => {
        const order = head.getAttribute("aria-sort"), next = order === "ascending" ? "descending" : order ? null : "ascending";
        for (const each of heads) each.removeAttribute("aria-sort");
        if (next) head.setAttribute("aria-sort", next);
        const keyed = rows.map((row) => ({ row, key: keyOf(row.cells[column]) }));
        if (next) keyed.sort((a, b) => a.key === null || b.key === null || next === "ascending" ? compare(a.key, b.key) : compare(b.key, a.key));
        body.append(...keyed.map(({ row }) => row));
      };
      head.tabIndex = 0;
      head.addEventListener("click", sort);
      head.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        event.stopPropagation();
        sort();
      });
    });
  }
})();`.trim();
