/** Days as whole numbers, so that "the day after" is an addition and no time zone can interfere. */

const dayMs = 86_400_000;
const isoDay = /^(\d{4})-(\d{2})-(\d{2})$/;

/**
 * The number of a calendar day, counted from 1970-01-01.
 * @param date - `YYYY-MM-DD`, from the year 1000 on.
 * @returns null where the text is no such date (`2015-02-30`, `1/2/2015`).
 */
export function toDayNumber(date: string): number | null {
  const match = isoDay.exec(date);
  if (match === null) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  if (year < 1000 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  return Date.UTC(year, month - 1, day) / dayMs;
}

/** `YYYY-MM-DD` of a day number. */
export function toDate(dayNumber: number): string {
  return new Date(dayNumber * dayMs).toISOString().slice(0, 10);
}

/**
 * The number of a day that is known to be a date.
 * @throws RangeError where it is none.
 */
export function dayNumberOf(date: string): number {
  const dayNumber = toDayNumber(date);
  if (dayNumber === null) throw new RangeError(`Expected a date like 2015-12-31, found "${date}".`);
  return dayNumber;
}

/** The date `days` after `date` (before it, where `days` is negative). */
export function addDays(date: string, days: number): string {
  return toDate(dayNumberOf(date) + days);
}

/** 1 for 1 January, to 365 or 366. */
export function dayOfYear(date: string): number {
  return dayNumberOf(date) - dayNumberOf(`${date.slice(0, 4)}-01-01`) + 1;
}

/** 365 or 366. */
export function daysInYear(year: number): number {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 366 : 365;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return daysInYear(year) - 337;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Where in the year a date lies, as an angle in radians: 0 on 1 January, towards 2π on 31 December. */
export function seasonAngle(date: string): number {
  return (2 * Math.PI * (dayOfYear(date) - 1)) / daysInYear(Number(date.slice(0, 4)));
}

/** 1 to 12. */
export function monthOf(date: string): number {
  return Number(date.slice(5, 7));
}

/** The day of a year of 365 days, 1 to 365; 29 February counts as the 28th, so that a date has one place in every year. */
export function dayOfCommonYear(date: string): number {
  const monthAndDay = date.slice(5) === "02-29" ? "02-28" : date.slice(5);
  return dayOfYear(`2001-${monthAndDay}`);
}
