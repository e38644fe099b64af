/** Process groups of the workers that live now. */
const groups = new Set<number>();
let isWatching = false;

/** However this process ends, short of SIGKILL, the group ends with it. @param leader - its process id */
export function followGroup(leader: number): void {
  groups.add(leader);
  if (isWatching) return;
  isWatching = true;
  process.on("exit", () => groups.forEach(killGroup));
}

/** Once nothing of the group is left. */
export function forgetGroup(leader: number): void {
  groups.delete(leader);
}

/** Ends the leader and all that it started, at once: no process can refuse or put it off. */
export function killGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // Nothing of the group is left.
  }
}
