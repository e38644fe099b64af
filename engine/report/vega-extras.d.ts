/** Exports of vega that its own types leave out. */
import "vega";

declare module "vega" {
  export const textMetrics: { canvas(use: boolean): void; width(item: { fontSize?: number }, text: unknown): number };
  export function setRandom(random: () => number): void;
  export function randomLCG(seed: number): () => number;
}
