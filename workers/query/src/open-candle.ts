import type { Candle } from "@candlehouse/shared/core/candle";
import {
  makeOpenCandles,
  openCandlesAnswer,
  type SourceCandle,
} from "@candlehouse/shared/core/open-candle";
import { PAGE_CANDLES_MAX } from "@candlehouse/shared/core/query-plan";
import { expectedCandles } from "@candlehouse/shared/core/rollup";
import { formatSeries } from "@candlehouse/shared/core/series";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import { openTimeOf, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { askProducer } from "./ask-producer.ts";
import { toldSince, type OpenCandles } from "./open-candle-merge.ts";
import { storedUntilOf, type CollectedFound, type CollectedSeries } from "./open-candle-series.ts";
import { servePages } from "./serve/serve-candles.ts";
import { PLAIN, type SeriesWanted, type ServeCost } from "./serve/serve-query.ts";
import { sumCosts } from "./server-timing.ts";

/** The producer gives a source a second and a half; the rest is for the way there and back. */
const ASK_MS_MAX = 3_000;

/** Stored candles that one open candle is made of at most where its source does not tell it. */
const STORED_PARTS_MAX = 500;

/** The newest candles of several markets, and what it took to find them. */
export interface OpenFound {
  /** One for each that was asked for, in their order; undefined where nothing is known of it. */
  readonly open: readonly (OpenCandles | undefined)[];
  readonly cost: ServeCost;
}

/**
 * For each of `wanted` its newest candles that are not stored yet, ascending, the one whose interval
 * runs at `nowSeconds` last with `closed` false. `withOpen` puts them behind what is stored.
 *
 * They come from the source, by way of the producer, which keeps them for some seconds; or, where
 * the source does not tell them now, from finer stored candles of the running interval. Only series
 * that are collected are asked for. Throws as `servePages` does; a source or a producer that does
 * not answer is no error.
 *
 * `collected` is what `readCollectedOf` found before the stored candles were read: what is stored in
 * between would else count as held, and be in neither.
 */
export async function readOpenCandles(
  env: Pick<Env, "DB" | "BUCKET" | "PRODUCER">,
  wanted: readonly SeriesWanted[],
  { lists, cost }: CollectedFound,
  nowSeconds: number,
): Promise<OpenFound> {
  const chosen = wanted.map(({ timeframe }, index) =>
    chooseTeller(lists[index] ?? [], timeframe, nowSeconds),
  );
  const names = new Set(chosen.flatMap((one) => (one ? [formatSeries(one)] : [])));
  const told = await askOpenCandles(env.PRODUCER, [...names]);
  const costs = [cost];
  const open = await Promise.all(
    wanted.map(async ({ timeframe: to }, index) => {
      const teller = chosen[index];
      const look = { env, to, collected: lists[index] ?? [], nowSeconds, costs };
      return teller === undefined
        ? undefined
        : readOpenOf(look, teller, told.get(formatSeries(teller)) ?? []);
    }),
  );
  return { open, cost: sumCosts(costs) };
}

/** What sources tell of their newest candles, by the names of series. */
type Told = ReadonlyMap<string, readonly SourceCandle[]>;

/** What is looked for of one market. */
interface OpenLook {
  readonly env: Pick<Env, "DB" | "BUCKET">;
  /** Timeframe of the candles that are wanted. */
  readonly to: Timeframe;
  /** The series that they can be made of, the coarsest first. */
  readonly collected: readonly CollectedSeries[];
  readonly nowSeconds: number;
  /** What each read costs is added to it. */
  readonly costs: ServeCost[];
}

/**
 * The one of `collected` whose source is asked: that of the timeframe itself, whose candles are whole
 * as they are told, or the coarsest that is stored up to what its source tells; where none is, the
 * one that is stored furthest.
 */
function chooseTeller(
  collected: readonly CollectedSeries[],
  to: Timeframe,
  nowSeconds: number,
): CollectedSeries | undefined {
  const current = collected.find(
    (one) => one.timeframe === to || storedUntilOf(one) >= toldSince(one.timeframe, nowSeconds),
  );
  const [furthest] = collected.toSorted((a, b) => storedUntilOf(b) - storedUntilOf(a));
  return current ?? furthest;
}

async function readOpenOf(
  look: OpenLook,
  teller: CollectedSeries,
  told: readonly SourceCandle[],
): Promise<OpenCandles | undefined> {
  const { to, collected, nowSeconds } = look;
  const [first] = told;
  const running = openTimeOf(nowSeconds, to);
  const part = first === undefined ? partOf(collected, to, running) : teller;
  const { timeframe: from } = part ?? teller;
  const since = first === undefined ? running : Math.min(running, openTimeOf(first.timestamp, to));
  const isToldWhole = first !== undefined && from === to;
  const stored = isToldWhole || part === undefined ? [] : await readStoredFrom(look, part, since);
  return stored === undefined
    ? undefined
    : {
        candles: makeOpenCandles(stored, told, { from, to }, nowSeconds),
        from,
        since,
        toldFrom: first === undefined ? undefined : toldSince(teller.timeframe, nowSeconds),
        storedUntil: new Map(collected.map((one) => [one.timeframe, storedUntilOf(one)])),
      };
}

/**
 * The finest of `collected` that holds a part of the candle of `to` that opens at `openTime`, and of
 * which not too many make it up.
 */
function partOf(
  collected: readonly CollectedSeries[],
  to: Timeframe,
  openTime: number,
): CollectedSeries | undefined {
  return collected.findLast(
    ({ timeframe, newest }) =>
      timeframe !== to &&
      newest !== null &&
      newest >= openTime &&
      expectedCandles(openTime, timeframe, to) <= STORED_PARTS_MAX,
  );
}

/** Stored candles from `start` on; undefined where there may be more than a page holds. */
async function readStoredFrom(
  { env, to, nowSeconds, costs }: OpenLook,
  { source, symbol, timeframe }: CollectedSeries,
  start: number,
): Promise<readonly Candle[] | undefined> {
  if (expectedCandles(start, timeframe, to) > PAGE_CANDLES_MAX / 2) {
    return undefined;
  }
  const wanted = [{ source, symbol, timeframe, finest: timeframe }];
  const query = { ...PLAIN, wanted, start, limit: PAGE_CANDLES_MAX };
  const { pages, cost } = await servePages(env, query, nowSeconds);
  costs.push(cost);
  return pages[0]?.candles.filter(hasPrices) ?? [];
}

/** Nothing was filled, so every candle has its prices; this says so to the compiler. */
function hasPrices(candle: ServedCandle): candle is ServedCandle & Candle {
  const { open, high, low, close } = candle;
  return open !== null && high !== null && low !== null && close !== null;
}

/** Nobody waits for long for what is nice to have: without an answer, nothing is told. */
async function askOpenCandles(producer: Fetcher, names: readonly string[]): Promise<Told> {
  if (names.length === 0) {
    return new Map();
  }
  const answer = await askProducer(
    producer,
    {
      path: "/v1/open-candles",
      query: new URLSearchParams(names.map((name) => ["series", name])),
      parse: (body) => openCandlesAnswer.parse(body),
      what: `the open candles of ${names.join(", ")}`,
    },
    ASK_MS_MAX,
  );
  return new Map(answer?.series.map((one) => [one.series, one.candles]));
}
