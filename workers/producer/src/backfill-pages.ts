import type { Doubt } from "@candlehouse/shared/core/backfill-answer";
import type { Refusal } from "@candlehouse/shared/core/backfill-asks";
import {
  OVERLAP_CANDLES,
  pageCandles,
  planRequests,
} from "@candlehouse/shared/core/backfill-window";
import type { Candle } from "@candlehouse/shared/core/candle";
import type { CandlehouseError } from "@candlehouse/shared/core/errors";
import { clipRuns, subtractRanges, type Run } from "@candlehouse/shared/core/missing";
import { askAll, type AskStop, type AskTools } from "./backfill-ask.ts";
import { Collector } from "./backfill-collect.ts";
import {
  pageOf,
  requestOf,
  wholeOf,
  witnessed,
  type PageQuestion,
  type PageRequest,
} from "./backfill-page-request.ts";
import { fetchCandles, type FetchedPage } from "./fetch-candles.ts";
import { pageSizeOf, type Source } from "./sources/source.ts";

/**
 * Requests that are asked at once, the oldest first. What lies behind one that comes to nothing is
 * lost, so these are few; and what is asked again goes along with what is asked for the first time.
 */
const BATCH = 10;

/** What came of it. */
export interface PagesReport {
  /** Wanted candles that came, by open time. */
  readonly found: ReadonlyMap<number, Candle>;
  /** Wanted runs that the source surely does not have. */
  readonly absent: readonly Run[];
  /** Wanted runs of which nothing is known yet, each with the error of its request, if it failed. */
  readonly open: readonly { readonly run: Run; readonly error: CandlehouseError | null }[];
  /** Wanted runs that the source does not give: they are too old. */
  readonly refused: readonly Refusal[];
  /** Of the open runs, those that the source was silent about; ascending. */
  readonly doubted: readonly Doubt[];
  readonly stop: AskStop | null;
  readonly answers: number;
  readonly requests: number;
  readonly failures: readonly CandlehouseError[];
}

/**
 * Asks `source` for the wanted candles, the oldest first, until of each it is known whether the
 * source has it, or a request fails, or the source or the time stops it. What an answer may have
 * cut off is asked for again.
 */
export async function askPages(
  source: Source,
  question: PageQuestion,
  deadlineMs: number,
  tools: AskTools,
): Promise<PagesReport> {
  const collector = new Collector(source, question);
  const { collected } = collector;
  const pageSize = pageSizeOf(source, question.timeframe);
  let agenda: readonly PageRequest[] = firstRequests(source, question);
  let stop: AskStop | null = null;
  for (
    let size = question.isRetried ? 1 : BATCH;
    agenda.length > 0 && stop === null;
    size = BATCH
  ) {
    const report = await askAll(
      source,
      {
        items: agenda
          .slice(0, size)
          .map((request) => witnessed(request, collector.seen, question.timeframe, pageSize)),
        ask: (request, host) => askPage(source, question, request, host, tools),
      },
      deadlineMs,
      tools,
    );
    const again = collector.take(report);
    agenda = [...again, ...agenda.slice(size)].toSorted((a, b) => a.start - b.start);
    ({ stop } = report);
    if (stop === null && agenda.length > 0 && tools.realNowMs() >= deadlineMs) {
      stop = { kind: "time", waitMs: 0 };
    }
    // Behind what is not known nothing counts: it is asked for when that is known.
    const known = Math.min(...collected.open.map(({ run }) => run.start));
    const isLeft = (request: PageRequest): boolean =>
      stop !== null || wholeOf(request).start >= known;
    collector.leave(agenda.filter(isLeft), null);
    agenda = agenda.filter((request) => !isLeft(request));
  }
  const doubted = collected.doubted.toSorted((a, b) => a.start - b.start);
  return { ...collected, doubted, stop };
}

/** Doubted stretches each by itself, and pages of all others; by their start. */
function firstRequests(source: Source, question: PageQuestion): PageRequest[] {
  const { timeframe, wanted, doubted = [] } = question;
  const doubts = doubted.flatMap((doubt) => {
    const mine = clipRuns(wanted, doubt);
    // A search is one, whatever of its stretch is held by now.
    return doubt.reach === undefined || mine.length === 0
      ? mine.map((run) => requestOf({ ...doubt, ...run }, timeframe))
      : [requestOf(doubt, timeframe, 1, mine)];
  });
  const fresh = subtractRanges(wanted, doubted);
  const size = pageCandles(pageSizeOf(source, timeframe));
  const pages = planRequests(fresh, timeframe, size, OVERLAP_CANDLES);
  return [...doubts, ...pages.map((page) => pageOf(page, fresh))].toSorted(
    (a, b) => a.start - b.start,
  );
}

async function askPage(
  source: Source,
  { symbol, nativeSymbol, timeframe }: PageQuestion,
  { start, end }: Run,
  host: string,
  { access }: AskTools,
): Promise<{ result: FetchedPage; usedWeight: number | null }> {
  const request = { symbol, nativeSymbol, timeframe, start, end };
  const page = await fetchCandles(source, host, request, access);
  return { result: page, usedWeight: page.usedWeight };
}
