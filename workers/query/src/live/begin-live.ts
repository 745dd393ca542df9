import {
  isUnsent,
  LIVE_START_CANDLES,
  livePositionNow,
  livePositionSince,
  unsentRanges,
  type LivePosition,
} from "@candlehouse/shared/core/live-position";
import type { Series } from "@candlehouse/shared/core/series";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import { closeTimeOf } from "@candlehouse/shared/core/timeframe";
import { assertKnownSeries } from "../find-series.ts";
import type { Stores } from "../read-pages.ts";
import { servePages } from "../serve/serve-candles.ts";
import { PLAIN, type ServedPage } from "../serve/serve-query.ts";
import { readyEvent, resetEvent } from "./event-text.ts";
import { candleEvents, type LiveEvents } from "./live-events.ts";
import { liveStateAt, movedTo, type LiveState } from "./live-state.ts";

/**
 * Most candles of a series that are looked through to catch up, those that were sent already among
 * them: of those behind the mark at least half as many are caught up.
 */
const CATCH_UP_CANDLES = 2_000;

/**
 * Most candles of all series that are caught up: each has an id that may take kilobytes. Where there
 * are more, series that have more than their share of it are reset.
 */
const CATCH_UP_CANDLES_IN_ALL = 10_000;

/** Where a stream begins: now, at a time (unix seconds), or where an earlier one broke off. */
export type LiveOrigin =
  | { readonly from: "now" }
  | { readonly from: "since"; readonly since: number }
  | { readonly from: "positions"; readonly positions: readonly LivePosition[] };

/**
 * The events with which a stream of `series` begins: everything that is stored after its origin, hot
 * and cold, or where that is too much a reset. All is read before the first of them. Throws
 * NotFoundError where a series is not known, and what `servePages` throws.
 */
export async function beginLive(
  stores: Stores,
  series: readonly Series[],
  origin: LiveOrigin,
  nowSeconds: number,
): Promise<LiveEvents> {
  await assertKnownSeries(stores.DB, series);
  if (origin.from === "now") {
    const positions = await newestPositions(stores, series, nowSeconds);
    return catchUp(liveStateAt(series, positions), [], []);
  }
  const positions =
    origin.from === "positions"
      ? origin.positions
      : series.map(({ timeframe }) => livePositionSince(origin.since, timeframe));
  const { pages } = await servePages(
    stores,
    {
      ...PLAIN,
      wanted: wantedOf(series),
      positions: positions.map((position, index) => firstUnsent(position, series[index])),
      limit: CATCH_UP_CANDLES,
    },
    nowSeconds,
  );
  const unsent = unsentOf(series, positions, pages);
  const newest = unsent.includes(undefined)
    ? await newestPositions(stores, series, nowSeconds)
    : positions;
  return catchUp(liveStateAt(series, positions), unsent, newest);
}

/** The positions of a stream that begins now. */
async function newestPositions(
  stores: Stores,
  series: readonly Series[],
  nowSeconds: number,
): Promise<LivePosition[]> {
  const { pages } = await servePages(
    stores,
    { ...PLAIN, wanted: wantedOf(series), limit: LIVE_START_CANDLES },
    nowSeconds,
  );
  return series.map(({ timeframe }, index) => {
    const stored = pages[index]?.candles.map(({ timestamp }) => timestamp) ?? [];
    return livePositionNow(stored, timeframe, nowSeconds);
  });
}

/** The candles of `pages` that were not sent at `positions`; undefined where there are too many. */
function unsentOf(
  series: readonly Series[],
  positions: readonly LivePosition[],
  pages: readonly ServedPage[],
): (readonly ServedCandle[] | undefined)[] {
  const unsent = series.map(({ timeframe }, index) => {
    const page = pages[index];
    const position = positions[index];
    return page === undefined || position === undefined || page.more
      ? undefined
      : page.candles.filter(({ timestamp }) => isUnsent(position, timestamp, timeframe));
  });
  const inAll = unsent.reduce((sum, candles) => sum + (candles?.length ?? 0), 0);
  const share = CATCH_UP_CANDLES_IN_ALL / series.length;
  return inAll <= CATCH_UP_CANDLES_IN_ALL
    ? unsent
    : unsent.map((candles) =>
        candles !== undefined && candles.length > share ? undefined : candles,
      );
}

/** The events that lead from `begin` to `unsent`; a series without them is reset to its `newest`. */
function* catchUp(
  begin: LiveState,
  unsent: readonly (readonly ServedCandle[] | undefined)[],
  newest: readonly LivePosition[],
): LiveEvents {
  yield readyEvent(begin);
  let state = begin;
  for (const [index, candles] of unsent.entries()) {
    const one = begin.series[index];
    const position = newest[index];
    if (one !== undefined && position !== undefined && candles === undefined) {
      const range = {
        from: firstUnsent(begin.positions[index], one),
        to: closeTimeOf(position.mark, one.timeframe),
      };
      state = movedTo(state, index, one, position);
      yield resetEvent(state, one, range);
    }
    state = yield* candleEvents(state, candles?.map((candle) => ({ index, candle })) ?? []);
  }
  return state;
}

function firstUnsent(position: LivePosition | undefined, series: Series | undefined): number {
  const [first] =
    position === undefined || series === undefined ? [] : unsentRanges(position, series.timeframe);
  return first?.from ?? 0;
}

/** What is stored is answered as it is: nothing is rolled up. */
function wantedOf(series: readonly Series[]) {
  return series.map((one) => ({ ...one, finest: one.timeframe }));
}
