/** Rows in one chart from which a reader's page grows slow, and from which it isn't drawn. */
export const manyRows = 20_000;
export const tooManyRows = 200_000;
