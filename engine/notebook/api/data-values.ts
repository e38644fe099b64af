/** What stands behind `stitchbook/data` when code runs: nothing, and a word about it. */
throw new TypeError('stitchbook/data holds types only: write `import type { ... } from "stitchbook/data"`');

export {};
