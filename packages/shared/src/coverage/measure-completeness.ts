import { completenessOf, type SeriesCompleteness } from "../core/completeness.ts";
import { dayOf, dayStart } from "../core/missing.ts";
import { scanEnd } from "../core/scan-ranges.ts";
import { countCandles } from "../core/timeframe.ts";
import { readHoldings, type HoldingsRange } from "../d1/completeness.ts";
import { readSeries, type SeriesFilter, type SeriesRow } from "../d1/read-series.ts";

/** Series that one statement counts. */
const SERIES_AT_ONCE = 500;

/** What is asked: whole UTC days from `start` to `end`, unix seconds. */
export interface CompletenessRange {
  /** Undefined: the first candle that a series holds. */
  readonly start: number | undefined;
  /** Exclusive; undefined: the present. */
  readonly end: number | undefined;
}

export interface CompletenessFound {
  /** By source, symbol and timeframe; a series without a candle is not among them. */
  readonly list: readonly SeriesCompleteness[];
  readonly rowsRead: number;
  readonly durationMs: number;
}

/**
 * How complete the series are that `filter` lets through, from the tables alone. What has closed in
 * the last minutes, and may be on its way, is not expected yet. Throws StorageUnavailableError.
 */
export async function measureCompleteness(
  db: D1Database,
  filter: SeriesFilter,
  range: CompletenessRange,
  nowSeconds: number,
): Promise<CompletenessFound> {
  const list: SeriesCompleteness[] = [];
  let [rowsRead, durationMs] = [0, 0];
  for (let after: SeriesRow | undefined; ;) {
    const page = await readSeries(db, filter, { after, limit: SERIES_AT_ONCE });
    const asked = page.rows.flatMap((row) => {
      const one = rangeOf(row, range, nowSeconds);
      return one === undefined ? [] : [{ row, range: one }];
    });
    const found = await readHoldings(
      db,
      asked.map((one) => one.range),
    );
    for (const [place, { row, range: one }] of asked.entries()) {
      const { source, symbol, timeframe, tier } = row;
      const expected = countCandles(one.start, one.until, timeframe);
      const counts = found.holdings[place] ?? { held: 0, explained: 0 };
      list.push({
        series: { source, symbol, timeframe },
        tier,
        start: one.start,
        end: one.until,
        ...completenessOf({ expected, ...counts }),
      });
    }
    rowsRead += page.rowsRead + found.rowsRead;
    durationMs += page.durationMs + found.durationMs;
    after = page.rows.at(-1);
    if (page.rows.length < SERIES_AT_ONCE) {
      return { list, rowsRead, durationMs };
    }
  }
}

/** The days of `row` that are asked about; undefined where there are none. */
function rangeOf(
  { source, symbol, timeframe, first_timestamp }: SeriesRow,
  { start, end }: CompletenessRange,
  nowSeconds: number,
): HoldingsRange | undefined {
  const from = start ?? first_timestamp;
  if (from === null) {
    return undefined;
  }
  const last = scanEnd(nowSeconds, timeframe);
  const until = Math.min(last, end === undefined ? last : dayStart(dayOf(end - 1) + 1));
  const fromDay = dayOf(from);
  return dayStart(fromDay) >= until
    ? undefined
    : {
        series: { source, symbol, timeframe },
        start: start === undefined ? from : dayStart(fromDay),
        fromDay,
        toDay: dayOf(until - 1) + 1,
        until,
      };
}
