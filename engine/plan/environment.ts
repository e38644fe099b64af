import { shortestValue } from "../notebook/secrets/forms.js";
import type { EnvVariable, Problem, Project, Stage } from "../project/types.js";

/** The variables that stages declare without `?` and that are not set, each with the stage that declares it. */
export function missingEnvironment(project: Pick<Project, "stages">, env: NodeJS.ProcessEnv): Problem[] {
  return project.stages.flatMap((stage) => [
    ...stage.env.filter((variable) => isMissing(variable, env)).map((variable) => describe(stage, variable, "env")),
    ...stage.secrets.filter((variable) => isMissing(variable, env)).map((variable) => describe(stage, variable, "secrets")),
  ]);
}

/** The secrets whose values are too short to be hidden: in ordinary text they would be found everywhere. One for each variable. */
export function shortSecrets(project: Pick<Project, "stages">, env: NodeJS.ProcessEnv): Problem[] {
  const byName = new Map<string, Problem>();
  for (const stage of project.stages) {
    for (const { name } of stage.secrets) {
      const length = env[name]?.length ?? 0;
      if (length === 0 || length >= shortestValue || byName.has(name)) continue;
      byName.set(name, {
        severity: "warning",
        code: "short-secret",
        place: stage.place,
        message: `the value of the secret ${name} has fewer than ${shortestValue} characters, and so is not hidden where it shows`,
        hint: "Use a longer one.",
      });
    }
  }
  return [...byName.values()];
}

function isMissing({ name, optional }: EnvVariable, env: NodeJS.ProcessEnv): boolean {
  return !optional && env[name] === undefined;
}

function describe(stage: Stage, { name }: EnvVariable, key: "env" | "secrets"): Problem {
  return {
    severity: "error",
    code: "unset-variable",
    place: stage.place,
    message: `the stage ${stage.id} declares ${name} under ${key}, and the environment variable ${name} is not set`,
    hint: `Set ${name}, or write ${name}? if the stage can do without it.`,
  };
}
