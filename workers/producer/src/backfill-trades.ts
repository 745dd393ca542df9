import type { Candle } from "@candlehouse/shared/core/candle";
import { SourceAnswerError, type CandlehouseError } from "@candlehouse/shared/core/errors";
import { joinRuns, type Run } from "@candlehouse/shared/core/missing";
import {
  joinParts,
  partsOf,
  type CandlePart,
  type PartialCandle,
} from "@candlehouse/shared/core/partial-candle";
import { closeTimeOf, newestClosed } from "@candlehouse/shared/core/timeframe";
import { askAll, type AskStop, type AskTools } from "./backfill-ask.ts";
import type { BackfillContext } from "./backfill-context.ts";
import type { Stretch } from "./backfill-stretch.ts";
import type { SeriesJob } from "./backfill-window-turn.ts";
import { fetchAnswer } from "./fetch-candles.ts";
import type { Source, TradeHistory, TradePage } from "./sources/source.ts";

const NS_PER_SECOND = 1_000_000_000n;

/** Pages that one step asks for. */
const PAGES_MAX = 50;

/**
 * Answers in a row without a new trade after which there are no more. An answer may have lost them:
 * what truly is the last page repeats its last trade, and so does one that was cut to one row.
 */
const SILENCES = 3;

/** Runs with so few candles between them are one: its trades begin a page anyway. */
const JOINED_CANDLES = 60;

/** Trades that lie so far before a page's beginning, in nanoseconds, do not come with it again. */
const OVERLAP_NS = NS_PER_SECOND;

interface PageAnswer extends TradePage {
  /** The source's clock, unix seconds. */
  readonly nowSeconds: number;
}

/** What is asked for, and how. */
export interface TradesQuestion {
  readonly history: TradeHistory;
  /** Runs in `range`: ascending, apart. */
  readonly wanted: readonly Run[];
  readonly range: Run;
  /** The candle that the last step ended in, with what it had of it. */
  readonly partial: PartialCandle | null;
  /** In real time. */
  readonly deadlineMs: number;
}

/** A walk along the trades of a market. */
interface Walk {
  readonly candles: Candle[];
  readonly failures: CandlehouseError[];
  /** The candle that is not whole yet. */
  partial: PartialCandle | null;
  /** Open time up to which every candle is known. */
  until: number;
  answers: number;
  requests: number;
  error: CandlehouseError | null;
  stop: AskStop | null;
}

/**
 * Makes the candles of `wanted` of the source's trades, oldest first. A candle counts as whole once
 * a trade after it was seen, or the trades are over and the source's clock has closed it; one of any
 * size may take any number of steps.
 */
export async function fetchTrades(
  context: BackfillContext,
  { series, nativeSymbol }: SeriesJob,
  { history, wanted, range, partial, deadlineMs }: TradesQuestion,
): Promise<Stretch> {
  const source = context.source(series.source);
  const tools = context.askTools(source);
  const walk: Walk = {
    candles: [],
    failures: [],
    partial,
    until: range.start,
    answers: 0,
    requests: 0,
    error: null,
    stop: null,
  };
  const ask = (sinceNs: bigint): Promise<PageAnswer | undefined> =>
    askTrades(walk, { source, history, nativeSymbol, tools }, sinceNs, deadlineMs);
  for (const run of joinRuns(wanted, JOINED_CANDLES, series.timeframe)) {
    await walkRun(walk, { source, series, run, deadlineMs, ask, realNowMs: tools.realNowMs });
    if (walk.until < run.end) {
      break;
    }
  }
  const { answers, requests, failures, error, stop, candles } = walk;
  const isDone = wanted.every(({ end }) => end <= walk.until);
  const until = isDone ? range.end : walk.until;
  return {
    candles: candles.filter(({ timestamp }) =>
      wanted.some(({ start, end }) => timestamp >= start && timestamp < end),
    ),
    until,
    unanswered: isDone
      ? undefined
      : {
          start: until,
          end: closeTimeOf(until, series.timeframe),
          code: error?.code ?? null,
          reason: error?.message ?? `${source.id} has not closed these candles yet`,
          isFailed: error !== null || stop === null,
        },
    refused: [],
    doubted: [],
    partial: walk.partial?.candle.timestamp === until ? walk.partial : null,
    stop,
    answers,
    requests,
    failures,
  };
}

