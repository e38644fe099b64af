const intervalMs = 1000;

/** Ends this process soon after the engine was killed: nothing it could still do is wanted. */
export function watchParent(): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, "SIGKILL");
  }, intervalMs);
  timer.unref();
}
