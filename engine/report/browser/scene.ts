import type { View } from "vega";

/** A drawn thing with something to say about itself, in pixels of the view. */
export type Told = { readonly x: number; readonly y: number; readonly distance: number; readonly tooltip: unknown };

type Box = { readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number };

/** Marks whose items are points of a path: their own shape covers the whole of it. */
const paths = new Set(["line", "area", "trail"]);
/** How near the pointer must be to a point. */
const reach = 36;

/** The item nearest to a position that has a tooltip: one that covers the position, or the nearest point in reach. */
export function nearestItem(view: View, x: number, y: number): Told | null {
  const root: unknown = Reflect.get(view.scenegraph(), "root");
  const [originX = 0, originY = 0] = view.origin();
  const padding = view.padding();
  const [left, top] = typeof padding === "number" ? [padding + originX, padding + originY] : [(padding.left ?? 0) + originX, (padding.top ?? 0) + originY];
  let best: Told | null = null;
  const offer = (told: Told): void => {
    if (told.distance <= reach && (best === null || told.distance < best.distance)) best = told;
  };
  const visit = (mark: object, offsetX: number, offsetY: number): void => {
    const type: unknown = Reflect.get(mark, "marktype");
    for (const item of itemsOf(mark)) {
      const itemX = numberOf(item, "x");
      const itemY = numberOf(item, "y");
      const tooltip: unknown = Reflect.get(item, "tooltip");
      if (tooltip !== null && tooltip !== undefined) {
        const isPoint = typeof type === "string" && (paths.has(type) || type === "symbol");
        const box = isPoint ? { x1: itemX, x2: itemX, y1: itemY, y2: itemY } : boxOf(item);
        if (box !== null) offer(measure(box, { x: x - offsetX, y: y - offsetY, offsetX, offsetY, tooltip }));
      }
      if (type === "group") for (const inner of itemsOf(item)) visit(inner, offsetX + itemX, offsetY + itemY);
    }
  };
  if (typeof root === "object" && root !== null) visit(root, left, top);
  return best;
}

function measure(box: Box, at: { x: number; y: number; offsetX: number; offsetY: number; tooltip: unknown }): Told {
  const dx = Math.max(box.x1 - at.x, 0, at.x - box.x2);
  const dy = Math.max(box.y1 - at.y, 0, at.y - box.y2);
  return { x: at.offsetX + (box.x1 + box.x2) / 2, y: at.offsetY + (box.y1 === box.y2 ? box.y1 : Math.max(box.y1, Math.min(box.y2, at.y))), distance: Math.hypot(dx, dy), tooltip: at.tooltip };
}

function itemsOf(node: object): object[] {
  const items: unknown = Reflect.get(node, "items");
  return Array.isArray(items) ? items.filter((item): item is object => typeof item === "object" && item !== null) : [];
}

function boxOf(item: object): Box | null {
  const bounds: unknown = Reflect.get(item, "bounds");
  if (typeof bounds !== "object" || bounds === null) return null;
  return { x1: numberOf(bounds, "x1"), y1: numberOf(bounds, "y1"), x2: numberOf(bounds, "x2"), y2: numberOf(bounds, "y2") };
}

function numberOf(node: object, key: string): number {
  const value: unknown = Reflect.get(node, key);
  return typeof value === "number" ? value : 0;
}
