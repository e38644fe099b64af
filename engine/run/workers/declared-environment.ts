import type { Secrets } from "../../notebook/secrets/masker.js";
import type { Stage } from "../../project/types.js";

/**
 * The variables a stage declares, secrets included, with their present values.
 *
 * @param stage - whose `env` and `secrets` count
 * @param env - the environment of the run
 */
export function declaredEnvironment(stage: Stage, env: NodeJS.ProcessEnv): Record<string, string> {
  const declared: Record<string, string> = {};
  for (const { name } of [...stage.env, ...stage.secrets]) {
    const value = env[name];
    if (value !== undefined) declared[name] = value;
  }
  return declared;
}

/**
 * The values that must not show.
 *
 * @param stages - whose `secrets` count
 * @param env - the environment of the run
 */
export function secretValues(stages: readonly Stage[], env: NodeJS.ProcessEnv): Secrets {
  const values: Record<string, string> = {};
  for (const { secrets } of stages) {
    for (const { name } of secrets) {
      const value = env[name];
      if (value !== undefined) values[name] = value;
    }
  }
  return values;
}
