import { createRequire } from "node:module";

/** The one font of every PNG: system fonts would make the bytes differ between machines. */
const fontFamily = "Arimo";
const fontFiles = ["400Regular/Arimo_400Regular.ttf", "600SemiBold/Arimo_600SemiBold.ttf"];

/**
 * Turns a drawn SVG into a PNG, with the same bytes on every machine. Loads a native addon: call it in the engine, not in a worker.
 * @param svg a whole SVG document without outside references
 * @param options `width` of the picture in pixels
 */
export async function svgToPng(svg: string, options: { readonly width: number }): Promise<Uint8Array> {
  const { Resvg } = await import("@resvg/resvg-js");
  const { resolve } = createRequire(import.meta.url);
  const resvg = new Resvg(svg, {
    fitTo: { mode: "width", value: options.width },
    font: {
      loadSystemFonts: false,
      fontFiles: fontFiles.map((file) => resolve(`@expo-google-fonts/arimo/${file}`)),
      defaultFontFamily: fontFamily, sansSerifFamily: fontFamily, serifFamily: fontFamily, monospaceFamily: fontFamily,
    },
  });
  return new Uint8Array(resvg.render().asPng());
}
