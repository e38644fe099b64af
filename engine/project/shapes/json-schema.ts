import { z } from "zod";
import { configShape } from "./config-shape.js";
import { closed } from "./field-reader.js";
import { quartoDocumentKeys } from "../quarto-keys.js";
import { reportShape } from "./report-shape.js";
import { type JsonSchema, oneOrList, shortForm } from "./shapes.js";
import { stageShape } from "./stage-shape.js";

export const schemaNames = ["config", "stage", "report"] as const;
export type SchemaName = (typeof schemaNames)[number];

/**
 * The JSON Schema (draft 7) of stitchbook.yaml, of a stage's front matter or of a report's, for editors. It is made from
 * the shapes that `check` uses, so what it refuses, `check` refuses as well; what needs the rest of the project (a path, a
 * name that is taken) only `check` knows.
 */
export function makeSchema(name: SchemaName): JsonSchema {
  switch (name) {
    case "config": {
      const { datasetList, datasetMap, ...rest } = configShape;
      const datasets = z.union([datasetList, datasetMap]).describe("Names of letters, digits, `.`, `_` and -; or a map from name to values of parameters. A stage with `foreach: dataset` runs once for each.");
      return finish(closed({ ...rest, datasets }), { title: "stitchbook.yaml", description: "A project of Stitchbook.", required: ["name"] });
    }
    case "stage":
      return finish(closed(stageShape), {
        title: "Front matter of a stage",
        description: "The first cell of a stage notebook, a raw cell with YAML between `---` lines.",
        required: ["stage"],
        // Not as properties: an editor would offer all of them.
        patternProperties: { [`^(${quartoDocumentKeys.filter((key) => !Object.hasOwn(stageShape, key)).join("|")})$`]: {} },
      });
    case "report":
      return finish(closed(reportShape), { title: "Front matter of a report", description: "The beginning of a report's template, YAML between `---` lines.", required: ["report", "outputs"] });
  }
}

function finish(shape: z.ZodType, head: JsonSchema): JsonSchema {
  const { $schema, required: _, ...schema } = z.toJSONSchema(shape, { io: "input", target: "draft-7", unrepresentable: "any" });
  return { $schema, ...head, ...expandForms(schema) };
}

/** Writes out what the shapes mark: one value or a list of them, and a short form beside the long one. */
function expandForms(node: JsonSchema): JsonSchema {
  const { [oneOrList]: isOneOrList, [shortForm]: short, description, ...rest } = node;
  const main = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, expandAny(value)]));
  const head = description === undefined ? {} : { description };
  if (isOneOrList === true) return { ...head, anyOf: [main["items"], main] };
  return short === undefined ? { ...head, ...main } : { ...head, anyOf: [short, main] };
}

function expandAny(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(expandAny);
  return typeof value === "object" && value !== null ? expandForms(Object.fromEntries(Object.entries(value))) : value;
}
