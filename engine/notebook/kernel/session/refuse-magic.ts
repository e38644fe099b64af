/** What IPython's kernel takes for commands: cells here hold TypeScript. */
export function refuseMagic(code: string): { readonly ename: string; readonly evalue: string; readonly traceback: readonly string[] } | null {
  const first = code.split("\n").find((line) => line.trim() !== "" && !line.startsWith("//")) ?? "";
  const magic = /^\s*(%{1,2}[A-Za-z]\w*|![A-Za-z./][^=(]*$)/.exec(first)?.[1];
  if (magic === undefined) return null;
  const evalue = `\`${magic.trim()}\` is a command of IPython; cells of this kernel hold TypeScript`;
  const hint = magic.startsWith("!") ? 'Use `import { execFileSync } from "node:child_process"`, or a terminal.' : "Remove it.";
  return { ename: "NotTypeScript", evalue, traceback: [`NotTypeScript: ${evalue}`, hint] };
}
