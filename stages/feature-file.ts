/** `data/processed/features.csv`: the feature table as text, and back. */
import { CsvError } from "./csv.js";
import { type FeatureRow, type FeatureTable, keyColumns, targetColumn } from "./features.js";
import { type FieldType, readRecords, type RecordOf, writeRecords } from "./records.js";

type FeatureRecord = Record<string, string | number | null>;

/** The table with a column for each key, each feature and, last, the target (empty where it is unknown). */
export function writeFeatures(table: Pick<FeatureTable, "features" | "rows">): string {
  return writeRecords(toRecords(table), [...keyColumns, ...table.features, targetColumn]);
}

/** The table as records, one a row. */
export function toRecords({ features, rows }: Pick<FeatureTable, "features" | "rows">): FeatureRecord[] {
  return rows.map((row) => ({
    location: row.location,
    date: row.date,
    target_date: row.target_date,
    ...Object.fromEntries(features.map((name, index) => [name, row.values[index] ?? null])),
    [targetColumn]: row.target,
  }));
}

/**
 * Reads what {@link writeFeatures} wrote.
 * @throws CsvError for a header that does not begin with the keys and end with the target, and for fields of another type.
 */
export function readFeatures(text: string, source: string): Pick<FeatureTable, "features" | "rows"> {
  const header = (text.split("\n", 1)[0] ?? "").split(",");
  const features = header.slice(keyColumns.length, -1);
  const frame = [...keyColumns, ...features, targetColumn];
  if (frame.some((name, index) => name !== header[index])) {
    throw new CsvError(source, 1, `expected ${keyColumns.join(", ")}, the features, and ${targetColumn}; found ${header.join(", ")}.`);
  }
  const schema: Record<string, FieldType> = { location: "string", date: "date", target_date: "date" };
  for (const name of features) schema[name] = "number";
  schema[targetColumn] = "number?";
  return { features, rows: readRecords(text, schema, source).map((record) => toRow(record, features)) };
}

function toRow(record: RecordOf<Record<string, FieldType>>, features: readonly string[]): FeatureRow {
  const target = record[targetColumn];
  return {
    location: String(record["location"]),
    date: String(record["date"]),
    target_date: String(record["target_date"]),
    values: features.map((name) => Number(record[name])),
    target: typeof target === "number" ? target : null,
  };
}
