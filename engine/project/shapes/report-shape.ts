import { z } from "zod";
import { closed } from "./field-reader.js";
import { id, text } from "./shapes.js";

/** The keys of a report's front matter. */
export const reportShape = {
  report: id.describe("The report's id, unique among stages and reports: small letters, digits and -."),
  title: text.optional().describe("The title of the report and its page."),
  outputs: closed({
    markdown: text.describe("The Markdown file to write."),
    html: text.optional().describe("The page to write: one file that needs no network."),
    images: text.optional().describe("The folder of its images, which belongs to this report. Default: images/ beside the Markdown file."),
  }).describe("What the report writes, relative to the project."),
  inputs: z.record(z.string(), text).meta({ propertyNames: { pattern: "^(?!(stages|run|previous)$)[A-Za-z_][A-Za-z0-9_]*$" } }).default({}).describe("Files that the text quotes, each under the name that the text uses: JSON files and tables."),
};
