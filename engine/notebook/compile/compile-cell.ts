import type * as typescript from "@tslab/typescript-for-tslab";
import { formatPlace } from "../../project/problems.js";
import type { Cell, Place, Problem } from "../../project/types.js";
import type { CompiledCell } from "../types.js";
import type { CellConverter, CheckedCell, ConvertedCell } from "./cell-converter.js";
import { bindLocals, declareAsAny, findNestedVars, MODULE_PREFIX } from "./cell-names.js";
import { isFollowUp, OUTSIDE_HINT, parseErrors, toTypeProblem } from "./diagnostics.js";
import { applyEdits, type EditedText } from "./edits.js";
import { loadTslab, type Tslab } from "./load-tslab.js";
import { mendCell, type CellFault, type MendedCell } from "./mend-cell.js";
import { keepNamespaces } from "./keep-namespaces.js";
import { isLocalSpecifier, resolveFromCell, toRootSpecifier } from "./resolve-local.js";
import { relocate, writeSourceMap } from "./source-map-writer.js";
import { indexLines, type TextLines } from "./text-lines.js";

/** One notebook while its cells are compiled in order. */
export type CellSequence = {
  /** Absolute. */
  readonly root: string;
  /** Project path of the notebook. */
  readonly notebook: string;
  readonly converter: CellConverter;
  /** Declarations of all cells so far, as TypeScript. */
  declarations: string;
  /** Names that cells which could not be compiled would have declared. */
  readonly missingNames: Set<string>;
};

export type CellCompilation = {
  /** null where there is nothing to execute, or an error. */
  readonly compiled: CompiledCell | null;
  readonly problems: readonly Problem[];
  /** Absolute paths of all files that the result rests on. */
  readonly files: readonly string[];
  /** Local specifiers as the author wrote them -> project path. */
  readonly specifiers: ReadonlyMap<string, string>;
  /** Specifiers of packages. */
  readonly packages: ReadonlySet<string>;
};

const NOTHING: CellCompilation = { compiled: null, problems: [], files: [], specifiers: new Map(), packages: new Set() };

/**
 * Checks and compiles the next cell of a notebook, and carries its declarations on.
 *
 * @param cell Its source may begin with option lines; places count them.
 */
export function compileCell(sequence: CellSequence, cell: Pick<Cell, "source" | "position" | "options">): CellCompilation {
  const tslab = loadTslab();
  const { ts } = tslab;
  const file = ts.createSourceFile("cell.ts", cell.source, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS);
  const lines = indexLines(cell.source);
  const toPlace = (offset: number): Place => ({ file: sequence.notebook, cell: cell.position, ...lines.placeOf(offset) });
  const syntax = parseErrors(file);
  if (syntax.length > 0) {
    declareMissing(tslab, sequence, file);
    return { ...NOTHING, problems: syntax.map((error) => toTypeProblem(ts, error, toPlace(error.start ?? 0))) };
  }
  const specifiers = new Map<string, string>();
  const packages = new Set<string>();
  const faults: CellFault[] = [];
  const mended = mendCell(ts, file, (use) => {
    if (isLocalSpecifier(use.text)) return rewriteSpecifier(sequence, use, { specifiers, faults });
    packages.add(use.text);
    return null;
  });
  faults.push(...mended.faults);
  if (file.statements.every(ts.isEmptyStatement)) return { ...NOTHING, problems: faults.map((fault) => toFaultProblem(fault, toPlace)) };
  const { edited, checked } = convertMended(sequence, applyEdits(cell.source, mended.edits), findNestedVars(ts, file));
  faults.push(...findUnknownExports(tslab, sequence, { mended, names: checked.names }));
  const errors = listErrors(tslab, sequence, { checked, edited: applyEdits(cell.source, mended.edits), mended, faults });
  const problems = [
    ...faults.map((fault) => toFaultProblem(fault, toPlace)),
    ...errors.map(({ error, offset }) => toTypeProblem(ts, error, toPlace(offset))),
  ].sort(byPlace);
  carryOn(tslab, sequence, { file, checked });
  return {
    compiled: problems.length > 0 || checked.converted === null ? null : finishCell(cell, { converted: checked.converted, mended, edited, lines }),
    problems,
    files: checked.files,
    specifiers,
    packages,
  };
}

/** How often a cell may be annotated anew before its names are declared as `any` altogether. */
const ANNOTATION_ROUNDS = 5;

/** Converts a cell, if need be with annotations; what it is told of is what holds without them. */
function convertMended({ converter, declarations }: CellSequence, mended: EditedText, nestedVars: ReadonlySet<string>): { readonly edited: EditedText; readonly checked: CheckedCell } {
  const first = converter.convert(declarations, mended.text, nestedVars);
  let edited = mended;
  let checked = first;
  for (let round = 0; round < ANNOTATION_ROUNDS && checked.annotations.length > 0; round += 1) {
    const before = edited;
    const annotated = applyEdits(before.text, checked.annotations);
    edited = { text: annotated.text, toOriginal: (offset) => before.toOriginal(annotated.toOriginal(offset)) };
    checked = converter.convert(declarations, edited.text, nestedVars);
  }
  return { edited, checked: { ...checked, diagnostics: first.diagnostics, files: first.files } };
}

