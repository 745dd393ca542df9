import type { TimeRange } from "@candlehouse/shared/core/cold-plan";
import { InvalidInputError } from "@candlehouse/shared/core/errors";
import {
  END_OF_TIME,
  nextPositions,
  planCandleQuery,
  type SeriesRead,
} from "@candlehouse/shared/core/query-plan";
import type { ServedCandle, ServedSeries } from "@candlehouse/shared/core/served-candle";
import { readBounds } from "@candlehouse/shared/d1/read-candles";
import { readPages, type Stores } from "../read-pages.ts";
import { assertStreamable } from "./assert-streamable.ts";
import { meterStores, type MeteredStores } from "./meter.ts";
import { planServing, type SeriesPlan } from "./serve-plan.ts";
import type { ServedPages, ServedPart, ServedRange, ServeQuery } from "./serve-query.ts";
import { serveNewestRows, serveRows, type WarmUp } from "./serve-rows.ts";
import { finality, type RowsMade } from "./settled.ts";

/** Most series that are read at once. */
const SERIES_AT_ONCE = 4;

/**
 * A page of what `query` asks for, hot and cold as one, at `nowSeconds`. A market of which nothing
 * is stored gives an empty page; whether it is known is the caller's to ask (`assertKnownSeries`).
 * Throws InvalidInputError, DamagedRangeError, StorageUnavailableError or StorageRejectedError, and
 * PayloadTooLargeError where one answer cannot read as much.
 */
export async function servePages(
  given: Stores,
  query: ServeQuery,
  nowSeconds: number,
): Promise<ServedPages> {
  const stores = meterStores(given);
  const { wanted, start, end, limit, positions, indicators } = query;
  const reads = planCandleQuery({ series: wanted, start, end, limit, positions });
  const plans = await planServing(stores, query, nowSeconds);
  const pages = await makePages(stores, query, plans, reads);
  return {
    pages: plans.map((plan, index) => {
      const { candles, more } = pages[index] ?? { candles: [], more: false };
      return { ...servedOf(plan), from: madeOf(plan, candles), candles, more };
    }),
    positions: nextPositions(reads, pages),
    columns: indicators.flatMap(({ columns }) => columns),
    ...finality(query, pages, nowSeconds),
    cost: stores.meter.cost,
  };
}

/**
 * The whole range that `query` asks for, from its start on, piece by piece: what pages of it put
 * together are. Limit and positions are not looked at. Throws as `servePages` does, and so do the
 * parts.
 */
export async function serveRange(
  given: Stores,
  query: ServeQuery,
  nowSeconds: number,
): Promise<ServedRange> {
  const stores = meterStores(given);
  const { wanted, start, end, indicators } = query;
  if (start === undefined) {
    throw new InvalidInputError("start", start, "a whole range is asked for by where it starts");
  }
  const range = { from: start, to: end ?? END_OF_TIME };
  planCandleQuery({ series: wanted, start, end, limit: 1, positions: undefined });
  const plans = await planServing(stores, { ...query, positions: undefined }, nowSeconds);
  const stored = plans.flatMap(({ series, bases }) =>
    bases.map(({ timeframe }) => ({ ...series, timeframe })),
  );
  const bounds = await readBounds(stores.DB, stored, range);
  stores.meter.addQueries(stored.length, { rowsRead: 0, durationMs: 0 });
  assertStreamable(plans, bounds, query.fill !== "none" || indicators.length > 0);
  return {
    served: plans.map(servedOf),
    columns: indicators.flatMap(({ columns }) => columns),
    parts: serveParts(stores, query, plans, range),
  };
}

/** The series of `plan`, and what it may be made of. */
function servedOf({ series, bases }: SeriesPlan): ServedSeries {
  const [{ timeframe: coarsest }, ...finer] = bases;
  return { series, from: [coarsest, ...finer.map(({ timeframe }) => timeframe)] };
}

/** What `candles` were made of; where there are none, what they could have been made of. */
function madeOf(plan: SeriesPlan, candles: readonly ServedCandle[]): ServedSeries["from"] {
  const { series, from } = servedOf(plan);
  const stored = candles.filter(({ filled }) => filled !== true);
  const made = new Set(stored.map((candle) => candle.from ?? series.timeframe));
  const [first = from[0], ...others] = from.filter((timeframe) => made.has(timeframe));
  return made.size === 0 ? from : [first, ...others];
}

async function* serveParts(
  stores: MeteredStores,
  query: ServeQuery,
  plans: readonly SeriesPlan[],
  range: TimeRange,
): AsyncGenerator<ServedPart, void> {
  for (const plan of plans) {
    for await (const candles of serveRows(stores, plan, query, range, () => Infinity)) {
      if (candles.length > 0) {
        yield { ...servedOf(plan), candles };
      }
    }
  }
}

/** The page of each of `plans`. Those that are as they are stored take one look at the database. */
async function makePages(
  stores: MeteredStores,
  query: ServeQuery,
  plans: readonly SeriesPlan[],
  reads: readonly SeriesRead[],
): Promise<readonly RowsMade[]> {
  const asStored = plans.map((plan) => isAsStored(plan, query));
  const plain = await readPages(
    stores,
    reads.filter((_, index) => asStored[index]),
    (queries) => stores.meter.assertQueries(queries),
  );
  stores.meter.addQueries(plain.queries, plain);
  const found = plain.pages.values();
  const pages: RowsMade[] = [];
  for (let start = 0; start < plans.length; start += SERIES_AT_ONCE) {
    const some = plans.slice(start, start + SERIES_AT_ONCE).map(async (plan, place) => {
      const read = reads[start + place];
      const page = asStored[start + place] === true ? found.next().value : undefined;
      return page === undefined && read !== undefined
        ? makePage(stores, query, plan, read)
        : { candles: page?.candles ?? [], more: page?.more ?? false, before: undefined };
    });
    pages.push(...(await Promise.all(some)));
  }
  return pages;
}

/** Whether the candles of `plan` are answered as they were stored, with nothing made of them. */
function isAsStored(
  { series, bases, revisedUntilMs }: SeriesPlan,
  { fill, indicators }: ServeQuery,
): boolean {
  return (
    bases.every(({ timeframe }) => timeframe === series.timeframe) &&
    revisedUntilMs === undefined &&
    fill === "none" &&
    indicators.length === 0
  );
}

async function makePage(
  stores: MeteredStores,
  query: ServeQuery,
  plan: SeriesPlan,
  { from, to, order, limit }: SeriesRead,
): Promise<RowsMade> {
  if (order === "newest first") {
    const candles = await serveNewestRows(stores, plan, query, to, limit);
    return { candles, more: false, before: undefined };
  }
  const rows: ServedCandle[] = [];
  let before: WarmUp | undefined;
  const parts = serveRows(
    stores,
    plan,
    query,
    { from, to },
    () => limit + 1 - rows.length,
    (warmUp) => {
      before = warmUp;
    },
  );
  for await (const part of parts) {
    for (const row of part) {
      rows.push(row);
    }
    if (rows.length > limit) {
      break;
    }
  }
  return { candles: rows.slice(0, limit), more: rows.length > limit, before };
}
