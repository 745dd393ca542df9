import type { Doubt } from "@candlehouse/shared/core/backfill-answer";
import type { BackfillProgress } from "@candlehouse/shared/core/backfill-job";
import type { Candle } from "@candlehouse/shared/core/candle";
import type { Refusal } from "@candlehouse/shared/core/backfill-asks";
import { shownSeconds } from "@candlehouse/shared/core/clock";
import type { CandlehouseError, ErrorCode } from "@candlehouse/shared/core/errors";
import { clipRuns, type Run } from "@candlehouse/shared/core/missing";
import type { PartialCandle } from "@candlehouse/shared/core/partial-candle";
import { addCandles, newestClosed, type Timeframe } from "@candlehouse/shared/core/timeframe";
import type { AskStop } from "./backfill-ask.ts";
import type { BackfillContext } from "./backfill-context.ts";
import { askPages } from "./backfill-pages.ts";
import { fetchTrades } from "./backfill-trades.ts";
import type { SeriesJob } from "./backfill-window-turn.ts";
import type { Source } from "./sources/source.ts";

/** Real time that one step asks for; what it has by then is stored before it goes on. */
const ASK_MS_MAX = 60_000;

/**
 * Candles at the far end of what a source gives as candles that are made of trades all the same:
 * by the time it is asked they may be out of its reach.
 */
const REACH_MARGIN_CANDLES = 10;

/** What is known of a window, from its start on. */
export interface Stretch {
  /** Wanted candles, ascending. */
  readonly candles: readonly Candle[];
  /** Open time up to which everything wanted is known. */
  readonly until: number;
  /** The first wanted run of which nothing is known; undefined where all is. */
  readonly unanswered:
    | (Run & {
        readonly code: ErrorCode | null;
        readonly reason: string;
        /** Whether it was asked for and not answered; else its turn did not come. */
        readonly isFailed: boolean;
      })
    | undefined;
  readonly refused: readonly Refusal[];
  /** Stretches from `until` on that the source was silent about, not often enough; ascending. */
  readonly doubted: readonly Doubt[];
  /** The candle at `until` as far as its trades came; null where it has none of them. */
  readonly partial: PartialCandle | null;
  readonly stop: AskStop | null;
  readonly answers: number;
  readonly requests: number;
  readonly failures: readonly CandlehouseError[];
}

/**
 * Asks for `wanted` (ascending, apart), all of it in `window`, from the start of it on, and goes on
 * where the last step ended by `progress`.
 */
export async function fetchStretch(
  context: BackfillContext,
  of: SeriesJob,
  { doubted = [], partial = null, tries }: BackfillProgress,
  wanted: readonly Run[],
  window: Run,
): Promise<Stretch> {
  const { series, nativeSymbol } = of;
  const { symbol, timeframe } = series;
  const source = context.source(series.source);
  const deadlineMs = context.realNowMs() + ASK_MS_MAX;
  const tradesUntil = startOfCandles(context, source, timeframe);
  const old = clipRuns(wanted, { start: window.start, end: Math.min(window.end, tradesUntil) });
  if (source.trades !== null && old.length > 0) {
    const end = Math.min(window.end, tradesUntil);
    return fetchTrades(context, of, {
      history: source.trades,
      wanted: old,
      range: { start: window.start, end },
      partial,
      deadlineMs,
    });
  }
  const tools = context.askTools(source);
  const report = await askPages(
    source,
    { symbol, nativeSymbol, timeframe, wanted, doubted, isRetried: tries > 0 },
    deadlineMs,
    tools,
  );
  const { answers, failures, refused, requests, stop } = report;
  const [first] = report.open.toSorted((a, b) => a.run.start - b.run.start);
  return {
    candles: [...report.found.values()].toSorted((a, b) => a.timestamp - b.timestamp),
    until: first?.run.start ?? window.end,
    unanswered:
      first === undefined
        ? undefined
        : {
            ...first.run,
            code: first.error?.code ?? null,
            reason: first.error?.message ?? `${source.id} has not closed these candles yet`,
            isFailed: first.error !== null || stop === null,
          },
    refused,
    doubted: report.doubted,
    partial: null,
    stop,
    answers,
    requests,
    failures,
  };
}

/**
 * From here on, unix seconds, the source gives candles of `timeframe`; before, they are made of its
 * trades.
 */
export function startOfCandles(
  context: BackfillContext,
  source: Source,
  timeframe: Timeframe,
): number {
  if (source.trades === null || source.newestOnly === null) {
    return Number.NEGATIVE_INFINITY;
  }
  const newest = newestClosed(shownSeconds(context), timeframe, source.settleSeconds);
  return addCandles(newest, timeframe, REACH_MARGIN_CANDLES + 1 - source.newestOnly);
}
