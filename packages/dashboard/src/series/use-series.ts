import type { RowsQueryOf, SeriesList } from "@candlehouse/client";
import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/preact-query";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { client } from "../api/connection.ts";
import { useWrite } from "../api/use-write.ts";
import { ORDER_SERIES_MAX } from "./add-order.ts";
import type { SeriesRow } from "./series-health.ts";

export const SERIES_PATH = "/v1/series";

/** Most series in one answer. */
const PAGE_SERIES = 5_000;

const EVERY_MS = 30_000;

/** All series that `query` means, however many pages they fill; looked at again each half minute. */
export function useAllSeries(
  query: RowsQueryOf<"/v1/series">,
): UseQueryResult<readonly SeriesRow[]> {
  return useQuery({
    queryKey: [SERIES_PATH, "all", query],
    queryFn: async ({ signal }) => {
      const rows: SeriesRow[] = [];
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page: SeriesList = await client.get(
          SERIES_PATH,
          { ...query, limit: PAGE_SERIES, ...(cursor === undefined ? {} : { cursor }) },
          { signal },
        );
        rows.push(...page.series);
        cursor = page.next_cursor;
      }
      return rows.toSorted(byName);
    },
    refetchInterval: EVERY_MS,
    placeholderData: keepPreviousData,
  });
}

/** By source and symbol, the shortest timeframe first. */
function byName(a: SeriesRow, b: SeriesRow): number {
  if (a.source !== b.source) {
    return a.source < b.source ? -1 : 1;
  }
  if (a.symbol !== b.symbol) {
    return a.symbol < b.symbol ? -1 : 1;
  }
  return TIMEFRAMES.indexOf(a.timeframe) - TIMEFRAMES.indexOf(b.timeframe);
}

/** What is changed of series. */
export interface SeriesChange {
  /** Their names. */
  readonly series: readonly string[];
  /** A tier of null is that of the asset. */
  readonly set: { readonly enabled?: boolean; readonly tier?: 1 | 2 | 3 | 4 | null };
}

/** Changes series, any number of them: the answer is that to the last request. */
export function useSeriesChange() {
  return useWrite(
    async ({ series, set }: SeriesChange) => {
      const send = (names: readonly string[]) =>
        client.api.PATCH(SERIES_PATH, { body: { series: [...names], set: { ...set } } });
      let first = 0;
      for (; series.length - first > ORDER_SERIES_MAX; first += ORDER_SERIES_MAX) {
        const result = await send(series.slice(first, first + ORDER_SERIES_MAX));
        if (result.error !== undefined) {
          return result;
        }
      }
      return send(series.slice(first));
    },
    [SERIES_PATH, "/v1/assets"],
  );
}