interface RunWalk {
  readonly source: Source;
  readonly series: SeriesJob["series"];
  readonly run: Run;
  readonly deadlineMs: number;
  readonly ask: (sinceNs: bigint) => Promise<PageAnswer | undefined>;
  readonly realNowMs: () => number;
}

/** Walks along one run, until it is known, or something stops the walk. */
async function walkRun(
  walk: Walk,
  { source, series, run, deadlineMs, ask, realNowMs }: RunWalk,
): Promise<void> {
  const { timeframe } = series;
  walk.until = run.start;
  walk.partial = walk.partial?.candle.timestamp === run.start ? walk.partial : null;
  let sinceNs = BigInt(walk.partial?.sinceNs ?? BigInt(run.start) * NS_PER_SECOND);
  let ids: readonly number[] = walk.partial?.ids ?? [];
  for (let silences = 0; walk.until < run.end;) {
    if (walk.requests > 0 && (walk.requests >= PAGES_MAX || realNowMs() >= deadlineMs)) {
      walk.stop = { kind: "time", waitMs: 0 };
      return;
    }
    const page = await ask(sinceNs);
    if (page === undefined) {
      return;
    }
    const seen = new Set(ids);
    const fromNs = BigInt(walk.until) * NS_PER_SECOND;
    const news = page.trades.filter(({ id, timeNs }) => !seen.has(id) && timeNs >= fromNs);
    silences = news.length === 0 ? silences + 1 : 0;
    if (silences === SILENCES) {
      // No trade has come since: what the source's clock has closed is whole.
      const newest = newestClosed(page.nowSeconds, timeframe, source.settleSeconds);
      closeCandle(walk, Math.min(run.end, closeTimeOf(newest, timeframe)));
      return;
    }
    if (silences === 0) {
      sinceNs = page.nextNs;
      ids = page.trades.flatMap(({ id, timeNs }) => (timeNs >= sinceNs - OVERLAP_NS ? [id] : []));
      takeTrades(walk, partsOf(news, timeframe), { sinceNs: String(sinceNs), ids }, run.end);
    }
  }
}

/** Adds the parts of candles (ascending) that a page brought; all but the last one are whole. */
function takeTrades(
  walk: Walk,
  parts: readonly CandlePart[],
  onward: Pick<PartialCandle, "sinceNs" | "ids">,
  end: number,
): void {
  for (const part of parts) {
    const { timestamp } = part.candle;
    closeCandle(walk, Math.min(end, timestamp));
    if (timestamp >= end) {
      return;
    }
    const before = walk.partial;
    walk.partial = { ...(before === null ? part : joinParts(before, part)), ...onward };
  }
}

/** Every candle before `until`, an open time, is whole. */
function closeCandle(walk: Walk, until: number): void {
  const { partial } = walk;
  if (partial !== null && partial.candle.timestamp < until) {
    walk.candles.push(partial.candle);
    walk.partial = null;
  }
  walk.until = Math.max(walk.until, until);
}

interface TradesOf {
  readonly source: Source;
  readonly history: TradeHistory;
  readonly nativeSymbol: string;
  readonly tools: AskTools;
}

/** One page; undefined where it did not come: `walk` then says why. */
async function askTrades(
  walk: Walk,
  { source, history, nativeSymbol, tools }: TradesOf,
  sinceNs: bigint,
  deadlineMs: number,
): Promise<PageAnswer | undefined> {
  const report = await askAll(
    source,
    {
      items: [sinceNs],
      ask: async (since, host) => {
        const { key } = tools.access;
        const request = history.toTradesRequest(nativeSymbol, since, host, key);
        const answer = await fetchAnswer(source, request, tools.access);
        const page = history.parseTrades(answer);
        if (page.nextNs <= since && page.trades.length >= history.tradesPerRequest) {
          throw new SourceAnswerError(
            `${source.id} gives ${page.trades.length} trades of the nanosecond ${since} and no others`,
          );
        }
        const result = { ...page, nowSeconds: answer.nowSeconds };
        return { result, usedWeight: source.usedWeight(answer.headers) ?? null };
      },
    },
    deadlineMs,
    tools,
  );
  walk.requests += report.requests;
  walk.answers += report.answered.length;
  walk.failures.push(...report.failures);
  walk.stop = report.stop;
  walk.error = report.failed[0]?.error ?? null;
  return report.answered[0]?.result;
}
