import { callGit, findWorkTree, GitError } from "./git.js";

/** A notebook as it is staged: its path in the project, and its bytes. */
export type StagedNotebook = { readonly file: string; readonly bytes: Uint8Array };

/**
 * The notebooks that a commit would take, but the views that runs write.
 *
 * @param root the project's folder, absolute
 * @throws {GitError} outside of a git work tree
 */
export async function readStagedNotebooks(root: string): Promise<StagedNotebook[]> {
  await findWorkTree(root);
  const listed = await read(root, ["diff", "--cached", "--name-only", "--relative", "-z", "--diff-filter=ACMR", "--", "*.ipynb"]);
  const files = listed.toString().split("\0").filter((file) => file !== "" && !file.startsWith("reports/notebooks/"));
  const notebooks: StagedNotebook[] = [];
  for (const file of files) notebooks.push({ file, bytes: await read(root, ["cat-file", "blob", `:./${file}`]) });
  return notebooks;
}

async function read(root: string, args: readonly string[]): Promise<Buffer> {
  const { code, stdout, stderr } = await callGit(root, args);
  if (code !== 0) throw new GitError(`git ${args.join(" ")} failed: ${stderr.trim()}`, "Mend this, then call it again.");
  return stdout;
}
