import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { defaultKernelName, type KernelPrograms, makeKernelSpec, placeKernelSpec } from "./kernel-spec.js";

/** The folders that Lab of one project works with. All are absolute. */
export type LabFolders = {
  /** For `JUPYTER_PATH`: here Lab finds the kernel. */
  readonly data: string;
  /** For `JUPYTER_CONFIG_PATH`. It goes before the user's own configuration, whose rest stays in force. */
  readonly config: string;
  /** Which tabs are open: each project its own. */
  readonly workspaces: string;
  /** What servers and kernels that run now tell others. */
  readonly runtime: string;
  readonly log: string;
};

/** Environment variables by which the configuration learns what differs from start to start. */
export const labVariables = { token: "STITCHBOOK_LAB_TOKEN", root: "STITCHBOOK_LAB_ROOT", parent: "STITCHBOOK_LAB_PARENT" } as const;

/**
 * Writes all that Lab needs below the project's state folder.
 *
 * @param stateFolder - absolute
 */
export async function writeLabConfig(stateFolder: string, programs: KernelPrograms): Promise<LabFolders> {
  const folder = join(stateFolder, "jupyter");
  const folders = { data: folder, config: join(folder, "config"), workspaces: join(folder, "workspaces"), runtime: join(folder, "runtime"), log: join(folder, "lab.log") };
  for (const each of [folders.workspaces, folders.runtime]) await mkdir(each, { recursive: true, mode: 0o700 });
  await placeKernelSpec(join(folders.data, "kernels", defaultKernelName), makeKernelSpec(programs));
  await writeWhole(join(folders.config, "jupyter_server_config.py"), serverConfig);
  await writeWhole(join(folders.config, "labconfig/page_config.json"), JSON.stringify(pageConfig));
  await writeWhole(join(folders.config, "labconfig/default_setting_overrides.json"), JSON.stringify(settings));
  return folders;
}

/**
 * A file instead of arguments, which would show the token to everybody, and could not be given once more by the user.
 * The pipe to the command that started the server is closed when that ends, be it killed: the server ends as well.
 */
const serverConfig = `import os, signal, stat, sys, threading

c = get_config()  # noqa: F821
c.ServerApp.ip = "127.0.0.1"
c.ServerApp.root_dir = os.environ["${labVariables.root}"]
c.ServerApp.allow_root = True
c.IdentityProvider.token = os.environ.pop("${labVariables.token}", "")
c.MultiKernelManager.default_kernel_name = "${defaultKernelName}"
c.KernelManager.shutdown_wait_time = 2.0
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"

def end_with(parent):
    while os.read(parent, 64):
        pass
    os.kill(os.getpid(), signal.SIGTERM)

parent = int(os.environ.pop("${labVariables.parent}", "-1"))
try:
    if parent >= 0 and not stat.S_ISREG(os.fstat(parent).st_mode):
        threading.Thread(target=end_with, args=(parent,), daemon=True).start()
except OSError:
    pass
`;

/** No news, no question whether there may be news, and nothing of the page is ever to be built. */
const pageConfig = {
  buildCheck: false,
  buildAvailable: false,
  disabledExtensions: { "@jupyterlab/apputils-extension:announcements": true },
};

/** Defaults: what a user has chosen in Lab stays. */
const settings = {
  "@jupyterlab/apputils-extension:notification": { fetchNews: "false", checkForUpdates: false },
};

async function writeWhole(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, path);
}
