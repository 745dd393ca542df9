import type { GapClass } from "../core/gap.ts";
import type { Run } from "../core/missing.ts";
import type { Series } from "../core/series.ts";
import { groupByOwner } from "./databases.ts";
import { read } from "./read-series.ts";

/** Candles that the gaps of one class stand for. */
export interface GapSum {
  readonly class: GapClass;
  readonly candles: number;
}

/** CROSS JOIN keeps SQLite from reading all gaps for each range. */
const SUM_SQL = `
SELECT j.value ->> 0 AS id, g.class, SUM(CAST(ROUND(g.missing * 1.0 *
  (MIN(g."end", j.value ->> 5) - MAX(g.start, j.value ->> 4)) / (g."end" - g.start)) AS INTEGER)) AS candles
FROM json_each(?1) j
CROSS JOIN gaps g
WHERE g.source = j.value ->> 1 AND g.symbol = j.value ->> 2 AND g.timeframe = j.value ->> 3
  AND g.start < j.value ->> 5 AND g."end" > j.value ->> 4 AND g.state <> 'filled'
GROUP BY j.value ->> 0, g.class ORDER BY 1, 2`;

/**
 * What is missing in each of `ranges`, by its id. A gap of one run that reaches beyond the range is
 * counted as far as it lies within; one of several runs, in proportion. Throws
 * StorageUnavailableError.
 */
export async function sumGaps(
  db: D1Database,
  ranges: readonly (Series & Run & { readonly id: string })[],
): Promise<ReadonlyMap<string, GapSum[]>> {
  if (ranges.length === 0) {
    return new Map();
  }
  const found = await Promise.all(
    groupByOwner(db, ranges, (of) => of).map(({ db: owner, items }) => {
      const rows = items.map((of) => [of.id, of.source, of.symbol, of.timeframe, of.start, of.end]);
      return read<GapSum & { readonly id: string }>(owner, SUM_SQL, [JSON.stringify(rows)]);
    }),
  );
  const sums = found.flatMap(({ rows }) => rows);
  return new Map(
    [...Map.groupBy(sums, ({ id }) => id)].map(([id, ofRange]) => [
      id,
      ofRange.map(({ class: name, candles }) => ({ class: name, candles })),
    ]),
  );
}
