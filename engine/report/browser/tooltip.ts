import type { View } from "vega";
import { nearestItem, type Told } from "./scene.js";

/** Shows the exact values of what the pointer or the finger is near. @returns a function that ends it */
export function followPointer(view: View, host: HTMLElement): () => void {
  const tip = element("div", "tip");
  const dot = element("div", "tip-dot");
  const hide = (): void => { tip.hidden = true; dot.hidden = true; };
  hide();
  host.append(dot);
  document.body.append(tip);
  const show = (event: PointerEvent): void => {
    const svg = host.querySelector("svg");
    if (svg === null) return;
    const frame = svg.getBoundingClientRect();
    const told = nearestItem(view, event.clientX - frame.left, event.clientY - frame.top);
    if (told === null) return hide();
    fill(tip, told.tooltip);
    tip.hidden = false;
    dot.hidden = false;
    placeDot(dot, { told, frame, host });
    placeTip(tip, { x: frame.left + told.x, y: frame.top + told.y });
  };
  host.addEventListener("pointermove", show);
  host.addEventListener("pointerdown", show);
  host.addEventListener("pointerleave", hide);
  const ending = new AbortController();
  addEventListener("scroll", hide, { passive: true, signal: ending.signal });
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); }, { signal: ending.signal });
  return () => {
    ending.abort();
    tip.remove();
  };
}

/** Names and values as text: nothing of the data is taken for markup. */
function fill(tip: HTMLElement, tooltip: unknown): void {
  if (typeof tooltip !== "object" || tooltip === null) return tip.replaceChildren(String(tooltip));
  const list = element("dl", "");
  for (const [name, value] of Object.entries(tooltip)) {
    const term = element("dt", "");
    const detail = element("dd", "");
    term.textContent = name;
    detail.textContent = typeof value === "object" ? JSON.stringify(value) : String(value);
    list.append(term, detail);
  }
  tip.replaceChildren(list);
}

function placeDot(dot: HTMLElement, { told, frame, host }: { told: Told; frame: DOMRect; host: HTMLElement }): void {
  const box = host.getBoundingClientRect();
  dot.style.left = `${frame.left - box.left + host.scrollLeft + told.x}px`;
  dot.style.top = `${frame.top - box.top + told.y}px`;
}

/** Above and to the right where there is room, else below, else to the left. */
function placeTip(tip: HTMLElement, { x, y }: { x: number; y: number }): void {
  const gap = 12;
  const { offsetWidth: width, offsetHeight: height } = tip;
  const room = document.documentElement.clientWidth;
  const left = x + gap + width <= room ? x + gap : Math.max(4, x - gap - width);
  const top = y - gap - height >= 4 ? y - gap - height : y + gap;
  tip.style.left = `${left}px`;
  tip.style.top = `${top}px`;
}

function element(name: string, className: string): HTMLElement {
  const made = document.createElement(name);
  made.className = className;
  return made;
}
