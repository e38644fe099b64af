/** Columns that say nothing new: with them a regression has no unique answer, and its coefficients are noise. */

/** A column counts as new if at least this share of its length is left when the others are taken out. */
const leastShare = 1e-6;

/**
 * Goes through the columns in order and keeps those that are not a linear combination of a constant and earlier ones
 * (modified Gram-Schmidt, twice for accuracy).
 * @param rows - one row a sample, one number a column.
 * @returns indexes of the columns to keep, ascending.
 * @see Golub and Van Loan, Matrix Computations, 5.2.8
 */
export function independentColumns(rows: readonly (readonly number[])[]): number[] {
  const width = rows[0]?.length ?? 0;
  const basis: number[][] = [];
  addDirection(basis, rows.map(() => 1));
  const kept: number[] = [];
  for (let index = 0; index < width; index += 1) {
    if (addDirection(basis, rows.map((row) => row[index] ?? 0))) kept.push(index);
  }
  return kept;
}

/** Adds what is new in a column to the basis; false where nothing is. */
function addDirection(basis: number[][], column: readonly number[]): boolean {
  const length = norm(column);
  let rest = [...column];
  for (const _pass of [1, 2]) {
    for (const direction of basis) {
      const share = dot(direction, rest);
      rest = rest.map((value, index) => value - share * (direction[index] ?? 0));
    }
  }
  const left = norm(rest);
  if (left <= leastShare * length) return false;
  basis.push(rest.map((value) => value / left));
  return true;
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += (a[index] ?? 0) * (b[index] ?? 0);
  return sum;
}

function norm(values: readonly number[]): number {
  return Math.sqrt(dot(values, values));
}
