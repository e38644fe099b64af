/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** A run of children, and those that take its place. */
type Change = { readonly parent: Element; readonly old: readonly ChildNode[]; readonly added: readonly ChildNode[]; readonly before: ChildNode | null };

/**
 * Makes a page that is shown into a newer state of it, and touches only what differs: the rest need not be loaded, laid
 * out and brought to life anew.
 *
 * @param text HTML of the newer state
 * @returns false where that can't be done, since its style or its scripts differ or are somebody's own; nothing is
 * changed then
 */
export function patchPage(page: Document, text: string): boolean {
  if (!hasKnownStyles(page, text)) return false;
  const next = parseFor(page, text);
  if (!haveSameHead(page, next) || !hasOnlyKnownScripts(page) || !haveSameAttributes(page.body, next.body)) return false;
  keepOpen(page, next);
  const changes: Change[] = [];
  compare(page.body, next.body, changes);
  if (changes.some(({ old, added }) => [...old, ...added].some(holdsScript))) return false;
  for (const { parent, old, added, before } of changes) {
    old.forEach((node) => node.remove());
    for (const node of added) parent.insertBefore(page.importNode(node, true), before);
  }
  page.title = next.title;
  page.dispatchEvent(new Event("stitchbook:charts"));
  return true;
}

/** Of another style the browser would complain while it parses the text: the page does not allow it. */
function hasKnownStyles(page: Document, text: string): boolean {
  const known = new Set([...page.querySelectorAll("style")].map(({ textContent }) => textContent));
  return [...text.matchAll(/<style>([\s\S]*?)<\/style>/g)].every(([, style]) => known.has(style ?? ""));
}

/** Parsed where it will stand: what is allowed there is no matter of this page. */
function parseFor({ defaultView }: Document, text: string): Document {
  const parser: DOMParser = Reflect.construct(Reflect.get(defaultView ?? window, "DOMParser") as typeof DOMParser, []);
  return parser.parseFromString(text, "text/html");
}

function haveSameHead(page: Document, next: Document): boolean {
  const parts = ({ head }: Document) => [...head.children].filter(({ localName }) => localName !== "title");
  const [old, fresh] = [parts(page), parts(next)];
  return old.length === fresh.length && old.every((part, index) => part.isEqualNode(fresh[index] ?? null));
}

/** Scripts of the project's own frame may rest on any part of the page. */
function hasOnlyKnownScripts(page: Document): boolean {
  const known = page.documentElement.dataset.charts === undefined ? 0 : 1;
  return [...page.scripts].filter(canRun).length === known;
}

function canRun({ type }: HTMLScriptElement): boolean {
  return type !== "application/json";
}

function holdsScript(node: ChildNode): boolean {
  if (!isElement(node)) return false;
  const scripts = [...node.querySelectorAll("script"), ...(node.localName === "script" ? [node as HTMLScriptElement] : [])];
  return scripts.some(canRun);
}

/** What a reader has unfolded stays so. */
function keepOpen(page: Document, next: Document): void {
  const [old, fresh] = [[...page.querySelectorAll("details")], [...next.querySelectorAll("details")]];
  if (old.length === fresh.length) old.forEach(({ open }, index) => fresh[index]?.toggleAttribute("open", open));
}

function compare(old: Element, fresh: Element, changes: Change[]): void {
  // What charts have added for their tooltips is no part of the text.
  const [before, after] = [[...old.childNodes].filter((node) => !isElement(node) || node.className !== "tip"), [...fresh.childNodes]];
  const most = Math.min(before.length, after.length);
  let [start, end] = [0, 0];
  while (start < most && areSame(before[start], after[start])) start += 1;
  while (end < most - start && areSame(before.at(-1 - end), after.at(-1 - end))) end += 1;
  const [gone, added] = [before.slice(start, before.length - end), after.slice(start, after.length - end)];
  const [one, other] = [gone[0], added[0]];
  if (gone.length === 1 && added.length === 1 && isElement(one) && isElement(other) && canEnter(one) && one.localName === other.localName && haveSameAttributes(one, other)) compare(one, other, changes);
  else if (gone.length + added.length > 0) changes.push({ parent: old, old: gone, added, before: before[start + gone.length] ?? null });
}

/** A figure and a table are looked at as one: charts and sorting change them from within. */
function canEnter({ localName }: Element): boolean {
  return localName !== "figure" && localName !== "table";
}

function areSame(old: ChildNode | undefined, fresh: ChildNode | undefined): boolean {
  if (!isElement(old) || !isElement(fresh)) return old?.isEqualNode(fresh ?? null) ?? false;
  if (old.localName === "figure" && old.querySelector(".plot[data-chart]") !== null) return areSameFigures(old, fresh);
  if (old.querySelector(".plot[data-chart]") === null) return old.isEqualNode(fresh);
  const [inner, others] = [[...old.childNodes], [...fresh.childNodes]];
  return old.localName === fresh.localName && haveSameAttributes(old, fresh) && inner.length === others.length && inner.every((node, index) => areSame(node, others[index]));
}

/** A chart that lives is no longer as it was drawn; what it is drawn from tells whether it is the same. */
function areSameFigures(old: Element, fresh: Element): boolean {
  const [parts, others] = [[...old.children], [...fresh.children]];
  return haveSameAttributes(old, fresh) && parts.length === others.length && parts.every((part, index) => {
    const other = others[index];
    if (other === undefined) return false;
    if (part.matches(".plot[data-chart]")) return haveSameAttributes(part, other, "data-live") && specOf(part) === specOf(other);
    return part.localName === "figcaption" ? captionOf(part) === captionOf(other) : part.isEqualNode(other);
  });
}

function specOf(plot: Element): string | null {
  return plot.ownerDocument.getElementById(`spec-${plot.getAttribute("data-chart") ?? ""}`)?.textContent ?? null;
}

/** Without the buttons that the page adds. */
function captionOf(caption: Element): string {
  const copy = caption.cloneNode(true) as Element;
  copy.querySelector(".tools")?.remove();
  return copy.innerHTML.trim();
}

function haveSameAttributes(old: Element, fresh: Element, except = ""): boolean {
  const read = (element: Element) => [...element.attributes].filter(({ name }) => name !== except).map(({ name, value }) => `${name}=${value}`).sort().join("\n");
  return read(old) === read(fresh);
}

/** Of any window: a frame's classes are not those of this one. */
function isElement(node: ChildNode | undefined): node is Element & ChildNode {
  return node?.nodeType === 1;
}
