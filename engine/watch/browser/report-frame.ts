/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { patchPage } from "./patch-page.js";

/** Where a reader is: the nearest anchor above the upper edge, and how far below it the edge lies. */
type Position = { readonly anchor: string | null; readonly offset: number; readonly top: number };

/**
 * Shows the report in a frame. A newer one is patched into it where that can be done, else it takes its place in a frame
 * of its own once it is drawn: nothing flashes, and the reader stays where he was.
 *
 * @returns a function to be told of each version
 */
export function followReport(): (id: string, version: number) => void {
  const place = document.getElementById("report");
  let shown: HTMLIFrameElement | null = null;
  let coming: HTMLIFrameElement | null = null;
  let latest = 0;

  const load = (version: number): void => {
    const src = place?.dataset.src;
    if (place === null || src === undefined) return;
    coming?.remove();
    const frame = document.createElement("iframe");
    coming = frame;
    frame.className = "coming";
    frame.title = place.dataset.title ?? "Report";
    frame.addEventListener("load", () => {
      if (coming === frame) show(frame);
    }, { once: true });
    frame.src = `${src}?v=${version}${shown?.contentWindow?.location.hash ?? ""}`;
    place.append(frame);
  };

  const show = (frame: HTMLIFrameElement): void => {
    const earlier = shown;
    openElsewhere(frame);
    if (earlier !== null) restore(frame, positionIn(earlier));
    const hasFocus = earlier !== null && document.activeElement === earlier;
    frame.className = "";
    place?.querySelector("p")?.remove();
    earlier?.remove();
    if (hasFocus) frame.focus();
    shown = frame;
    coming = null;
    if (place !== null) place.dataset.shown = String(latest);
  };

  /** @returns whether the frame that is shown shows this version, or soon a newer one */
  const patch = async (version: number): Promise<boolean> => {
    const [frame, src] = [shown, place?.dataset.src];
    if (place === null || src === undefined || frame === null || coming !== null) return false;
    const text = await fetchText(`${src}?v=${version}`);
    if (version !== latest) return true;
    const page = frame.contentDocument;
    if (text === null || page === null || frame !== shown || coming !== null || page.location.pathname !== new URL(src, location.href).pathname) return false;
    const position = positionIn(frame);
    if (!patchPage(page, text)) return false;
    restore(frame, position);
    place.dataset.shown = String(version);
    return true;
  };

  return (id, version) => {
    if (place === null || place.dataset.id !== id || version === 0 || version === latest) return;
    latest = version;
    void patch(version).then((isShown) => {
      if (!isShown && version === latest) load(version);
    });
  };
}

async function fetchText(url: string): Promise<string | null> {
  try {
    const response = await fetch(url);
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
}

/** What leads away from the report opens beside it: this place is the report's. */
function openElsewhere(frame: HTMLIFrameElement): void {
  frame.contentDocument?.addEventListener("click", ({ target }) => {
    // An element of another window: its classes are not those of this one.
    const link = target !== null && "closest" in target ? (target as Element).closest<HTMLAnchorElement>("a[href]") : null;
    if (link === null || (link.getAttribute("href") ?? "").startsWith("#")) return;
    Object.assign(link, { target: "_blank", rel: "noopener" });
  }, true);
}

function positionIn(frame: HTMLIFrameElement): Position {
  const page = frame.contentDocument;
  const top = frame.contentWindow?.scrollY ?? 0;
  const above = [...(page?.querySelectorAll<HTMLElement>("h1[id],h2[id],h3[id],h4[id],figure[id]") ?? [])].filter((each) => each.getBoundingClientRect().top <= 1).at(-1);
  return { anchor: above?.id ?? null, offset: above === undefined ? 0 : -above.getBoundingClientRect().top, top };
}

function restore(frame: HTMLIFrameElement, { anchor, offset, top }: Position): void {
  const view = frame.contentWindow;
  const found = anchor === null || top <= 1 ? null : (frame.contentDocument?.getElementById(anchor) ?? null);
  view?.scrollTo({ top: found === null ? top : found.getBoundingClientRect().top + view.scrollY + offset, behavior: "instant" });
}
