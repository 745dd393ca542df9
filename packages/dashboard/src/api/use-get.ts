import type { AnswerOf, GetPath, RowsQueryOf } from "@candlehouse/client";
import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/preact-query";
import { client } from "./connection.ts";

export interface GetOptions {
  /** Asks again so often while the page is seen; never where it is left out. */
  readonly everySeconds?: number;
  /** Whether the answer to the query before is shown until that to a new one is there. */
  readonly keepsPrevious?: boolean;
  /** Whether it is asked at all; default true. */
  readonly isWanted?: boolean;
}

/**
 * The answer of `path` to `query`, and how asking for it goes. What is asked for with the same query
 * in several places is asked once. After a write, `useWrite` has what it names asked anew.
 */
export function useGet<Path extends GetPath>(
  path: Path,
  query: RowsQueryOf<Path>,
  { everySeconds, keepsPrevious = false, isWanted = true }: GetOptions = {},
): UseQueryResult<AnswerOf<Path>> {
  return useQuery({
    queryKey: [path, query],
    queryFn: ({ signal }) => client.get(path, query, { signal }),
    enabled: isWanted,
    refetchInterval: everySeconds === undefined ? false : everySeconds * 1_000,
    ...(keepsPrevious ? { placeholderData: keepPreviousData } : {}),
  });
}
