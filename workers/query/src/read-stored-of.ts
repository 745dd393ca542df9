import type { Series } from "@candlehouse/shared/core/series";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import { countCandles } from "@candlehouse/shared/core/timeframe";
import type { Stores } from "./read-pages.ts";
import { servePages } from "./serve/serve-candles.ts";
import { PLAIN } from "./serve/serve-query.ts";

/** Candles that are read together because they lie near each other: open times, unix seconds. */
interface Stretch {
  readonly first: number;
  /** Inclusive. */
  last: number;
}

/** Most candles of a stretch, which may be all read for two of them. */
const STRETCH_CANDLES = 1_000;

/** Stretches that are read at once. */
const STRETCHES_AT_ONCE = 6;

/**
 * The stored candles of `series` that open at `timestamps` (ascending, unix seconds), by timestamp,
 * at `nowSeconds`; those that are not held are not among them. Throws as `servePages` does.
 */
export async function readStoredOf(
  stores: Stores,
  series: Series,
  timestamps: readonly number[],
  nowSeconds: number,
): Promise<ReadonlyMap<number, ServedCandle>> {
  const wanted = [{ ...series, finest: series.timeframe }];
  const stretches = stretchesOf(series, timestamps);
  const found = new Map<number, ServedCandle>();
  for (let start = 0; start < stretches.length; start += STRETCHES_AT_ONCE) {
    const served = await Promise.all(
      stretches
        .slice(start, start + STRETCHES_AT_ONCE)
        .map(({ first, last }) =>
          servePages(
            stores,
            { ...PLAIN, wanted, start: first, end: last + 1, limit: STRETCH_CANDLES },
            nowSeconds,
          ),
        ),
    );
    for (const candle of served.flatMap(({ pages }) => pages).flatMap(({ candles }) => candles)) {
      found.set(candle.timestamp, candle);
    }
  }
  return found;
}

function stretchesOf({ timeframe }: Series, timestamps: readonly number[]): Stretch[] {
  const stretches: Stretch[] = [];
  for (const timestamp of timestamps) {
    const current = stretches.at(-1);
    if (
      current !== undefined &&
      countCandles(current.first, timestamp + 1, timeframe) <= STRETCH_CANDLES
    ) {
      current.last = timestamp;
    } else {
      stretches.push({ first: timestamp, last: timestamp });
    }
  }
  return stretches;
}
