/**
 * Strict reading of CSV (RFC 4180) in pieces. Libraries that guess drop the surplus cells of a ragged row or keep a
 * byte order mark in the first header; this reader says which row and which column is wrong.
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */

/** A CSV file that is not what it should be. Rows count from 1, the header included. */
export class CsvError extends Error {
  override readonly name = "CsvError";
  /** The same text is as wrong the second time. */
  readonly retryable = false;
  constructor(
    readonly source: string,
    readonly row: number,
    detail: string,
  ) {
    super(`${source}, row ${row}: ${detail}`);
  }
}

export type CsvOptions = {
  /** Name of the file, for messages. */
  readonly source: string;
  /** The header that is expected, in order. */
  readonly header: readonly string[];
};

/** No field of a table of measurements is as long; a quote that is never closed would otherwise read the whole file into one. */
const longestField = 65_536;

const special = /[",\r\n]/g;

/**
 * Reads rows of fields from text that comes in pieces of any size; memory holds one piece and one row.
 *
 *            "                      "
 *   field ------> quoted  <---------------> quote seen
 *     ^                                         |
 *     +------------- , or line end -------------+
 */
export class CsvReader {
  #state: "field" | "quoted" | "quote seen" = "field";
  #row: string[] = [];
  #field = "";
  #wasQuoted = false;
  #rowNumber = 1;
  #blankRow: number | null = null;
  #started = false;
  #hasHeader = false;

  constructor(private readonly options: CsvOptions) {}

  /**
   * @param text - the next piece.
   * @returns the data rows that it completes, each with as many fields as the header.
   * @throws {@link CsvError} for another header, a ragged row, a blank line or a stray quote.
   */
  push(text: string): string[][] {
    const rows: string[][] = [];
    const start = !this.#started && text.startsWith("\uFEFF") ? 1 : 0;
    if (text !== "") this.#started = true;
    for (let at = start; at < text.length; at += 1) {
      const end = this.#state === "field" ? plainEnd(text, at) : at;
      if (end > at) this.#append(text.slice(at, end));
      if (end < text.length) this.#take(text.charAt(end), rows);
      at = end;
    }
    return rows;
  }

  /** The last row, where the file doesn't end with a line end. */
  end(): string[][] {
    const rows: string[][] = [];
    if (this.#state === "quoted") throw this.#error(`the quote that opens the field ${this.#columnName()} is never closed.`);
    if (this.#row.length > 0 || this.#field !== "" || this.#wasQuoted) this.#endRow(rows);
    if (!this.#hasHeader) throw this.#error(`the file is empty; expected the header ${this.options.header.join(",")}.`);
    return rows;
  }

  #take(character: string, rows: string[][]): void {
    if (this.#state === "quoted") {
      if (character === '"') this.#state = "quote seen";
      else this.#append(character);
    } else if (character === ",") {
      this.#endField();
    } else if (character === "\n") {
      this.#endRow(rows);
    } else if (character === "\r") {
      // Only ever before a line feed; kept out of the field either way.
    } else if (character === '"') {
      this.#takeQuote();
    } else if (this.#state === "quote seen") {
      throw this.#error(`text follows the closing quote of the field ${this.#columnName()}.`);
    } else {
      this.#append(character);
    }
  }

  #takeQuote(): void {
    if (this.#state === "quote seen") this.#append('"');
    else if (this.#field !== "") throw this.#error(`a quote stands inside the field ${this.#columnName()}, which is not quoted.`);
    this.#state = "quoted";
    this.#wasQuoted = true;
  }

  #append(text: string): void {
    if (this.#field.length + text.length > longestField) throw this.#error(`the field ${this.#columnName()} is longer than ${longestField} characters.`);
    this.#field += text;
  }

  #endField(): void {
    this.#row.push(this.#field);
    this.#field = "";
    this.#wasQuoted = false;
    this.#state = "field";
  }

  #endRow(rows: string[][]): void {
    const isBlank = this.#row.length === 0 && this.#field === "" && !this.#wasQuoted;
    this.#endField();
    const row = this.#row;
    this.#row = [];
    if (isBlank) this.#blankRow ??= this.#rowNumber;
    else this.#accept(row, rows);
    this.#rowNumber += 1;
  }

  #accept(row: string[], rows: string[][]): void {
    if (this.#blankRow !== null) throw new CsvError(this.options.source, this.#blankRow, "a blank line stands between rows.");
    const { header } = this.options;
    if (!this.#hasHeader) {
      this.#hasHeader = true;
      checkHeader(row, this.options);
    } else if (row.length !== header.length) {
      const where = row.length < header.length ? `nothing for column "${header[row.length]}"` : `"${row[header.length]}" after the last column`;
      throw this.#error(`expected ${header.length} fields, found ${row.length} (${where}).`);
    } else {
      rows.push(row);
    }
  }

  #columnName(): string {
    return `of column "${this.options.header[this.#row.length] ?? this.#row.length + 1}"`;
  }

  #error(detail: string): CsvError {
    return new CsvError(this.options.source, this.#rowNumber, detail);
  }
}

/**
 * The rows of a text that is in memory.
 * @throws {@link CsvError}
 */
export function parseCsv(text: string, options: CsvOptions): string[][] {
  const reader = new CsvReader(options);
  return [...reader.push(text), ...reader.end()];
}

/** One line of CSV with its line end; fields are quoted only where they must be. */
export function csvLine(fields: readonly string[]): string {
  return `${fields.map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(",")}\n`;
}

/** Where a run of characters ends that mean nothing but themselves outside quotes. */
function plainEnd(text: string, from: number): number {
  special.lastIndex = from;
  return special.exec(text)?.index ?? text.length;
}

function checkHeader(found: readonly string[], { source, header }: CsvOptions): void {
  if (found.length === header.length && found.every((name, index) => name === header[index])) return;
  const missing = header.filter((name) => !found.includes(name));
  const unexpected = found.filter((name) => !header.includes(name));
  const difference = [
    missing.length > 0 ? `missing: ${missing.join(", ")}` : "",
    unexpected.length > 0 ? `unexpected: ${unexpected.join(", ")}` : "",
  ].filter((part) => part !== "");
  const detail = difference.length > 0 ? difference.join("; ") : "same columns in another order";
  throw new CsvError(source, 1, `expected the header ${header.join(",")}, found ${found.join(",")} (${detail}).`);
}
