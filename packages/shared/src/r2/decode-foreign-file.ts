import type { FileMetaData } from "hyparquet";
import { findCandleFault, type Candle } from "../core/candle.ts";
import { FragmentUnreadableError } from "../core/errors.ts";
import { formatSeries, type Series } from "../core/series.ts";
import { findForeignColumns, type ForeignColumns } from "./foreign-columns.ts";
import {
  leavesOf,
  readForeignColumn,
  showRaw,
  type ForeignFile,
  type ForeignReader,
} from "./foreign-pages.ts";
import { countReader, decimalReader, nameReader, timestampReader } from "./foreign-values.ts";
import { readMetadata } from "./read-metadata.ts";

/** Most bytes in a Parquet file that is handed in: it is held whole, beside what is made of it. */
export const FRAGMENT_BYTES_MAX = 16 * 1_024 * 1_024;

/** Most rows in a Parquet file that is handed in: four months of minutes. */
export const FRAGMENT_ROWS_MAX = 200_000;

/** Rows of a Parquet file, each a candle or, as text, why it is none. */
export interface ForeignRows {
  readonly rows: number;
  /** Row `index`, counted from 0. Whether a candle can be true is not looked at. */
  readonly at: (index: number) => Candle | string;
}

/**
 * The candles of a Parquet file that another program wrote, ascending by timestamp, each once. All
 * of them can be true at the shown time `nowSeconds` (unix seconds): `findCandleFault` passed them.
 *
 * Columns go by name, in any order, upper or lower case; others than these are not read:
 * `timestamp` (or `time`, `open_time`) as TIMESTAMP or DATE, in UTC where no zone is given, or as
 * whole unix seconds, milli-, micro- or nanoseconds; `open`, `high`, `low`, `close` and, where they
 * are there, `volume_from` (or `volume`), `volume_to` (or `quote_volume`) and `trades` as DECIMAL,
 * DOUBLE, integers or text. Values are exact: a DECIMAL's digits come from its integer, a FLOAT is
 * refused. Where there are columns `source`, `symbol` or `timeframe`, they must name `series`.
 *
 * Throws FragmentUnreadableError with the row (counted from 0) and column, and what is expected.
 */
export function decodeForeignFile(bytes: Uint8Array, series: Series, nowSeconds: number): Candle[] {
  const { rows, at } = readForeignRows(bytes, series, FRAGMENT_ROWS_MAX);
  const candles = Array.from({ length: rows }, (_, index) => {
    const candle = at(index);
    if (typeof candle === "string") {
      throw new FragmentUnreadableError(`row ${index}, ${candle}`);
    }
    return candle;
  });
  return distinctCandles(candles, series, nowSeconds);
}

/**
 * The rows of such a file, up to `rowsMax` of them, in the order of the file: a value that cannot be
 * read is a fault of its row alone. They are held by column, a double for a value. Throws
 * FragmentUnreadableError where the file or a whole column cannot be read.
 */
export function readForeignRows(bytes: Uint8Array, series: Series, rowsMax: number): ForeignRows {
  try {
    const file = openFile(bytes, rowsMax);
    const columns = findForeignColumns(file.metadata);
    assertSeries(file, columns, series);
    return { rows: file.rows, at: readRows(file, columns) };
  } catch (error) {
    if (error instanceof FragmentUnreadableError) {
      throw error;
    }
    // The reader of the format throws what JavaScript throws where bytes are not what they say.
    throw new FragmentUnreadableError(`no Parquet file that can be read: ${String(error)}`, {
      cause: error,
    });
  }
}

function openFile(bytes: Uint8Array, rowsMax: number): ForeignFile {
  if (bytes.byteLength > FRAGMENT_BYTES_MAX) {
    throw new FragmentUnreadableError(
      `the file has ${bytes.byteLength} bytes: up to ${FRAGMENT_BYTES_MAX} are read`,
    );
  }
  const metadata = readMetadata(bytes);
  const rows = Number(metadata.num_rows);
  if (!(rows >= 1 && rows <= rowsMax)) {
    throw new FragmentUnreadableError(
      `the file has ${rows} rows: 1 to ${rowsMax} are read, cut it into smaller ones`,
    );
  }
  const inGroups = metadata.row_groups.map(({ num_rows }) => Number(num_rows));
  const sum = inGroups.reduce((total, count) => total + count, 0);
  // Room is made by what a row group says, before its values are counted.
  if (sum !== rows || inGroups.some((count) => count < 0)) {
    throw new FragmentUnreadableError(`the file has ${rows} rows, its row groups ${sum}`);
  }
  assertColumns(metadata);
  return { bytes, metadata, rows };
}

/** Refuses a file whose row groups have other columns than its schema, or in another order. */
function assertColumns(metadata: FileMetaData): void {
  const names = leavesOf(metadata).map(({ name }) => name);
  for (const { columns } of metadata.row_groups) {
    const isSame =
      columns.length === names.length &&
      columns.every(
        ({ meta_data }, place) =>
          meta_data === undefined || meta_data.path_in_schema.at(-1) === names[place],
      );
    if (!isSame) {
      const found = columns.map(({ meta_data }) => meta_data?.path_in_schema.join("."));
      throw new FragmentUnreadableError(
        `a row group has the columns ${found.join(", ")}, the schema ${names.join(", ")}`,
      );
    }
  }
}

