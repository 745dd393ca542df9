import type { AnswerOf, PagedPath, RowsQueryOf } from "@candlehouse/client";
import { parseSeries } from "@candlehouse/shared/core/series";
import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/preact-query";
import { client } from "../../api/connection.ts";
import { useGet } from "../../api/use-get.ts";
import type { ChartPlace, TimeRange } from "../chart-place.ts";
import { chosenGap } from "./chosen.ts";
import type { AnsweredGaps } from "./known-gaps.ts";
import { candlesIn, roundRange } from "./shown-range.ts";

/** What is asked of the system for the range that is seen. */

/** Most gaps that are drawn, and in a page of them. */
export const GAPS_MAX = 2_000;
const PAGE_GAPS = 1_000;

/** How often gaps are asked for again; while one is looked at, somebody may wait for its repair. Seconds. */
const GAPS_SECONDS = 120;
const CHOSEN_SECONDS = 15;

/** Most revisions that are marked, and in a page of them. */
export const REVISIONS_MAX = 400;
const PAGE_REVISIONS = 200;

/** Most candles that are looked at for outliers: what one request may. */
export const OUTLIER_CANDLES_MAX = 10_000;

/** Rows of one range, and whether there are more than are shown. */
export interface Rows<Row> {
  readonly rows: readonly Row[];
  readonly isCut: boolean;
  readonly range: TimeRange;
}

const NO_RANGE: TimeRange = { start: 0, end: 0 };

/** Gaps of the series in the range that is seen, newest first. */
export function useGaps(place: ChartPlace): UseQueryResult<AnsweredGaps> {
  const range = rangeOf(place);
  return usePages("/v1/gaps", ({ gaps, next_cursor }) => ({ rows: gaps, next: next_cursor }), {
    query: {
      ...parseSeries(place.state.series),
      ...range,
      order: "newest",
      limit: PAGE_GAPS,
    },
    range: range ?? NO_RANGE,
    most: GAPS_MAX,
    isWanted: place.state.showsGaps && range !== null,
    everySeconds: chosenGap.value === null ? GAPS_SECONDS : CHOSEN_SECONDS,
  });
}

/** What the source changed later of the candles that are seen; none of candles that are rolled up. */
export function useRevisions(place: ChartPlace) {
  const range = rangeOf(place);
  return usePages(
    "/v1/revisions",
    ({ revisions, next_cursor }) => ({ rows: revisions, next: next_cursor }),
    {
      query: { series: place.state.series, ...range, limit: PAGE_REVISIONS },
      range: range ?? NO_RANGE,
      most: REVISIONS_MAX,
      isWanted: place.state.showsMarks && !isRolledUp(place) && range !== null,
    },
  );
}

/** Outliers among the candles that are seen. */
export function useOutliers(place: ChartPlace): UseQueryResult<AnswerOf<"/v1/outliers">> {
  const range = rangeOf(place);
  const { series, interval, showsMarks } = place.state;
  const query = {
    series,
    limit: OUTLIER_CANDLES_MAX,
    ...range,
    ...(interval === null ? {} : { interval }),
  };
  return useGet("/v1/outliers", query, {
    keepsPrevious: true,
    isWanted: showsMarks && range !== null && !areTooMany(place),
  });
}

/** Whether more candles are seen than are looked at for outliers. */
export function areTooMany(place: ChartPlace): boolean {
  const range = rangeOf(place);
  return range !== null && candlesIn(range, place.timeframe) > OUTLIER_CANDLES_MAX;
}

export function isRolledUp({ state, timeframe }: ChartPlace): boolean {
  return !state.series.endsWith(`:${timeframe}`);
}

/** What is asked for: a little more than is seen. */
export function rangeOf({ shown, timeframe }: ChartPlace): TimeRange | null {
  return shown.value === null ? null : roundRange(shown.value, timeframe);
}

interface Pages<Path extends PagedPath> {
  readonly query: RowsQueryOf<Path>;
  readonly range: TimeRange;
  readonly most: number;
  readonly isWanted: boolean;
  /** Asked for again so often while the page is seen; never where it is left out. */
  readonly everySeconds?: number;
}

/** Rows of the pages of `path`, up to `most`; what was there is kept until they come. */
function usePages<Path extends PagedPath, Row>(
  path: Path,
  rowsOf: (page: AnswerOf<Path>) => { readonly rows: readonly Row[]; readonly next: string | null },
  { query, range, most, isWanted, everySeconds }: Pages<Path>,
): UseQueryResult<Rows<Row>> {
  return useQuery({
    queryKey: [path, query, "pages"],
    queryFn: async ({ signal }) => {
      const rows: Row[] = [];
      for await (const page of client.pages(path, query, { signal })) {
        const found = rowsOf(page);
        rows.push(...found.rows);
        if (rows.length >= most) {
          return { rows, isCut: found.next !== null, range };
        }
      }
      return { rows, isCut: false, range };
    },
    enabled: isWanted,
    refetchInterval: everySeconds === undefined ? false : everySeconds * 1_000,
    placeholderData: keepPreviousData,
  });
}
