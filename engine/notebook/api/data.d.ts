/**
 * Row types of the tables that the stages of a project declare: the module `stitchbook/data`.
 *
 * Whatever `stitchbook check`, `run` or `lab` made of the front matter stands in `.stitchbook/types/data.d.ts` of the
 * project. Editors find it there by itself where this package lies in the project's own `node_modules`, and in every other
 * layout by these lines of tsconfig.json:
 *
 *     "compilerOptions": { "paths": { "stitchbook/data": ["./.stitchbook/types/data.d.ts"] } }
 *
 * A type that is missing: run `stitchbook check`, and look whether its file has `columns` in the front matter.
 */
// @ts-ignore: absent until one of these commands has written it.
export * from "../../../.stitchbook/types/data.js";
