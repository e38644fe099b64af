import { join } from "node:path";
import { findSecretInFile } from "../notebook/secrets/scan-file.js";
import type { Stage, Task } from "../project/types.js";
import { secretValues } from "./workers/declared-environment.js";
import { TaskFailure } from "./task-failure.js";

/**
 * Looks through a task's outputs for the values of its own secrets. Data is not masked as words are: it would be wrong
 * data. So it is refused, before anything of it is described, kept or published.
 *
 * @param folder - absolute path of the folder that holds the outputs under their project paths
 * @throws TaskFailure of kind `secret`
 */
export async function refuseSecrets(folder: string, task: Task & { readonly node: Stage }, env: NodeJS.ProcessEnv): Promise<void> {
  const secrets = secretValues([task.node], env);
  if (Object.keys(secrets).length === 0) return;
  for (const { path, place } of task.outputs) {
    const name = await findSecretInFile(join(folder, path), secrets);
    if (name === null) continue;
    throw new TaskFailure("secret", `the output ${path} holds the value of the secret ${name}`, {
      place,
      hint: `Leave it out of what is written (a URL or a header that is saved is the usual cause). If ${name} is no secret, declare it under \`env\`.`,
    });
  }
}
