import type { Place, Problem } from "../project/types.js";
import type { Resolution } from "./resolve-import.js";
import type { UnknownImport } from "./list-imports.js";

type BadImport = Exclude<Resolution, { kind: "local" | "types" }> | { readonly kind: "unsupported" } | { readonly kind: "not-code" };

/** The problem that an import can't be followed. @param place Where the import stands. */
export function describeImportProblem(specifier: string, found: BadImport, place: Place): Problem {
  const name = JSON.stringify(specifier);
  switch (found.kind) {
    case "made":
      return {
        severity: "error",
        code: "import-of-output",
        place,
        message: `import of ${name}: ${found.path} is made by a task or by the engine, so it can't be imported as code`,
        hint: `Declare and read it: put ${found.path} under inputs of the stage and read it with node:fs.`,
      };
    case "outside":
      return {
        severity: "error",
        code: "import-outside",
        place,
        message: `import of ${name} leads out of the project`,
        hint: "Move the module into the project, or make it a package and install it.",
      };
    case "missing":
      return {
        severity: "error",
        code: "import-not-found",
        place,
        message: `import of ${name}: expected one of ${found.tried.slice(0, 4).join(", ")} ...; found none of them`,
        hint: "Relative imports are resolved from the file's own folder; in cells, where nothing is there, from the project root.",
      };
    case "unsupported":
      return {
        severity: "error",
        code: "import-form",
        place,
        message: `import of ${name}: expected a relative path (./ or ../) or the name of a package`,
        hint: "Write the path relative to the file, so that it holds on every machine.",
      };
    case "not-code":
      return {
        severity: "error",
        code: "import-not-code",
        place,
        message: `${name} is imported, but only TypeScript, JavaScript and JSON can be`,
        hint: "Declare other files as inputs of the stage and read them with node:fs.",
      };
  }
}

/** The problem that an `import()` or `require` has no literal argument. */
export function describeUnknownImport(unknown: UnknownImport, place: Place): Problem {
  return {
    severity: "error",
    code: "import-not-literal",
    place,
    message: `${unknown.text}: expected a literal specifier; what this loads can't be known before it runs`,
    hint: "Write one import for each module that may be loaded.",
  };
}
