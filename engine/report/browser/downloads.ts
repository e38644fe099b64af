import type { Spec } from "vega";

/** Adds buttons to a figure's caption that save its chart as SVG and its data as CSV. */
export function addDownloads(host: HTMLElement, spec: Spec): void {
  const caption = host.closest("figure")?.querySelector("figcaption");
  if (caption === null || caption === undefined) return;
  const name = host.dataset.file ?? "chart";
  const tools = document.createElement("span");
  tools.className = "tools";
  tools.append(button("SVG", `Save ${name} as SVG`, () => save(`${name}.svg`, "image/svg+xml", svgOf(host))));
  const tables = tablesOf(spec);
  tables.forEach((rows, index) => {
    const file = `${name}${tables.length > 1 ? `-${index + 1}` : ""}.csv`;
    tools.append(button(tables.length > 1 ? `CSV ${index + 1}` : "CSV", `Save the data of ${file} as CSV`, () => save(file, "text/csv", csvOf(rows))));
  });
  caption.append(" ", tools);
}

function button(text: string, label: string, act: () => void): HTMLElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.title = label;
  made.setAttribute("aria-label", label);
  made.addEventListener("click", act);
  return made;
}

/** The chart as it is shown, on paper of its own, with the rules that make it dark where the reader's system is. */
function svgOf(host: HTMLElement): string {
  const svg = host.querySelector("svg")?.cloneNode(true);
  if (!(svg instanceof SVGSVGElement)) return "";
  const look = JSON.parse(document.getElementById("chart-look")?.textContent ?? "{}") as { style?: string; paper?: string };
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  svg.removeAttribute("style");
  const style = document.createElementNS("http://www.w3.org/2000/svg", "style");
  style.textContent = look.style ?? "";
  const sheet = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [key, value] of Object.entries({ class: "paper", width: "100%", height: "100%", fill: look.paper ?? "#ffffff" })) sheet.setAttribute(key, value);
  svg.prepend(style, sheet);
  return new XMLSerializer().serializeToString(svg);
}

type Row = Readonly<Record<string, unknown>>;

function tablesOf(spec: Spec): Row[][] {
  return (spec.data ?? []).flatMap((source) => {
    const values: unknown = Reflect.get(source, "values");
    if (!Array.isArray(values) || values.length === 0) return [];
    return [values.map((row: unknown): Row => (typeof row === "object" && row !== null ? { ...row } : { value: row }))];
  });
}

function csvOf(rows: readonly Row[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cell = (value: unknown): string => {
    const text = value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  return `${[names, ...rows.map((row) => names.map((name) => row[name]))].map((line) => line.map(cell).join(",")).join("\n")}\n`;
}

function save(name: string, type: string, content: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: `${type};charset=utf-8` }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
