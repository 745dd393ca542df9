import { closeTimeOf, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { joinColumns, replaceRange, sliceColumns, type CandleColumns } from "./candle-columns.ts";
import type { TimeRange } from "./chart-place.ts";
import { PAGE_CANDLES, planKept, type LoadedRange, type PageRequest } from "./window-plan.ts";

/** Candles that lie side by side as they are stored: between the ends of `range` nothing is left out. */
export interface HeldCandles {
  readonly columns: CandleColumns;
  readonly range: LoadedRange;
}

export interface CandlesPage {
  readonly columns: CandleColumns;
  /** Whether the range that was asked for goes on behind this page. */
  readonly hasMore: boolean;
}

/** What is held once `request` was answered with `page`; null where nothing was held before it. */
export function addPage(
  held: HeldCandles | null,
  request: PageRequest,
  page: CandlesPage,
  timeframe: Timeframe,
): HeldCandles {
  const { columns } = page;
  const first = columns.timestamp[0];
  const last = columns.timestamp.at(-1);
  const behind = last === undefined ? undefined : closeTimeOf(last, timeframe);
  if (request.kind === "newest") {
    return {
      columns,
      range: {
        start: first ?? 0,
        end: behind ?? 0,
        isComplete: columns.timestamp.length < request.limit,
        isNewest: true,
      },
    };
  }
  if (request.kind === "replace" || held === null) {
    const start = request.start ?? first ?? 0;
    const asked = request.end ?? behind ?? start;
    const end = page.hasMore ? (behind ?? asked) : asked;
    return { columns, range: { start, end, isComplete: false, isNewest: false } };
  }
  return request.kind === "before"
    ? addBefore(held, request.start, page)
    : addAfter(held, request, page, behind);
}

function addBefore(
  { columns, range }: HeldCandles,
  start: number | null,
  page: CandlesPage,
): HeldCandles {
  const first = page.columns.timestamp[0];
  const isComplete = start === null && page.columns.timestamp.length < PAGE_CANDLES;
  return {
    columns: joinColumns(page.columns, columns),
    range: { ...range, start: start ?? first ?? range.start, isComplete },
  };
}

function addAfter(
  { columns, range }: HeldCandles,
  { start, end }: Extract<PageRequest, { kind: "after" }>,
  page: CandlesPage,
  behind: number | undefined,
): HeldCandles {
  const reached = page.hasMore || end === null ? (behind ?? range.end) : end;
  return {
    columns: replaceRange(columns, page.columns, start, Infinity),
    range: { ...range, end: reached, isNewest: !page.hasMore && end === null },
  };
}

/** The newest candles from `start` on as they are stored by now: those that are held give way. */
export function replaceTail(
  held: HeldCandles,
  start: number,
  tail: CandleColumns,
  timeframe: Timeframe,
): HeldCandles {
  const last = tail.timestamp.at(-1);
  const end = last === undefined ? held.range.end : closeTimeOf(last, timeframe);
  return {
    columns: replaceRange(held.columns, tail, start, Infinity),
    range: { ...held.range, end: Math.max(held.range.end, end) },
  };
}

/** `held` without what is too far from what is `seen` (null: the newest candle) to be kept. */
export function dropFar(held: HeldCandles, seen: TimeRange | null): HeldCandles {
  const { timestamp } = held.columns;
  const { from, to } = planKept(timestamp, seen);
  const first = timestamp[from];
  const next = timestamp[to];
  return {
    columns: sliceColumns(held.columns, from, to),
    range: {
      ...held.range,
      ...(from > 0 && first !== undefined ? { start: first, isComplete: false } : {}),
      ...(next === undefined ? {} : { end: next, isNewest: false }),
    },
  };
}
