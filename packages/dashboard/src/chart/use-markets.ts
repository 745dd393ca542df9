import { useQuery, type UseQueryResult } from "@tanstack/preact-query";
import { client } from "../api/connection.ts";
import { marketsOf, type ListedSeries, type Market } from "./market-list.ts";

const PAGE_SERIES = 1_000;

/** After how long a list that did not come is asked for again, milliseconds. */
const RETRY_MS = 10_000;

/** New series are rare: the list is read anew when the chart is opened later than this. Milliseconds. */
const STALE_MS = 60_000;

/** Every market that is stored. */
export function useMarkets(): UseQueryResult<readonly Market[]> {
  return useQuery({
    queryKey: ["/v1/series", "every"],
    queryFn: async ({ signal }) => {
      const series: ListedSeries[] = [];
      for await (const one of client.allSeries({ limit: PAGE_SERIES }, { signal })) {
        series.push(one);
      }
      return marketsOf(series);
    },
    staleTime: STALE_MS,
    // Without it the chart knows no timeframes and follows nothing.
    refetchInterval: ({ state }) => (state.status === "error" ? RETRY_MS : false),
  });
}
