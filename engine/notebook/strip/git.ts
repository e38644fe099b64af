import { execFile } from "node:child_process";

/** Git is not installed, this is no work tree, or a call of it failed. */
export class GitError extends Error {
  override readonly name = "GitError";
  constructor(
    message: string,
    readonly hint: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What a call of git wrote; `code` is its exit code. */
export type GitAnswer = { readonly code: number; readonly stdout: Buffer; readonly stderr: string };

/**
 * Calls git.
 *
 * @param folder absolute
 * @param input bytes for its standard input
 * @throws {GitError} where git can't be started
 */
export async function callGit(folder: string, args: readonly string[], input?: string): Promise<GitAnswer> {
  return new Promise((resolve, reject) => {
    const child = execFile("git", ["-C", folder, ...args], { encoding: "buffer", maxBuffer: 1 << 30 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== "number") {
        reject(new GitError("git could not be started", "Install git, or put it on the PATH.", { cause: error }));
        return;
      }
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr: stderr.toString() });
    });
    // A git that ends before it has read all tells why by its exit code.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input ?? "");
  });
}

/** The answer of a call as text without its last line end; null where it failed. */
export async function askGit(folder: string, ...args: readonly string[]): Promise<string | null> {
  const { code, stdout } = await callGit(folder, args);
  return code === 0 ? stdout.toString().replace(/\r?\n$/, "") : null;
}

/** Calls git for its effect. @throws {GitError} where it fails */
export async function tellGit(folder: string, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await callGit(folder, args);
  if (code !== 0) throw new GitError(`git ${args.join(" ")} failed: ${stderr.trim()}`, "Mend this, then call it again.");
}

/** The top folder of the work tree that a folder lies in. @throws {GitError} where it lies in none */
export async function findWorkTree(folder: string): Promise<string> {
  const top = await askGit(folder, "rev-parse", "--show-toplevel");
  if (top === null || top === "") throw new GitError(`${folder} is in no git work tree`, "Call `git init` first.");
  return top;
}
