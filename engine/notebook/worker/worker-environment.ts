/** Variables that always pass, outside the fingerprint. */
const passedNames = [
  "PATH",
  "HOME",
  "NODE_EXTRA_CA_CERTS",
  ...["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"].flatMap((name) => [name, name.toLowerCase()]),
];

/**
 * The environment a worker starts with; what its stage declares is added when its request comes.
 *
 * @param env - the engine's own environment
 * @param fixed.temporaryFolder - absolute
 */
export function workerEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  fixed: { readonly timezone: string; readonly temporaryFolder: string },
): Record<string, string> {
  const passed = passedNames.flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(passed), LANG: "C.UTF-8", TZ: fixed.timezone, TMPDIR: fixed.temporaryFolder };
}
