/** More are not kept: where there are so many, few of them are read again unchanged. */
const most = 2000;

/**
 * Makes a memory of what was made of the latest content of each name, so that a process which reads again and again
 * parses only what has changed. What it gives is shared: nobody may change it.
 *
 * @returns a function of a name, a digest of all that the result hangs on, and what makes the result
 */
export function rememberLatest<T>(): (name: string, digest: string, make: () => T) => T {
  const latest = new Map<string, { readonly digest: string; readonly made: T }>();
  return (name, digest, make) => {
    const known = latest.get(name);
    if (known?.digest === digest) return known.made;
    const made = make();
    latest.delete(name);
    latest.set(name, { digest, made });
    const [oldest] = latest.keys();
    if (latest.size > most && oldest !== undefined) latest.delete(oldest);
    return made;
  };
}
