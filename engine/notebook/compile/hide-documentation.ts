import type * as typescript from "@tslab/typescript-for-tslab";

/** A documentation comment at the start of a line; an empty comment is none. */
const DOCUMENTATION = /^([ \t]*)\/\*\*(?!\/)/gm;

/**
 * Makes the documentation comments of packages' declarations plain ones, at the same places. Parsing them takes a sixth of
 * the time, and no error depends on them: `@deprecated` is a mere suggestion, and the other tags count in JavaScript only.
 * Not for an editor, which shows them.
 */
export function hideDocumentation(system: typescript.System): void {
  const { readFile } = system;
  system.readFile = (path, encoding) => {
    const text = readFile(path, encoding);
    return isDeclarationOfPackage(path) ? text?.replace(DOCUMENTATION, "$1/* ") : text;
  };
}

function isDeclarationOfPackage(path: string): boolean {
  return /\/node_modules\/.*\.d\.[cm]?ts$/.test(path);
}
