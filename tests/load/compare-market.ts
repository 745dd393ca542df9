import { closeTimeOf, newestClosed } from "@candlehouse/shared/core/timeframe";
import { askText } from "./ask.ts";
import type { Restated } from "./fault-plan.ts";
import type { Candles, ReferenceMarket, Values } from "./reference-market.ts";
import { timeframeOf, type ShownSeries } from "./sample.ts";

/** How what is stored differs from what the market had. */
export interface Comparison {
  readonly series: number;
  readonly candles: number;
  /** Candles of the market that are not stored: the series and the open time. */
  readonly lost: readonly string[];
  /** Stored candles that the market never had, or has with other values. */
  readonly invented: readonly string[];
  /** Series of which nothing is stored. */
  readonly empty: readonly string[];
  /** Candles that the source stated anew, in all series that they belong to. */
  readonly restated: number;
}

/**
 * Compares the candles that are stored of `series`, from each one's first stored on, with those of
 * `market`: all that were closed at `untilSeconds`, unix seconds, must be there. Of a candle that
 * was restated either value may be the stored one: whichever was seen first. `onSeries` is told how
 * many series are done.
 */
export async function compareWithMarket(
  url: string,
  series: readonly ShownSeries[],
  market: ReferenceMarket,
  restated: readonly Restated[],
  untilSeconds: number,
  onSeries: (done: number, all: number) => void,
): Promise<Comparison> {
  const sum = { candles: 0, lost: [] as string[], invented: [] as string[], restated: 0 };
  const known = series.filter(({ first_timestamp: first }) => first !== null);
  for (const [done, one] of known.entries()) {
    onSeries(done, known.length);
    const own = restated.filter(
      ({ source, nativeSymbol }) => source === one.source && nativeSymbol === one.native_symbol,
    );
    const found = await compareOne(url, one, market, own, untilSeconds);
    sum.candles += found.candles;
    sum.restated += found.restated;
    sum.lost.push(...found.lost);
    sum.invented.push(...found.invented);
  }
  const empty = series.filter(({ first_timestamp: first }) => first === null).map(({ id }) => id);
  return { series: series.length, ...sum, empty };
}

async function compareOne(
  url: string,
  series: ShownSeries,
  market: ReferenceMarket,
  restated: readonly Restated[],
  untilSeconds: number,
): Promise<Omit<Comparison, "series" | "empty">> {
  const { id, first_timestamp: first, last_timestamp: last } = series;
  const timeframe = timeframeOf(series);
  if (first === null || last === null) {
    throw new Error(`${id} has no candle`);
  }
  const due = newestClosed(untilSeconds, timeframe, 0);
  const end = Math.max(last, due);
  const [stored, had] = await Promise.all([
    storedCandles(url, id, first, closeTimeOf(end, timeframe)),
    market.candles(series, first, end),
  ]);
  const anew: Candles =
    restated.length === 0 ? new Map() : await market.restatedCandles(series, first, end, restated);
  const isRight = (time: number, values: Values): boolean =>
    isSame(values, had.get(time)) || isSame(values, anew.get(time));
  return {
    candles: stored.size,
    lost: [...had.keys()].filter((time) => time <= due && !stored.has(time)).map(nameIn(id)),
    invented: [...stored]
      .filter(([time, values]) => !isRight(time, values))
      .map(
        ([time, values]) =>
          `${nameIn(id)(time)} ${values.join(" ")}, not ${had.get(time)?.join(" ")}`,
      ),
    restated: [...anew].filter(([time, values]) => !isSame(values, had.get(time))).length,
  };
}

function nameIn(id: string): (time: number) => string {
  return (time) => `${id} ${new Date(time * 1_000).toISOString()}`;
}

function isSame(one: Values, other: Values | undefined): boolean {
  return other !== undefined && one.length === other.length && one.join() === other.join();
}

/** What the system serves from `start` (inclusive) to `end` (exclusive), unix seconds. */
async function storedCandles(
  url: string,
  id: string,
  start: number,
  end: number,
): Promise<Candles> {
  const text = await askText(`${url}/v1/candles?series=${id}&start=${start}&end=${end}&format=csv`);
  const rows = text.trim().split(/\r?\n/).slice(1);
  // Source, symbol and timeframe come first.
  const cells = rows.map((row) => row.split(",").slice(3));
  return new Map(cells.map(([time, ...values]) => [Number(time), values]));
}
