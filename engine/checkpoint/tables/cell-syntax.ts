/** What the bytes of a cell spell. Nothing here makes a string, for tables of many million cells. */

/** Kinds of cells as bits, so that a column can hold the set of those it has. */
export const EMPTY = 0;
export const NUMBER = 1;
export const BOOLEAN = 2;
export const STRING = 4;

const [DOT, MINUS, PLUS, ZERO, COLON, UPPER_T, UPPER_Z] = [0x2e, 0x2d, 0x2b, 0x30, 0x3a, 0x54, 0x5a] as const;
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** Whether a cell is empty, a number by JSON's syntax, `true` or `false`, or any other text. */
export function kindOfCell(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return EMPTY;
  const first = bytes[start]!;
  if (first === MINUS || isDigit(first)) return isNumber(bytes, start, end) ? NUMBER : STRING;
  return isBoolean(bytes, start, end) ? BOOLEAN : STRING;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= 0x39;
}

function skipDigits(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && isDigit(bytes[at])) at += 1;
  return at;
}

function isNumber(bytes: Uint8Array, start: number, end: number): boolean {
  let at = bytes[start] === MINUS ? start + 1 : start;
  const whole = at;
  at = skipDigits(bytes, at, end);
  if (at === whole || (bytes[whole] === ZERO && at > whole + 1)) return false;
  if (at < end && bytes[at] === DOT) {
    const fraction = at + 1;
    at = skipDigits(bytes, fraction, end);
    if (at === fraction) return false;
  }
  if (at < end && isExponentMark(bytes[at])) {
    const isSigned = at + 1 < end && (bytes[at + 1] === PLUS || bytes[at + 1] === MINUS);
    const exponent = at + (isSigned ? 2 : 1);
    at = skipDigits(bytes, exponent, end);
    if (at === exponent) return false;
  }
  return at === end;
}

function isExponentMark(byte: number | undefined): boolean {
  return byte === 0x65 || byte === 0x45;
}

const TRUE = Buffer.from("true");
const FALSE = Buffer.from("false");

function isBoolean(bytes: Uint8Array, start: number, end: number): boolean {
  return matches(bytes, start, end, TRUE) || matches(bytes, start, end, FALSE);
}

/** Whether the cell is these bytes. */
export function matches(bytes: Uint8Array, start: number, end: number, other: Uint8Array): boolean {
  if (end - start !== other.length) return false;
  for (let at = 0; at < other.length; at += 1) if (bytes[start + at] !== other[at]) return false;
  return true;
}

/** The value of a cell that is a number: the double nearest to it. */
export function numberOfCell(bytes: Buffer, start: number, end: number): number {
  const isNegative = bytes[start] === MINUS;
  let [mantissa, fractionDigits, hasDot] = [0, 0, false];
  // Up to 15 digits and 22 decimals both operands are exact, so one division rounds as parsing does.
  if (end - start > 16) return Number(bytes.toString("latin1", start, end));
  for (let at = isNegative ? start + 1 : start; at < end; at += 1) {
    const byte = bytes[at]!;
    if (byte === DOT) hasDot = true;
    else if (isDigit(byte)) {
      mantissa = mantissa * 10 + (byte - ZERO);
      if (hasDot) fractionDigits += 1;
    } else return Number(bytes.toString("latin1", start, end));
  }
  if (mantissa > Number.MAX_SAFE_INTEGER) return Number(bytes.toString("latin1", start, end));
  const value = mantissa / POWERS_OF_TEN[fractionDigits]!;
  return isNegative ? -value : value;
}

/** Whether a cell that is a number has no fraction: `12`, `1e5` and `2.0`, but not `0.5`. Exact, whatever its length. */
export function isWholeCell(bytes: Buffer, start: number, end: number): boolean {
  const from = bytes[start] === MINUS ? start + 1 : start;
  if (skipDigits(bytes, from, end) === end) return true;
  const [mantissa = "", exponent = "0"] = bytes.toString("latin1", from, end).toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const digits = (whole + fraction).replace(/0+$/, "");
  if (digits === "") return true;
  const decimals = digits.length - whole.length - Number(exponent);
  return decimals <= 0;
}

/**
 * Whether a cell is a calendar date of ISO 8601 in its extended form, alone or with a time: `2015-02-28`,
 * `2015-02-28T06:00`, `2015-02-28T06:00:00.5Z`, `2015-02-28T06:00:00+05:30`. Days that the calendar lacks are none.
 */
export function isDate(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 10 || bytes[start + 4] !== MINUS || bytes[start + 7] !== MINUS) return false;
  const year = digits(bytes, start, 4);
  const month = digits(bytes, start + 5, 2);
  const day = digits(bytes, start + 8, 2);
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return false;
  if (end - start === 10) return true;
  return bytes[start + 10] === UPPER_T && isTime(bytes, start + 11, end);
}

function isTime(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 5 || bytes[start + 2] !== COLON || !isBelow(bytes, start, 24) || !isBelow(bytes, start + 3, 60)) return false;
  let at = start + 5;
  if (at < end && bytes[at] === COLON) {
    if (end - at < 3 || !isBelow(bytes, at + 1, 60)) return false;
    at += 3;
    if (at < end && bytes[at] === DOT) {
      const fraction = at + 1;
      at = skipDigits(bytes, fraction, end);
      if (at === fraction) return false;
    }
  }
  return at === end || isZone(bytes, at, end);
}

function isZone(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (bytes[start] === UPPER_Z) return length === 1;
  if ((bytes[start] !== PLUS && bytes[start] !== MINUS) || length < 3 || !isBelow(bytes, start + 1, 24)) return false;
  if (length === 3) return true;
  if (length === 5) return isBelow(bytes, start + 3, 60);
  return length === 6 && bytes[start + 3] === COLON && isBelow(bytes, start + 4, 60);
}

function isBelow(bytes: Uint8Array, start: number, limit: number): boolean {
  const value = digits(bytes, start, 2);
  return value >= 0 && value < limit;
}

/** The number that so many digits spell; -1 where one of them is no digit. */
function digits(bytes: Uint8Array, start: number, count: number): number {
  let value = 0;
  for (let at = start; at < start + count; at += 1) {
    if (!isDigit(bytes[at])) return -1;
    value = value * 10 + (bytes[at]! - ZERO);
  }
  return value;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
