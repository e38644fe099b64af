export type Keys = { readonly quit: () => void; readonly again: () => void; readonly open: () => void };

/** Listens to single keys at a terminal. @returns a function that leaves the terminal as it was */
export function listenToKeys({ quit, again, open }: Keys): () => void {
  const { stdin } = process;
  const listener = (text: string): void => {
    for (const key of text) {
      // In this mode the terminal itself makes no signals of these two.
      if (key === "\u0003") process.kill(process.pid, "SIGINT");
      else if (key === "\u001a") suspend();
      else if (key === "q") quit();
      else if (key === "r") again();
      else if (key === "o") open();
    }
  };
  const suspend = (): void => {
    stdin.setRawMode(false);
    process.once("SIGCONT", () => stdin.setRawMode(true));
    process.kill(process.pid, "SIGTSTP");
  };
  stdin.setRawMode(true).setEncoding("utf8").resume().on("data", listener);
  return () => {
    stdin.off("data", listener).setRawMode(false).pause();
  };
}
