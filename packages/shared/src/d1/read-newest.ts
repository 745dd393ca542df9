import type { Candle } from "../core/candle.ts";
import type { ColdFile } from "../core/cold-plan.ts";
import type { Series } from "../core/series.ts";
import {
  conditionOf,
  CURRENT_FILES,
  jsonOf,
  NEWEST_TIMESTAMP,
  read,
  SERIES_GIVEN,
  type Found,
  type InventoryPage,
  type SeriesFilter,
} from "./read-series.ts";
import { askOwners, askPage, compareSeries } from "./ask-databases.ts";

/** The newest candle of a series, as far as D1 has it. */
export interface NewestCandle {
  readonly series: Series;
  /** The newest hot candle; null where there is none. */
  readonly candle: Candle | null;
  /** The newest file of the archive, where its last candle is not older; else undefined. */
  readonly file: ColdFile | undefined;
}

const SELECT_NEWEST = `
SELECT s.source, s.symbol, s.timeframe,
  p.timestamp, p.open, p.high, p.low, p.close, p.volume_from, p.volume_to, p.trades,
  f.key AS file_key, f.rows AS file_rows, f.first_timestamp AS file_first,
  f.last_timestamp AS file_last, f.bytes AS file_bytes,
  f.footer_length AS file_footer_length, f.footer_hash AS file_footer_hash`;
const JOIN_NEWEST = `
LEFT JOIN price_data AS p ON p.source = s.source AND p.symbol = s.symbol
  AND p.timeframe = s.timeframe AND p.timestamp = ${NEWEST_TIMESTAMP}
LEFT JOIN archive_files AS f ON f.source = s.source AND f.symbol = s.symbol
  AND f.timeframe = s.timeframe AND f.state = 'current'
  AND f.partition = (SELECT partition ${CURRENT_FILES} ORDER BY partition DESC LIMIT 1)`;

/** The newest candle of up to `page.limit` rows of `series`, in the order of their key. */
export async function readNewestCandles(
  db: D1Database,
  filter: SeriesFilter,
  page: InventoryPage,
): Promise<Found<NewestCandle>> {
  const { sql, values } = conditionOf(filter, page);
  const order = { compare: compareSeries, limit: page.limit };
  const found = await askPage(db, order, (one) =>
    read<NewestRow>(one, `${SELECT_NEWEST} FROM series AS s ${JOIN_NEWEST} ${sql}`, values),
  );
  return { ...found, rows: found.rows.map(newestCandleOf) };
}

/** The newest candle of each of `series`, in their order, whether they stand in `series` or not. */
export async function readNewestCandlesOf(
  db: D1Database,
  series: readonly Series[],
): Promise<Found<NewestCandle>> {
  const found = await askOwners(
    db,
    series,
    (one) => one,
    (owner, some) =>
      read<NewestRow>(
        owner,
        `${SELECT_NEWEST} FROM ${SERIES_GIVEN} ${JOIN_NEWEST} ORDER BY s.position`,
        [jsonOf(some)],
      ),
  );
  return { ...found, rows: found.rows.map(newestCandleOf) };
}

interface FileColumns {
  readonly file_key: string;
  readonly file_rows: number;
  readonly file_first: number;
  readonly file_last: number;
  readonly file_bytes: number;
  readonly file_footer_length: number;
  readonly file_footer_hash: string;
}

type NewestRow = Series &
  (Candle | Record<keyof Candle, null>) &
  (FileColumns | Record<keyof FileColumns, null>);

function newestCandleOf(row: NewestRow): NewestCandle {
  const { source, symbol, timeframe, timestamp, open, high, low, close } = row;
  const { volume_from, volume_to, trades } = row;
  return {
    series: { source, symbol, timeframe },
    candle:
      timestamp === null
        ? null
        : { timestamp, open, high, low, close, volume_from, volume_to, trades },
    file:
      row.file_key === null || row.file_last < (timestamp ?? 0)
        ? undefined
        : {
            key: row.file_key,
            rows: row.file_rows,
            first: row.file_first,
            last: row.file_last,
            bytes: row.file_bytes,
            footerLength: row.file_footer_length,
            footerHash: row.file_footer_hash,
          },
  };
}
