import { describe, expect, it } from "vitest";
import { estimateTextWidth } from "../../engine/report/text-width.js";

describe("the estimated width of a text", () => {
  // As Chromium measures them, 13 px.
  const inDejaVuSans = { "Cubic in today's maximum": 173.4, "Linear regression (chosen)": 172.9, "Root mean squared error (°C)": 192.6, "0.123456789": 86.8 };

  it.each(Object.entries(inDejaVuSans))("leaves room for the widest common font: %s", (text, width) => {
    expect(estimateTextWidth(text, 13)).toBeGreaterThanOrEqual(width - 1);
    expect(estimateTextWidth(text, 13)).toBeLessThan(width * 1.1);
  });
});
