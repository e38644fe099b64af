import { hintName } from "./suggest-name.js";

/**
 * The time zone's name in its usual spelling.
 * @returns null where there is no such zone
 */
export function parseTimezone(name: string): string | null {
  // An offset such as +01:00 means the opposite in TZ, and a zone has more to it.
  if (!/^[A-Za-z]/.test(name)) return null;
  try {
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions();
    return timeZone.toLowerCase() === name.toLowerCase() ? timeZone : name;
  } catch {
    return null;
  }
}

/** A hint for a zone that there is not. */
export function hintTimezone(name: string): string {
  return hintName(name, [...Intl.supportedValuesOf("timeZone"), "UTC"]) ?? "names are those of the IANA database, such as UTC or Europe/Berlin";
}