/** Refuses a file whose own columns say that its candles are another series'. */
function assertSeries(file: ForeignFile, columns: ForeignColumns, series: Series): void {
  for (const field of ["source", "symbol", "timeframe"] as const) {
    const element = columns[field];
    if (element !== undefined) {
      const names = readForeignColumn(file, element, nameReader(element));
      const row = names.findIndex((name) => name !== series[field]);
      if (row !== -1) {
        throw new FragmentUnreadableError(
          `row ${row}, column ${element.name} holds ${JSON.stringify(names[row])}: for ${formatSeries(series)} it holds ${series[field]} everywhere, or is left out`,
        );
      }
    }
  }
}

function readRows(file: ForeignFile, columns: ForeignColumns): ForeignRows["at"] {
  const decimals = (element: ForeignColumns["volume_from"]) =>
    element === undefined ? NOTHING : readCells(file, element, decimalReader(element));
  const { timestamp, trades } = columns;
  const timestamps = readCells(file, timestamp, timestampReader(timestamp));
  const opens = decimals(columns.open);
  const highs = decimals(columns.high);
  const lows = decimals(columns.low);
  const closes = decimals(columns.close);
  const volumesFrom = decimals(columns.volume_from);
  const volumesTo = decimals(columns.volume_to);
  const counts = trades === undefined ? NOTHING : readCells(file, trades, countReader(trades));
  return (row) => {
    try {
      return {
        timestamp: neededValue(timestamps[row], timestamp.name),
        open: neededValue(opens.at(row), columns.open.name),
        high: neededValue(highs.at(row), columns.high.name),
        low: neededValue(lows.at(row), columns.low.name),
        close: neededValue(closes.at(row), columns.close.name),
        volume_from: valueOf(volumesFrom.at(row)),
        volume_to: valueOf(volumesTo.at(row)),
        trades: valueOf(counts.at(row)),
      };
    } catch (error) {
      if (error instanceof RowFaultError) {
        return error.message;
      }
      throw error;
    }
  };
}

/** A column that is not there. */
const NOTHING = { at: () => null };

/** In the place of a value: why it cannot be read. There may be one a row. */
class CellFault {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Why a row is no candle. */
class RowFaultError extends Error {}

/** Faults of a column that are kept with what the cell holds; more of them no report tells of. */
const FAULTS_TOLD_MAX = 1_000;

/** The values of a column; of one that cannot be read, why. */
function readCells<Value>(
  file: ForeignFile,
  element: ForeignColumns["timestamp"],
  { read, expected }: ForeignReader<Value>,
): (Value | CellFault | null)[] {
  const { name } = element;
  const untold = new CellFault(`column ${name} holds something else: ${expected} is expected`);
  let told = 0;
  const faultOf = (raw: unknown): CellFault => {
    told += 1;
    return told > FAULTS_TOLD_MAX
      ? untold
      : new CellFault(`column ${name} holds ${showRaw(raw)}: ${expected} is expected`);
  };
  return readForeignColumn(file, element, { read: (raw) => read(raw) ?? faultOf(raw), expected });
}

function valueOf<Value>(value: Value | CellFault | null | undefined): Value | null {
  if (value instanceof CellFault) {
    throw new RowFaultError(value.reason);
  }
  return value ?? null;
}

function neededValue<Value>(value: Value | CellFault | null | undefined, name: string): Value {
  const known = valueOf(value);
  if (known === null) {
    throw new RowFaultError(`column ${name} is null: a value is expected`);
  }
  return known;
}

/** `candles` in order, each once. Throws where one cannot be true or stands twice in two ways. */
function distinctCandles(candles: Candle[], series: Series, nowSeconds: number): Candle[] {
  for (const [row, candle] of candles.entries()) {
    const fault = findCandleFault(candle, series.timeframe, nowSeconds);
    if (fault !== undefined) {
      throw new FragmentUnreadableError(`row ${row}: ${fault}`);
    }
  }
  const isAscending = candles.every(
    ({ timestamp }, row) => row === 0 || timestamp > (candles[row - 1]?.timestamp ?? 0),
  );
  return isAscending ? candles : withoutDoubles(candles.toSorted(byTimestamp));
}

function byTimestamp(a: Candle, b: Candle): number {
  return a.timestamp - b.timestamp;
}

function withoutDoubles(sorted: readonly Candle[]): Candle[] {
  return sorted.filter((candle, index) => {
    const before = sorted[index - 1];
    if (before?.timestamp !== candle.timestamp) {
      return true;
    }
    // Decimals have one stored form each, so that equal candles have equal JSON.
    const [first, second] = [JSON.stringify(before), JSON.stringify(candle)];
    if (first !== second) {
      throw new FragmentUnreadableError(
        `two rows of one timestamp differ: ${first} and ${second}; a candle stands once`,
      );
    }
    return false;
  });
}
