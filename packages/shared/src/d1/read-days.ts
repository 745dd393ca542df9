import { dayOf } from "../core/missing.ts";
import { partitionStart } from "../core/partition.ts";
import { throwStorageError } from "./d1-error.ts";
import { ownerOf } from "./databases.ts";
import { DAY, HOT_DAYS, HOT_OF_DAY, RANGES, rangesJson, type DayRange } from "./hot-days.ts";
import type { Found } from "./read-series.ts";

/** What a series holds of one day, in days since 1970-01-01 UTC. */
export interface HeldDay {
  readonly day: number;
  readonly hot: number;
  readonly cold: number;
}

const SELECT_HOT = `
WITH RECURSIVE ${RANGES}, ${HOT_DAYS}
SELECT day, ${HOT_OF_DAY} AS candles FROM days ORDER BY day`;

const SELECT_COLD = `
WITH ${RANGES}
SELECT f.partition, f.day_counts AS dayCounts
FROM r CROSS JOIN archive_files AS f ON f.source = r.source AND f.symbol = r.symbol
  AND f.timeframe = r.timeframe AND f.state = 'current'
  AND f.last_timestamp >= r.from_day * ${DAY} AND f.first_timestamp < r.to_day * ${DAY}
ORDER BY f.partition`;

/** The days of `range` that have candles, hot or cold, in order. Throws StorageUnavailableError. */
export async function readHeldDays(
  databases: D1Database,
  range: DayRange,
): Promise<Found<HeldDay>> {
  const db = ownerOf(databases, range.series);
  const json = rangesJson([range]);
  const results = await db
    .batch<{ day: number; candles: number; partition: string; dayCounts: string }>(
      [SELECT_HOT, SELECT_COLD].map((sql) => db.prepare(sql).bind(json)),
    )
    .catch(throwStorageError);
  const hot = new Map(results[0]?.results.map(({ day, candles }) => [day, candles]));
  const cold = new Map<number, number>();
  for (const { partition, dayCounts } of results[1]?.results ?? []) {
    const firstDay = dayOf(partitionStart(partition));
    const counts: number[] = JSON.parse(dayCounts);
    for (const [place, candles] of counts.entries()) {
      cold.set(firstDay + place, candles);
    }
  }
  const days = [...new Set([...hot.keys(), ...cold.keys()])]
    .filter((day) => day >= range.fromDay && day < range.toDay)
    .toSorted((a, b) => a - b)
    .map((day) => ({ day, hot: hot.get(day) ?? 0, cold: cold.get(day) ?? 0 }))
    .filter(({ hot: some, cold: others }) => some + others > 0);
  return {
    rows: days,
    rowsRead: results.reduce((sum, { meta }) => sum + meta.rows_read, 0),
    durationMs: results.reduce((sum, { meta }) => sum + meta.duration, 0),
  };
}
