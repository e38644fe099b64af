import { SyntaxStop, TokenCursor, readTokens } from "./literal-tokens.js";
import type { Token } from "./literal-tokens.js";
import { positionAt } from "../json-syntax.js";
import { readLiteral } from "./parameter-literal.js";
import { readType, supportedTypes } from "./parameter-type.js";
import { makeError } from "../problems.js";
import type { JsonValue, ParameterDeclaration, Place, Problem } from "../types.js";

export type ParameterCell = { readonly parameters: readonly ParameterDeclaration[]; readonly problems: readonly Problem[] };

/**
 * Reads the `const name: Type = literal` declarations of a parameters cell, and finds what else is in it.
 * @param source the cell's text
 * @param start file and cell, for places
 */
export function readParameterCell(source: string, start: Place): ParameterCell {
  const cursor = new TokenCursor(readTokens(source));
  const parameters: ParameterDeclaration[] = [];
  const problems: Problem[] = [];
  const placeOf = (token: Token): Place => ({ ...start, ...positionAt(source, token.start) });
  while (cursor.current.kind !== "end") {
    if (cursor.take(";")) continue;
    const first = cursor.current;
    try {
      readStatement(cursor, (declaration) => {
        const { name, typeStart, typeEnd, value } = declaration;
        if (parameters.some((each) => each.name === name.text)) {
          problems.push(makeError({
            code: "parameters-cell",
            place: placeOf(name),
            message: `the parameter \`${name.text}\` is declared twice`,
            hint: "keep one of them",
          }));
          return;
        }
        parameters.push({ name: name.text, type: source.slice(typeStart, typeEnd), value, place: placeOf(name) });
      });
    } catch (error) {
      if (!(error instanceof SyntaxStop)) throw error;
      problems.push(describeStop(error, source, placeOf(error.token)));
      if (cursor.current === first) cursor.advance();
      skipStatement(cursor);
    }
  }
  return { parameters, problems };
}

type Declaration = { readonly name: Token; readonly typeStart: number; readonly typeEnd: number; readonly value: JsonValue };

function readStatement(cursor: TokenCursor, add: (declaration: Declaration) => void): void {
  cursor.take("export");
  if (!cursor.take("const")) throw new SyntaxStop(cursor.current, "`const name: Type = literal`");
  do add(readDeclaration(cursor));
  while (cursor.take(","));
  const isEnded = cursor.take(";") || cursor.current.isFirstInLine || cursor.current.kind === "end";
  if (!isEnded) throw new SyntaxStop(cursor.current, "the end of the declaration: a literal is one value, not an expression");
}

function readDeclaration(cursor: TokenCursor): Declaration {
  const name = cursor.advance();
  if (name.kind !== "name") throw new SyntaxStop(name, "a parameter's name");
  if (!cursor.take(":")) throw new SyntaxStop(cursor.current, `\`: Type\` after \`${name.text}\`: a parameter says its type`);
  const typeStart = cursor.current.start;
  readType(cursor);
  const typeEnd = cursor.previous.end;
  if (cursor.isAt("[") || cursor.isAt("&") || cursor.isAt("<") || cursor.isAt("=>")) {
    throw new SyntaxStop(cursor.current, `a type made of ${supportedTypes}`, "unsupported-type");
  }
  if (!cursor.take("=")) throw new SyntaxStop(cursor.current, `\`= literal\` after the type of \`${name.text}\``);
  return { name, typeStart, typeEnd, value: readLiteral(cursor) };
}

/** Goes on at the next line that begins a declaration, so that one slip hides no other. */
function skipStatement(cursor: TokenCursor): void {
  const isAtDeclaration = () => cursor.current.isFirstInLine && ["const", "export", "let", "var"].some((word) => cursor.isAt(word));
  while (cursor.current.kind !== "end" && !isAtDeclaration()) cursor.advance();
}

function describeStop(stop: SyntaxStop, source: string, place: Place): Problem {
  const line = source.slice(stop.token.start).split("\n", 1)[0]?.trim() ?? "";
  const found = stop.token.kind === "end" ? "the end of the cell" : `\`${line.length > 40 ? `${line.slice(0, 37)}...` : line}\``;
  if (stop.code === "unsupported-type") {
    return makeError({
      code: "unsupported-type",
      place,
      message: `the type of a parameter can't be this, found ${found}`,
      hint: `supported are ${supportedTypes}`,
    });
  }
  return makeError({
    code: "parameters-cell",
    place,
    message: `expected ${stop.expected}, found ${found}`,
    hint: "a cell tagged `parameters` holds nothing but `const name: Type = literal`; move the rest to another cell",
  });
}
