import type { Candle } from "@candlehouse/shared/core/candle";
import { nests, rollUp } from "@candlehouse/shared/core/rollup";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import {
  addCandles,
  closeTimeOf,
  openTimeOf,
  timeframeSeconds,
  type Timeframe,
} from "@candlehouse/shared/core/timeframe";
import { startIndicators } from "../src/serve/compute-indicators.ts";
import type { ServeQuery } from "../src/serve/serve-query.ts";

/** A revision of a candle, and when it was seen. */
export interface Revision {
  readonly candle: Candle;
  readonly seenAtMs: number;
}

/** What is stored of a series: each list is ascending. */
export interface Stored {
  readonly timeframe: Timeframe;
  readonly hot: readonly Candle[];
  readonly cold: readonly Candle[];
  readonly revisions: readonly Revision[];
}

/**
 * All rows of `query` that open in `start` to `end`, of what is stored of its market, as one would
 * make them with everything in memory: the whole history is made, and then cut.
 */
export function modelRows(
  stored: readonly Stored[],
  timeframe: Timeframe,
  query: ServeQuery,
  nowSeconds: number,
): ServedCandle[] {
  const at = Math.min(query.asOf ?? nowSeconds, nowSeconds);
  const finest = query.wanted[0]?.finest;
  const bases = stored
    .filter(({ timeframe: from }) => from === timeframe || nests(from, timeframe))
    .filter(({ timeframe: from }) => timeframeSeconds(from) >= timeframeSeconds(finest ?? "1m"))
    .toSorted((a, b) => timeframeSeconds(b.timeframe) - timeframeSeconds(a.timeframe))
    .map((one) => ({ from: one.timeframe, candles: known(one, query) }))
    .filter(({ candles }) => candles.length > 0);
  const places = new Map<number, { held: number; candles: readonly ServedCandle[] }>();
  for (const { from, candles } of bases) {
    for (const { place, ...made } of placesOf(candles, from, timeframe, at)) {
      if (made.held > (places.get(place)?.held ?? 0)) {
        places.set(place, made);
      }
    }
  }
  const kept = [...places.entries()]
    .toSorted(([a], [b]) => a - b)
    .filter(([place]) => query.incomplete === "mark" || closeTimeOf(place, timeframe) <= at)
    .flatMap(([, { candles }]) => candles);
  const valuesOf = startIndicators(query.indicators, timeframe);
  const shown = kept.map((candle): ServedCandle =>
    query.indicators.length === 0 ? candle : { ...candle, indicators: valuesOf(candle) },
  );
  const coarsest = bases[0]?.from ?? timeframe;
  const rows = query.fill === "none" ? shown : filled(shown, coarsest, timeframe, query);
  return rows.filter(
    ({ timestamp }) => timestamp >= (query.start ?? 0) && timestamp < (query.end ?? Infinity),
  );
}

/** The candles of `stored` that had closed at the time that is asked about, as they were then. */
function known(stored: Stored, query: ServeQuery): Candle[] {
  return revised(merged(stored), stored.revisions, query).filter(
    ({ timestamp }) =>
      query.asOf === undefined || closeTimeOf(timestamp, stored.timeframe) <= query.asOf,
  );
}

/** What `candles` of `from` have for each place of `timeframe`, and which part of it they hold. */
function placesOf(
  candles: readonly Candle[],
  from: Timeframe,
  timeframe: Timeframe,
  at: number,
): { place: number; held: number; candles: readonly ServedCandle[] }[] {
  if (from === timeframe) {
    return candles.map((candle) => ({
      place: openTimeOf(candle.timestamp, timeframe),
      held: 1,
      candles: [candle],
    }));
  }
  return rollUp(candles, from, timeframe).map((candle) => {
    const parts = partsOf(candle.timestamp, from, timeframe);
    const closed = closeTimeOf(candle.timestamp, timeframe) <= at;
    return {
      place: candle.timestamp,
      held: (parts - candle.missing) / parts,
      candles: [{ ...candle, from, closed }],
    };
  });
}

function merged({ hot, cold }: Stored): Candle[] {
  const byTime = new Map([...hot, ...cold].map((candle) => [candle.timestamp, candle]));
  return [...byTime.values()].toSorted((a, b) => a.timestamp - b.timestamp);
}

function revised(
  candles: readonly Candle[],
  revisions: readonly Revision[],
  { revisions: mode, asOf }: ServeQuery,
): Candle[] {
  if (mode === "first" && asOf === undefined) {
    return [...candles];
  }
  const until = asOf === undefined ? Infinity : asOf * 1_000;
  const newest = new Map<number, Revision>();
  for (const revision of revisions) {
    const newer = newest.get(revision.candle.timestamp);
    if (revision.seenAtMs <= until && (newer?.seenAtMs ?? -1) < revision.seenAtMs) {
      newest.set(revision.candle.timestamp, revision);
    }
  }
  return candles.map((candle) => newest.get(candle.timestamp)?.candle ?? candle);
}

function filled(
  candles: readonly ServedCandle[],
  from: Timeframe,
  timeframe: Timeframe,
  { fill, indicators }: ServeQuery,
): ServedCandle[] {
  const columns = indicators.flatMap((one) => one.columns).map(() => null);
  const rows: ServedCandle[] = [];
  for (const [index, candle] of candles.entries()) {
    rows.push({ ...candle, filled: false });
    const next = candles[index + 1];
    const places = placesBetween(candle, next, timeframe);
    for (const [place, timestamp] of places.entries()) {
      const way = (place + 1) / (places.length + 1);
      const [start, end] = [Number(candle.close), Number(next?.open)];
      const price = { none: null, null: null, prev: candle.close, zero: candle.close }[
        fill === "linear" ? "null" : fill
      ];
      const shown = fill === "linear" ? start + (end - start) * way : price;
      const volume = fill === "zero" ? 0 : null;
      rows.push({
        timestamp,
        open: shown,
        high: shown,
        low: shown,
        close: shown,
        volume_from: volume,
        volume_to: volume,
        trades: volume,
        ...(from === timeframe
          ? {}
          : { missing: partsOf(timestamp, from, timeframe), closed: true }),
        filled: true,
        ...(columns.length === 0 ? {} : { indicators: columns }),
      });
    }
  }
  return rows;
}

function placesBetween(
  candle: ServedCandle,
  next: ServedCandle | undefined,
  timeframe: Timeframe,
): number[] {
  const places: number[] = [];
  const end = next?.timestamp ?? 0;
  let time = addCandles(candle.timestamp, timeframe, 1);
  while (time < end) {
    places.push(time);
    time = addCandles(time, timeframe, 1);
  }
  return places;
}

function partsOf(timestamp: number, from: Timeframe, timeframe: Timeframe): number {
  let parts = 0;
  const end = closeTimeOf(timestamp, timeframe);
  for (let time = timestamp; time < end; time = closeTimeOf(time, from)) {
    parts += 1;
  }
  return parts;
}
