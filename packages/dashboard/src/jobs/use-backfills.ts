import type { Backfill, Backfills } from "@candlehouse/client";
import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/preact-query";
import type { BackfillState } from "@candlehouse/shared/core/backfill-job";
import type { SourceId } from "@candlehouse/shared/core/source";
import { useEffect, useRef } from "preact/hooks";
import { client } from "../api/connection.ts";
import { useWrite } from "../api/use-write.ts";
import { tellDone, tellFailed } from "../shell/notices.tsx";
import { endingsOf } from "./backfill-state.ts";

export const BACKFILLS_PATH = "/v1/backfills";

/** How often open jobs are looked at, and how often a list without any. Milliseconds. */
const LIVE_MS = 2_000;
const QUIET_MS = 15_000;

/** Backfills that are listed at first. */
export const PAGE_JOBS = 50;

export interface BackfillsQuery {
  readonly state?: BackfillState;
  readonly source?: SourceId;
  readonly limit: number;
}

/** The newest backfills; asked for again fast while one of them is under way. */
export function useBackfills(query: BackfillsQuery): UseQueryResult<Backfills> {
  return useQuery({
    queryKey: [BACKFILLS_PATH, query],
    queryFn: ({ signal }) => client.get(BACKFILLS_PATH, query, { signal }),
    refetchInterval: ({ state }) => (isLive(state.data) ? LIVE_MS : QUIET_MS),
    placeholderData: keepPreviousData,
  });
}

/** The backfill `id`, or all that one request started; throws what the system answers. */
export function useBackfill(id: string) {
  return useQuery({
    queryKey: [BACKFILLS_PATH, { id }],
    queryFn: async ({ signal }) => {
      const response = await client.transport.send(`${BACKFILLS_PATH}/${id}`, () => ({ signal }));
      return parseBackfill(await response.text());
    },
    refetchInterval: ({ state }) => (isLive(state.data) ? LIVE_MS : QUIET_MS),
  });
}

/** That it is one is what the system's OpenAPI document says; it is not looked at. */
function parseBackfill(text: string): Backfill {
  return JSON.parse(text);
}

function isLive(data: Pick<Backfills, "jobs"> | undefined): boolean {
  return data?.jobs.some(({ state }) => state === "running" || state === "queued") ?? false;
}

/** Tells once of each of the newest backfills that ends while the view is open. */
export function useToldEndings(limit: number): void {
  const { data } = useBackfills({ limit });
  const before = useRef(new Map<string, BackfillState>());
  useEffect(() => {
    if (data === undefined) {
      return;
    }
    const { good, bad } = endingsOf(before.current, data.jobs);
    before.current = new Map(data.jobs.map(({ id, state }) => [id, state]));
    if (good !== null) {
      tellDone(good);
    }
    if (bad !== null) {
      tellFailed(bad);
    }
  }, [data]);
}

/** What can be done with a backfill that is open. */
export type Move = "pause" | "resume" | "cancel";

interface MoveOrder {
  readonly id: string;
  readonly move: Move;
}

/** Pauses, resumes or cancels a backfill, or all of a request. */
export function useMoves() {
  return useWrite(
    ({ id, move }: MoveOrder) => {
      const params = { params: { path: { id } } };
      if (move === "cancel") {
        return client.api.DELETE("/v1/backfills/{id}", params);
      }
      return move === "pause"
        ? client.api.POST("/v1/backfills/{id}/pause", params)
        : client.api.POST("/v1/backfills/{id}/resume", params);
    },
    [BACKFILLS_PATH],
  );
}
