import type { HotRange } from "../core/archive-plan.ts";
import { chunk } from "../core/message-plan.ts";
import { dayOf } from "../core/missing.ts";
import { isCountedDaily, type SeriesDay } from "./coverage-rows.ts";
import { throwStorageError } from "./d1-error.ts";
import { askAll } from "./ask-databases.ts";
import { groupByOwner } from "./databases.ts";
import { read } from "./read-series.ts";

/** Days that one statement counts: 288,000 candles of a minute, a tenth of a second of D1. */
const DAYS_COUNTED_MAX = 200;

/**
 * One statement counts and writes, so a row is exact from its first moment on. A day without a hot
 * candle gets none: counting it by the key costs no more than reading a row.
 */
const COUNT_DAYS = `
INSERT OR REPLACE INTO coverage (source, symbol, timeframe, day, candles)
SELECT source, symbol, timeframe, day, candles FROM (
  SELECT j.value->>0 AS source, j.value->>1 AS symbol, j.value->>2 AS timeframe,
    j.value->>3 AS day,
    (SELECT COUNT(*) FROM price_data AS p
     WHERE p.source = j.value->>0 AND p.symbol = j.value->>1 AND p.timeframe = j.value->>2
       AND p.timestamp >= (j.value->>3) * 86400 AND p.timestamp < (j.value->>3 + 1) * 86400
    ) AS candles
  FROM json_each(?1) AS j)
WHERE candles > 0`;

const SELECT_COUNTED = `
SELECT source, symbol, timeframe, day FROM coverage ORDER BY source, symbol, timeframe, day`;

/**
 * The days of `hot` (every series with hot candles) that are over at `nowSeconds` and have no row in
 * the coverage, up to `limit`. Throws StorageUnavailableError.
 */
export async function listUncountedDays(
  db: D1Database,
  hot: readonly HotRange[],
  nowSeconds: number,
  limit: number,
): Promise<SeriesDay[]> {
  const { rows } = await askAll(db, (one) => read<SeriesDay>(one, SELECT_COUNTED, []));
  const counted = new Set(rows.map(keyOf));
  const uncounted: SeriesDay[] = [];
  for (const { series, oldest, newest } of hot) {
    if (!isCountedDaily(series.timeframe)) {
      continue;
    }
    const last = Math.min(dayOf(newest), dayOf(nowSeconds) - 1);
    for (let day = dayOf(oldest); day <= last && uncounted.length < limit; day += 1) {
      const seriesDay = { ...series, day };
      if (!counted.has(keyOf(seriesDay))) {
        uncounted.push(seriesDay);
      }
    }
  }
  return uncounted;
}

/** Counts the hot candles of `days` and keeps what it counted. Returns how many rows it wrote. */
export async function recordCoverage(db: D1Database, days: readonly SeriesDay[]): Promise<number> {
  let written = 0;
  const parts = groupByOwner(db, days, (day) => day).flatMap(({ db: owner, items }) =>
    chunk(items, DAYS_COUNTED_MAX).map((part) => ({ owner, part })),
  );
  for (const { owner, part } of parts) {
    const rows = part.map(({ source, symbol, timeframe, day }) => [source, symbol, timeframe, day]);
    const { meta } = await owner
      .prepare(COUNT_DAYS)
      .bind(JSON.stringify(rows))
      .run()
      .catch(throwStorageError);
    written += meta.changes;
  }
  return written;
}

function keyOf({ source, symbol, timeframe, day }: SeriesDay): string {
  return `${source} ${symbol} ${timeframe} ${day}`;
}
