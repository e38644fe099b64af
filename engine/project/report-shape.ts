import { z } from "zod";
import { closed } from "./field-reader.js";
import { id, text } from "./shapes.js";

/** The keys of a report's front matter. */
export const reportShape = {
  report: id,
  title: text.optional(),
  outputs: closed({ markdown: text, html: text.optional(), images: text.optional() }),
  inputs: z.record(z.string(), text).default({}),
};
