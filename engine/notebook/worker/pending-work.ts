/** Resources that hold a process open, in words; others are named as Node names them. */
const names: Readonly<Record<string, string>> = {
  Timeout: "a timer",
  Immediate: "an immediate",
  FSReqPromise: "a file access",
  FSReqCallback: "a file access",
  GetAddrInfoReqWrap: "a connection",
  TCPConnectWrap: "a connection",
  TCPSocketWrap: "a connection",
  TLSWrap: "a connection",
  TCPServerWrap: "a server",
  ProcessWrap: "a child process",
  MessagePort: "a worker thread",
  FSEventWrap: "a file watcher",
  PipeWrap: "a pipe",
};

/** Says on standard error what is still going on after the last cell, since it will be dropped. */
export function warnOfPendingWork(): void {
  const kinds = [...new Set(process.getActiveResourcesInfo().map((resource) => names[resource] ?? resource))].sort();
  const what = kinds.length === 0 ? "" : `: ${kinds.join(", ")}`;
  process.stderr.write(`Still pending after the last cell, and dropped${what}. Await or close what a cell starts.\n`);
}
