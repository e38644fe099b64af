import type { EnvVariable, Problem, Project, Stage } from "../project/types.js";

/** The variables that stages declare without `?` and that are not set, each with the stage that declares it. */
export function missingEnvironment(project: Pick<Project, "stages">, env: NodeJS.ProcessEnv): Problem[] {
  return project.stages.flatMap((stage) => [
    ...stage.env.filter((variable) => isMissing(variable, env)).map((variable) => describe(stage, variable, "env")),
    ...stage.secrets.filter((variable) => isMissing(variable, env)).map((variable) => describe(stage, variable, "secrets")),
  ]);
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
