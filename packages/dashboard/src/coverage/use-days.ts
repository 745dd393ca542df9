import { parseSeries } from "@candlehouse/shared/core/series";
import { useQuery } from "@tanstack/preact-query";
import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { client } from "../api/connection.ts";
import { useGet } from "../api/use-get.ts";
import { now } from "../shell/clock.ts";
import type { SeriesCompleteness } from "./completeness-matrix.ts";
import { gapScopeOf, type Scope } from "./coverage-place.ts";
import {
  countedDays,
  explainDays,
  sumDays,
  type CountedDay,
  type DayCoverage,
  type GapRecord,
} from "./day-coverage.ts";

/** Seconds after which what is seen is asked for again. */
const REFRESH_SECONDS = 60;
/** What is counted over all series changes slowly. */
const COMPLETENESS_REFRESH_SECONDS = 300;
/** The days of a whole tier cost a request a series. */
const GROUP_REFRESH_SECONDS = 600;

/** The system gives twenty years at a time. */
const COVERAGE_SECONDS_MAX = 7_300 * 86_400;

/** Requests under way at a time for the days of a tier. */
const REQUESTS_AT_ONCE = 6;
/** More series than these are too many requests for one look. */
export const GROUP_SERIES_MAX = 200;

/** Records of one look: more than a series has in twenty years. */
const GAP_PAGE = 10_000;
const GAP_PAGES_MAX = 5;

/** How complete each series is that holds a candle. */
export function useCompleteness() {
  return useGet("/v1/completeness", {}, { everySeconds: COMPLETENESS_REFRESH_SECONDS });
}

/** How many of a tier's series have answered; null while nothing is asked. */
export const groupProgress = signal<{ readonly done: number; readonly of: number } | null>(null);

export interface Days {
  /** Undefined before all is there. */
  readonly days: readonly DayCoverage[] | undefined;
  readonly error: Error | null;
  /** When the data came, unix milliseconds. */
  readonly updatedAt: number;
  readonly onRetry: () => void;
}

/** The days of `members`, the series of `scope`, summed where these are several. */
export function useDays(scope: Scope, members: readonly SeriesCompleteness[]): Days {
  const names = members.map(({ series }) => series);
  const isOne = names.length === 1;
  const counted = useQuery({
    queryKey: ["/v1/coverage", "days", names],
    queryFn: ({ signal: aborted }) => readDays(members, aborted),
    enabled: names.length > 0 && names.length <= GROUP_SERIES_MAX,
    staleTime: (isOne ? REFRESH_SECONDS : GROUP_REFRESH_SECONDS) * 1_000,
    refetchInterval: (isOne ? REFRESH_SECONDS : GROUP_REFRESH_SECONDS) * 1_000,
  });
  const gaps = useQuery({
    queryKey: ["/v1/gaps", "all", scope],
    queryFn: ({ signal: aborted }) => readGaps(scope, aborted),
    refetchInterval: REFRESH_SECONDS * 1_000,
  });
  const days = useMemo(
    () =>
      counted.data === undefined || gaps.data === undefined
        ? undefined
        : explainDays(counted.data, gaps.data),
    [counted.data, gaps.data],
  );
  return {
    days,
    error: counted.error ?? gaps.error,
    updatedAt: Math.min(counted.dataUpdatedAt, gaps.dataUpdatedAt),
    onRetry: () => {
      void counted.refetch();
      void gaps.refetch();
    },
  };
}

async function readDays(
  members: readonly SeriesCompleteness[],
  aborted: AbortSignal,
): Promise<CountedDay[]> {
  const lists: CountedDay[][] = [];
  const left = members.values();
  const tell = (done: number) => {
    groupProgress.value = members.length === 1 ? null : { done, of: members.length };
  };
  tell(0);
  // Each reader takes the next series that none has taken.
  const read = async () => {
    for (const member of left) {
      lists.push(await readSeriesDays(member, aborted));
      tell(lists.length);
    }
  };
  try {
    await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, () => read()));
  } finally {
    groupProgress.value = null;
  }
  return sumDays(lists);
}

async function readSeriesDays(
  { series, start }: SeriesCompleteness,
  aborted: AbortSignal,
): Promise<CountedDay[]> {
  const oldest = now.value - COVERAGE_SECONDS_MAX;
  const query = start < oldest ? { series, start: oldest } : { series };
  const timeframe = parseSeries(series)?.timeframe;
  const found = await client.get("/v1/coverage", query, { signal: aborted });
  return timeframe === undefined ? [] : countedDays(found, start, timeframe);
}

async function readGaps(scope: Scope, aborted: AbortSignal): Promise<GapRecord[]> {
  const gaps: GapRecord[] = [];
  let pages = 0;
  const query = { ...gapScopeOf(scope), limit: GAP_PAGE };
  for await (const page of client.pages("/v1/gaps", query, { signal: aborted })) {
    gaps.push(...page.gaps);
    pages += 1;
    if (pages === GAP_PAGES_MAX) {
      break;
    }
  }
  return gaps;
}
