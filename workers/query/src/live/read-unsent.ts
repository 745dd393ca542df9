import type { Candle } from "@candlehouse/shared/core/candle";
import { unsentRanges, type LivePosition } from "@candlehouse/shared/core/live-position";
import type { Series } from "@candlehouse/shared/core/series";
import { groupByOwner } from "@candlehouse/shared/d1/databases";
import { read } from "@candlehouse/shared/d1/read-series";

/** A candle that was stored since, of the series at `index`. */
export interface UnsentCandle {
  readonly index: number;
  readonly candle: Candle;
}

/** Most candles that one look finds: what is left is found by the next one. */
export const UNSENT_ROWS_MAX = 1_000;

/**
 * A seek of the primary key for each range in which a candle may still come; only what is new is a
 * row read. The join keeps its order, so that each range is looked for by the key.
 */
const SELECT_UNSENT = `
SELECT wanted.value ->> 0 AS "index", p.timestamp,
  p.open, p.high, p.low, p.close, p.volume_from, p.volume_to, p.trades
FROM json_each(?1) AS wanted CROSS JOIN price_data AS p
WHERE p.source = wanted.value ->> 1 AND p.symbol = wanted.value ->> 2
  AND p.timeframe = wanted.value ->> 3
  AND p.timestamp >= wanted.value ->> 4 AND p.timestamp < wanted.value ->> 5
ORDER BY wanted.key, p.timestamp LIMIT ${UNSENT_ROWS_MAX}`;

/**
 * The hot candles of `series` that were not sent at `positions`: one series after the other, each
 * oldest first. One query a database. Throws StorageUnavailableError or StorageRejectedError.
 */
export async function readUnsent(
  db: D1Database,
  series: readonly Series[],
  positions: readonly LivePosition[],
): Promise<UnsentCandle[]> {
  const groups = groupByOwner(db, [...series.entries()], ([, one]) => one);
  const found = await Promise.all(
    groups.map(({ db: owner, items }) => {
      const wanted = items.flatMap(([index, { source, symbol, timeframe }]) => {
        const position = positions[index];
        return position === undefined
          ? []
          : unsentRanges(position, timeframe).map(({ from, to }) => [
              index,
              source,
              symbol,
              timeframe,
              from,
              to,
            ]);
      });
      return read<Candle & { index: number }>(owner, SELECT_UNSENT, [JSON.stringify(wanted)]);
    }),
  );
  const all = found.flatMap(({ rows }) => rows);
  const rows =
    groups.length === 1 ? all : all.toSorted((a, b) => a.index - b.index).slice(0, UNSENT_ROWS_MAX);
  return rows.map(({ index, ...candle }) => ({ index, candle }));
}
