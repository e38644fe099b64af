/** The Jupyter that is installed where there is none, in versions that were tried together. */
export const pinnedPackages: readonly string[] = [
  "jupyterlab==4.6.6",
  "jupyterlab_server==2.28.1",
  "jupyter_server==2.21.1",
  "jupyter_client==8.10.0",
  "nbclient==0.11.0",
  "nbconvert==7.17.2",
  "nbformat==5.11.1",
];

/** The oldest Python that all of them run on. */
export const oldestPython = { major: 3, minor: 10 } as const;

/** The oldest JupyterLab that is taken where one is there: the first with Vega-Lite 5 and settings for news. */
export const oldestLab = 4;
