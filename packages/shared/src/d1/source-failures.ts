import { isTimeframe, type Timeframe } from "../core/timeframe.ts";
import type { FailureMarks } from "../core/alert-quality-rules.ts";
import { askAll, askEach, compareText } from "./ask-databases.ts";
import { throwStorageError } from "./d1-error.ts";
import { allDatabases } from "./databases.ts";
import { read } from "./read-series.ts";

/** Of enabled series, by source. */
const SELECT_SERIES = `
SELECT source, timeframe, failure_count AS failureCount FROM series WHERE enabled = 1
ORDER BY source`;

/** Of all series: one that is disabled takes no failure away. */
const SUM_FAILURES = `
SELECT source, sum(failures) AS failures FROM series GROUP BY source ORDER BY source`;

/** In the first database. */
const SELECT_MARKS = `
SELECT source, coalesce(before_at, at) AS since,
  iif(before_at IS NULL, failures, before_failures) AS failuresSince
FROM source_failures ORDER BY source`;

/** Each of the statements gives its part of such a row. */
interface FailureRow {
  readonly source: string;
  readonly timeframe: string;
  readonly failureCount: number;
  readonly failures: number;
  readonly since: number;
  readonly failuresSince: number;
}

/**
 * How many fetches of each source with enabled series failed, and how many had at its mark, half an
 * hour to an hour ago. A source without a mark is left out. Two rows read a series. Throws
 * StorageUnavailableError.
 */
export async function readFailures(db: D1Database): Promise<readonly FailureMarks[]> {
  const [first = db] = allDatabases(db);
  const results = await askEach(db, (one) =>
    one
      .batch<FailureRow>(
        [SELECT_SERIES, SUM_FAILURES, ...(one === first ? [SELECT_MARKS] : [])].map((sql) =>
          one.prepare(sql),
        ),
      )
      .catch(throwStorageError),
  );
  const known = results.flatMap(([series]) =>
    (series?.results ?? []).flatMap(({ source, timeframe, failureCount }) =>
      isTimeframe(timeframe) ? [{ source, timeframe, failureCount }] : [],
    ),
  );
  const sums = sumBySource(results.flatMap(([, found]) => found?.results ?? []));
  const marks = new Map(results[0]?.[2]?.results.map((mark) => [mark.source, mark]));
  const bySource = Map.groupBy(known, ({ source }) => source);
  return [...sums].flatMap(([source, failures]) => {
    const own = bySource.get(source) ?? [];
    const mark = marks.get(source);
    return own.length === 0 || mark === undefined
      ? []
      : [{ source, failures, ...timesOf(mark), series: own.map(timed) }];
  });
}

function timesOf({ since, failuresSince }: FailureRow) {
  return { since, failuresSince };
}

/** What the series of each source failed in all databases, by source. */
function sumBySource(
  rows: readonly Pick<FailureRow, "source" | "failures">[],
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { source, failures } of rows.toSorted((a, b) => compareText(a.source, b.source))) {
    sums.set(source, (sums.get(source) ?? 0) + failures);
  }
  return sums;
}

function timed(one: { readonly timeframe: Timeframe; readonly failureCount: number }) {
  return { timeframe: one.timeframe, failureCount: one.failureCount };
}

/** A mark is moved on after this long, less a minute by which a cron may be early. Seconds. */
const MARK_SECONDS = 1_800 - 60;

const MOVE_MARKS = `
INSERT INTO source_failures (source, at, failures)
SELECT value ->> 0, ?1, value ->> 1 FROM json_each(?2) WHERE true
ON CONFLICT (source) DO UPDATE SET
  before_at = source_failures.at, before_failures = source_failures.failures,
  at = excluded.at, failures = excluded.failures
WHERE source_failures.at <= ?1 - ${MARK_SECONDS}`;

/**
 * Notes at `nowSeconds`, unix seconds, how many fetches of each source failed so far, where that was
 * noted half an hour ago or never: a billed row a source. Throws StorageUnavailableError.
 */
export async function moveFailureMarks(db: D1Database, nowSeconds: number): Promise<void> {
  const { rows } = await askAll(db, (one) =>
    read<Pick<FailureRow, "source" | "failures">>(one, SUM_FAILURES, []),
  );
  const sums = JSON.stringify([...sumBySource(rows)]);
  await db.prepare(MOVE_MARKS).bind(nowSeconds, sums).run().catch(throwStorageError);
}
