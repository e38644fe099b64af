import type { Secrets } from "../../secrets/masker.js";
import type { JsonValue, Problem, Project, Stage } from "../../../project/types.js";
import type { Upstream } from "./notes.js";

/** What the kernel needs of other parts of the engine. */
export type KernelEffects = {
  /** Reads the project as far as it can be read; null where the kernel's folder belongs to none. */
  readonly openProject: () => Promise<{ readonly project: Project; readonly problems: readonly Problem[] } | null>;
  /** The variables that a stage declares, secrets included, and the secrets alone. */
  readonly environment: (stage: Stage) => { readonly env: Readonly<Record<string, string>>; readonly secrets: Secrets };
  /** What must be made before a task. */
  readonly findUpstream: (task: string) => Promise<Upstream | null>;
  /** A Vega-Lite specification as PNG in base64, for programs that draw none; null where it can't be drawn. */
  readonly drawChart: (spec: JsonValue) => Promise<string | null>;
};
