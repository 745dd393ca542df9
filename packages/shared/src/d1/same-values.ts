/** The columns of a candle's values, in the order of a candle's JSON. */
export const VALUE_COLUMNS = ["open", "high", "low", "close", "volume_from", "volume_to", "trades"];

/** SQL: whether the values of the table `a` read as those that `b` gives for each column. */
export function valuesAre(a: string, b: (column: string, place: number) => string): string {
  return VALUE_COLUMNS.map((column, place) => isSameValue(`${a}.${column}`, b(column, place))).join(
    " AND ",
  );
}

/**
 * SQL: whether two values read as the same. From 2^53 on, JSON writes a double as a whole number
 * that SQLite takes for an integer, the low digits of which are not those of the double.
 */
function isSameValue(a: string, b: string): string {
  return `(${a} IS ${b} OR (typeof(${a}) || typeof(${b}) IN ('integerreal', 'realinteger')
    AND CAST(${a} AS REAL) = CAST(${b} AS REAL)))`;
}
