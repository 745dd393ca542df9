import type { Gap } from "@candlehouse/shared/core/gap";
import { findOutliers, OUTLIER_CONTEXT_CANDLES } from "@candlehouse/shared/core/outlier";
import { addCandles, openTimeOf } from "@candlehouse/shared/core/timeframe";
import { listNewestGaps, STILL_MISSING } from "@candlehouse/shared/d1/list-gaps";
import type { Found } from "@candlehouse/shared/d1/read-series";
import { barsWanted, type BarsQuery } from "./bars.ts";
import { marksOf, timescaleMarksOf, type Mark, type TimescaleMark } from "./marks.ts";
import type { MarketName } from "../read-named-markets.ts";
import { sumCosts, costOfQuery } from "../server-timing.ts";
import { readNewestBars, type BarsFound, type ReadCost } from "./read-bars.ts";
import { readRevised } from "./read-revised.ts";

/** Gaps, and revised candles, that one answer tells of at most: the newest ones. */
const FINDINGS_MAX = 1_000;

/** What is filled is a gap no more. */
/** Which bars are to be marked: those from `from` to `to`, the newest where they are many. */
export type MarksQuery = BarsQuery & { readonly from: number };

type MarksEnv = Pick<Env, "DB" | "BUCKET">;

/** Marks, and what it took to find them. */
export interface MarksFound<One> extends ReadCost {
  readonly marks: readonly One[];
}

/**
 * Gaps, revisions and outliers as marks on bars of `market`. Gaps and revisions are those of the
 * stored candles that the bars are made of, outliers those of the bars. Throws as `servePages`
 * does.
 */
export async function readMarks(
  env: MarksEnv,
  market: MarketName,
  query: MarksQuery,
  nowSeconds: number,
): Promise<MarksFound<Mark>> {
  const bars = await readBarsAround(env, market, query, nowSeconds);
  const shown = shownRange(bars, query);
  const { source, symbol } = market;
  const [gaps, revised] = await Promise.all([
    readGaps(env, market, shown, bars),
    Promise.all(
      bars.bases.map((timeframe) =>
        readRevised(env.DB, { source, symbol, timeframe }, shown, FINDINGS_MAX),
      ),
    ),
  ]);
  const closed = bars.candles.filter((candle) => candle.closed !== false);
  const outliers = findOutliers(closed).filter(
    ({ timestamp }) => timestamp >= query.from && timestamp < query.to,
  );
  return {
    marks: marksOf(
      { gaps: rowsOf(gaps), revised: rowsOf(revised), outliers },
      timesBefore(bars, query.to),
    ),
    cost: sumCosts([bars.cost, ...[...gaps, ...revised].map(costOfQuery)]),
    plan: bars.plan,
  };
}

/** The gaps alone, as marks on the time axis. Throws as `servePages` does. */
export async function readTimescaleMarks(
  env: MarksEnv,
  market: MarketName,
  query: MarksQuery,
  nowSeconds: number,
): Promise<MarksFound<TimescaleMark>> {
  const bars = await readBarsAround(env, market, query, nowSeconds);
  const gaps = await readGaps(env, market, shownRange(bars, query), bars);
  return {
    marks: timescaleMarksOf(rowsOf(gaps), timesBefore(bars, query.to)),
    cost: sumCosts([bars.cost, ...gaps.map(costOfQuery)]),
    plan: bars.plan,
  };
}

/** The bars of `query`, and as many before and after as decide what is an outlier. */
async function readBarsAround(
  env: MarksEnv,
  market: MarketName,
  query: MarksQuery,
  nowSeconds: number,
): Promise<BarsFound & ReadCost> {
  const { timeframe } = query;
  const last = openTimeOf(Math.min(query.to, nowSeconds), timeframe);
  const to = addCandles(last, timeframe, OUTLIER_CONTEXT_CANDLES + 1);
  const limit = barsWanted(query) + 2 * OUTLIER_CONTEXT_CANDLES + 1;
  const { bars, ...took } = await readNewestBars(
    env,
    [market],
    { timeframe, to, limit },
    nowSeconds,
  );
  return { ...(bars[0] ?? { candles: [], bases: [] }), ...took };
}

/** Where marks have a bar to stand on: nothing before the first bar that was read. */
function shownRange({ candles }: BarsFound, { from, to }: MarksQuery): ShownRange {
  return { from: Math.max(from, candles[0]?.timestamp ?? to), to };
}

/** Open times from (inclusive) to (exclusive), unix seconds. */
type ShownRange = Pick<MarksQuery, "from" | "to">;

function timesBefore({ candles }: BarsFound, to: number): number[] {
  return candles.map(({ timestamp }) => timestamp).filter((time) => time < to);
}

/**
 * Gaps that are still there, the newest; where nothing was traded, nothing is missing. A gap is told
 * of where it begins, which is in one range alone.
 */
function readGaps(
  env: MarksEnv,
  { source, symbol }: MarketName,
  { from, to }: ShownRange,
  { bases }: BarsFound,
): Promise<Found<Gap>[]> {
  const meant = { source, symbol, startFrom: from, end: to } as const;
  const missing = { ...meant, ...STILL_MISSING };
  return Promise.all(
    bases.map((timeframe) =>
      listNewestGaps(env.DB, { ...missing, timeframe }, undefined, FINDINGS_MAX),
    ),
  );
}

function rowsOf<Row>(found: readonly Found<Row>[]): Row[] {
  return found.flatMap(({ rows }) => rows);
}
