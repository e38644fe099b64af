import { execFile } from "node:child_process";
import { readFile, readdir, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { promisify } from "node:util";

/** The machine and the boot of it that a process belongs to. */
export type Machine = {
  readonly hostname: string;
  /** Stays over boots; empty where the machine has none (many containers). */
  readonly machineId: string;
  /** New at every boot, and no other machine's. */
  readonly bootId: string;
  /** Process ids mean something only within this; empty where there is just one (macOS). */
  readonly pidNamespace: string;
};

/** One process for ever: a number that is used again belongs to a process with another start time. */
export type ProcessIdentity = Machine & {
  readonly pid: number;
  /** As the system tells it; only compared. */
  readonly startTime: string;
};

/** `unknown`: on another machine, or in another container of this one, so that nobody here can tell. */
export type Liveness = "alive" | "gone" | "unknown";

/** A process as listed by the system. */
export type ListedProcess = { readonly pid: number; readonly group: number; readonly isZombie: boolean; readonly startTime: string };

/** Asked for late: where /proc tells all, nothing is started. */
const run = (file: string, args: readonly string[], options: { readonly env?: NodeJS.ProcessEnv } = {}) => promisify(execFile)(file, args, options);
const isLinux = process.platform === "linux";

let machine: Promise<Machine> | undefined;

/** The machine that this process runs on. */
export function readMachine(): Promise<Machine> {
  machine ??= isLinux ? readLinuxMachine() : readDarwinMachine();
  return machine;
}

/** The identity of a process of this machine; null if there is none by that number, or only its exit status is left. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | null> {
  const found = await listProcess(pid);
  if (found === null || found.isZombie) return null;
  return { ...(await readMachine()), pid, startTime: found.startTime };
}

/** Whether that very process still lives. In doubt it is not gone. */
export async function checkLiveness(identity: ProcessIdentity): Promise<Liveness> {
  const here = await readMachine();
  if (identity.bootId !== here.bootId) return isEarlierBoot(identity, here) ? "gone" : "unknown";
  if (identity.pidNamespace !== here.pidNamespace) return "unknown";
  const found = await listProcess(identity.pid);
  if (found !== null) return found.isZombie || found.startTime !== identity.startTime ? "gone" : "alive";
  // /proc may hide the processes of other users; a signal still tells that they are there.
  return canBeSignalled(identity.pid) ? "alive" : "gone";
}

/** One process, or null. A zombie is listed: nobody may ever collect it, as in containers without an init. */
export async function listProcess(pid: number): Promise<ListedProcess | null> {
  if (isLinux) return readStat(pid);
  const listed = await listByPs(["-p", String(pid)]);
  return listed.find((entry) => entry.pid === pid) ?? null;
}

/** Every process of this machine whose process group is `group`. */
export async function listGroup(group: number): Promise<readonly ListedProcess[]> {
  if (!isLinux) return (await listByPs(["-A"])).filter((entry) => entry.group === group);
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(readStat));
  return found.filter((entry): entry is ListedProcess => entry !== null && entry.group === group);
}

function isEarlierBoot(identity: Machine, here: Machine): boolean {
  return identity.machineId !== "" && identity.machineId === here.machineId && identity.hostname === here.hostname;
}

function canBeSignalled(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** @see proc(5), `/proc/pid/stat`: the name in parentheses may itself hold blanks and parentheses. */
async function readStat(pid: number): Promise<ListedProcess | null> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, , group] = fields;
  const startTime = fields[19];
  if (state === undefined || group === undefined || startTime === undefined) return null;
  return { pid, group: Number(group), isZombie: state === "Z" || state === "X", startTime };
}

async function listByPs(selection: readonly string[]): Promise<readonly ListedProcess[]> {
  const columns = ["-o", "pid=", "-o", "pgid=", "-o", "stat=", "-o", "lstart="];
  const { stdout } = await run("ps", [...selection, ...columns], { env: { ...process.env, LC_ALL: "C", TZ: "UTC" } }).catch(() => ({ stdout: "" }));
  return stdout.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line);
    const [, pid, group, state, startTime] = match ?? [];
    if (pid === undefined || group === undefined || state === undefined || startTime === undefined) return [];
    return [{ pid: Number(pid), group: Number(group), isZombie: state.startsWith("Z"), startTime }];
  });
}

async function readLinuxMachine(): Promise<Machine> {
  const [bootId, machineId, pidNamespace] = await Promise.all([
    readFile("/proc/sys/kernel/random/boot_id", "utf8"),
    readFile("/etc/machine-id", "utf8").catch(() => ""),
    readlink("/proc/self/ns/pid").catch(() => ""),
  ]);
  return { hostname: hostname(), machineId: machineId.trim(), bootId: bootId.trim(), pidNamespace };
}

async function readDarwinMachine(): Promise<Machine> {
  const [boot, registry] = await Promise.all([
    run("sysctl", ["-n", "kern.bootsessionuuid"]).catch(() => run("sysctl", ["-n", "kern.boottime"])),
    run("ioreg", ["-rd1", "-c", "IOPlatformExpertDevice"]).catch(() => ({ stdout: "" })),
  ]);
  const machineId = /"IOPlatformUUID" = "([^"]+)"/.exec(registry.stdout)?.[1] ?? "";
  // The rest of boottime's line is a local time.
  const bootId = boot.stdout.split(",")[0]?.trim() ?? "";
  return { hostname: hostname(), machineId, bootId, pidNamespace: "" };
}
