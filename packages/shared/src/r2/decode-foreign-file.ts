import { parquetMetadata } from "hyparquet";
import { findCandleFault, type Candle } from "../core/candle.ts";
import { FragmentUnreadableError } from "../core/errors.ts";
import { formatSeries, type Series } from "../core/series.ts";
import { findForeignColumns, type ForeignColumns } from "./foreign-columns.ts";
import { readForeignColumn, type ForeignFile } from "./foreign-pages.ts";
import { countReader, decimalReader, nameReader, timestampReader } from "./foreign-values.ts";

/** Most bytes in a Parquet file that is handed in: it is held whole, beside what is made of it. */
export const FRAGMENT_BYTES_MAX = 16 * 1_024 * 1_024;

/** Most rows in a Parquet file that is handed in: four months of minutes. */
export const FRAGMENT_ROWS_MAX = 200_000;

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
  try {
    const file = openFile(bytes);
    const columns = findForeignColumns(file.metadata);
    assertSeries(file, columns, series);
    return distinctCandles(readCandles(file, columns), series, nowSeconds);
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

function openFile(bytes: Uint8Array): ForeignFile {
  if (bytes.byteLength > FRAGMENT_BYTES_MAX) {
    throw new FragmentUnreadableError(
      `the file has ${bytes.byteLength} bytes: up to ${FRAGMENT_BYTES_MAX} are read`,
    );
  }
  const metadata = parquetMetadata(bytes, { geoparquet: false });
  const rows = Number(metadata.num_rows);
  if (!(rows >= 1 && rows <= FRAGMENT_ROWS_MAX)) {
    throw new FragmentUnreadableError(
      `the file has ${rows} rows: 1 to ${FRAGMENT_ROWS_MAX} are read`,
    );
  }
  return { bytes, metadata, rows };
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

function readCandles(file: ForeignFile, columns: ForeignColumns): Candle[] {
  const decimals = (element: ForeignColumns["open"]) =>
    readForeignColumn(file, element, decimalReader(element));
  const nulls = { at: () => null };
  const timestamps = readForeignColumn(file, columns.timestamp, timestampReader(columns.timestamp));
  const opens = decimals(columns.open);
  const highs = decimals(columns.high);
  const lows = decimals(columns.low);
  const closes = decimals(columns.close);
  const { volume_from, volume_to, trades } = columns;
  const volumesFrom = volume_from === undefined ? nulls : decimals(volume_from);
  const volumesTo = volume_to === undefined ? nulls : decimals(volume_to);
  const counts =
    trades === undefined ? nulls : readForeignColumn(file, trades, countReader(trades));
  return timestamps.map((timestamp, row) => {
    const needed = <Value>(value: Value | null | undefined, name: string): Value => {
      if (value === null || value === undefined) {
        throw new FragmentUnreadableError(
          `row ${row}, column ${name} is null: a value is expected`,
        );
      }
      return value;
    };
    return {
      timestamp: needed(timestamp, columns.timestamp.name),
      open: needed(opens[row], columns.open.name),
      high: needed(highs[row], columns.high.name),
      low: needed(lows[row], columns.low.name),
      close: needed(closes[row], columns.close.name),
      volume_from: volumesFrom.at(row) ?? null,
      volume_to: volumesTo.at(row) ?? null,
      trades: counts.at(row) ?? null,
    };
  });
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