function byPlace(a: Problem, b: Problem): number {
  return (a.place.line ?? 0) - (b.place.line ?? 0) || (a.place.column ?? 0) - (b.place.column ?? 0);
}

function toFaultProblem({ code, offset, message, hint }: CellFault, toPlace: (offset: number) => Place): Problem {
  return { severity: "error", code, place: toPlace(offset), message, ...(hint === undefined ? {} : { hint }) };
}

type Rewriting = { readonly specifiers: Map<string, string>; readonly faults: CellFault[] };
type Use = Parameters<Parameters<typeof mendCell>[2]>[0];

/** Cells are compiled as if they lay in the root, so their local specifiers become paths from there. */
function rewriteSpecifier({ root, notebook }: CellSequence, use: Use, { specifiers, faults }: Rewriting): string | null {
  const found = resolveFromCell(root, notebook, use.text);
  const offset = use.node.getStart();
  if (found.kind === "found") {
    specifiers.set(use.text, found.path);
    return toRootSpecifier(found.path);
  }
  const fault = found.kind === "outside"
    ? { code: "outside-project", message: `\`${use.text}\` lies outside of the project`, hint: OUTSIDE_HINT }
    : { code: "missing-module", message: `there is no module \`${use.text}\`: neither from the folder of ${formatPlace({ file: notebook })} nor from the project root`, hint: "correct the path, or write the module" };
  faults.push({ ...fault, offset });
  return null;
}

function findUnknownExports({ ts }: Tslab, sequence: CellSequence, { mended, names }: { readonly mended: MendedCell; readonly names: ReadonlySet<string> }): CellFault[] {
  if (mended.exported.length === 0) return [];
  const earlier = bindLocals(ts, sequence.declarations);
  return mended.exported
    .filter(({ name }) => !names.has(name) && !earlier.has(name) && !sequence.missingNames.has(name))
    .map(({ name, offset }) => ({ code: "type-error", offset, message: `Cannot find name '${name}'.` }));
}

type Checking = { readonly checked: CheckedCell; readonly edited: EditedText; readonly mended: MendedCell; readonly faults: readonly CellFault[] };

function listErrors({ ts }: Tslab, sequence: CellSequence, { checked, edited, mended, faults }: Checking): { error: typescript.Diagnostic; offset: number }[] {
  return checked.diagnostics.flatMap((error) => {
    const start = (error.start ?? 0) - MODULE_PREFIX.length;
    const offset = edited.toOriginal(start);
    // Behind the cell's text tslab exports what the cell declares.
    const isTslabs = start < 0 || start > edited.text.length;
    const isAllowedAwait = error.code === 1308 && mended.topLevelAwaits.has(offset);
    const isReported = faults.some((fault) => fault.offset === offset);
    const isError = error.category === ts.DiagnosticCategory.Error;
    return !isError || isTslabs || isAllowedAwait || isReported || isFollowUp(error, sequence.missingNames) ? [] : [{ error, offset }];
  });
}

/** Keeps what later cells may use of this one; of a cell whose types could not be written, its names. */
function carryOn(tslab: Tslab, sequence: CellSequence, { file, checked }: { readonly file: typescript.SourceFile; readonly checked: CheckedCell }): void {
  const declarations = checked.converted?.declarations ?? null;
  if (declarations === null) return declareMissing(tslab, sequence, file);
  sequence.declarations = declarations + keepNamespaces(tslab.ts, sequence.declarations, checked.names);
}

function declareMissing({ ts }: Tslab, sequence: CellSequence, file: typescript.SourceFile): void {
  const { text, names } = declareAsAny(ts, file);
  for (const name of names) sequence.missingNames.add(name);
  const { converted, names: declared } = sequence.converter.convert(sequence.declarations, text, new Set());
  const declarations = converted?.declarations ?? null;
  if (declarations !== null) sequence.declarations = declarations + keepNamespaces(ts, sequence.declarations, declared);
}

type Finishing = { readonly converted: ConvertedCell; readonly mended: MendedCell; readonly edited: EditedText; readonly lines: TextLines };

function finishCell(cell: Pick<Cell, "position" | "options">, { converted, mended, edited, lines }: Finishing): CompiledCell {
  const editedLines = indexLines(MODULE_PREFIX + edited.text);
  const segments = relocate(converted.segments, (line, column) => {
    const offset = editedLines.offsetOf(line, column) - MODULE_PREFIX.length;
    if (offset < 0 || offset > edited.text.length) return null;
    const place = lines.placeOf(edited.toOriginal(offset));
    return { line: place.line - 1, column: place.column - 1 };
  });
  return {
    position: cell.position,
    code: withoutReset(converted.code, segments.map((line) => line.length > 0)),
    isAsync: mended.isAsync,
    lastExpression: converted.lastExpression,
    map: writeSourceMap(segments, `cell-${cell.position}.ts`),
    isParameters: cell.options.tags.includes("parameters"),
  };
}

/** Takes out TypeScript's `exports.a = exports.b = void 0`: an initial value may still read the earlier cell's `a`. */
function withoutReset(code: string, isMapped: readonly boolean[]): string {
  const lines = code.split("\n");
  const index = lines.findIndex((line, position) => isMapped[position] !== true && /^(exports\.[^\s.;=]+ = )+void 0;$/.test(line));
  if (index !== -1) lines[index] = "";
  return lines.join("\n");
}
