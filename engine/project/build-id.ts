declare const STITCHBOOK_BUILD: string | undefined;

/** Hash of the engine's sources, which the build puts in: what one build keeps for later is no use to another. Null where it runs from its sources. */
export const buildId = typeof STITCHBOOK_BUILD === "undefined" ? null : STITCHBOOK_BUILD;
