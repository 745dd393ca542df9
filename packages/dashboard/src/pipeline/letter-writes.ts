import type { DeadLetterReplayOrder } from "@candlehouse/client";
import { client } from "../api/connection.ts";
import { useWrite } from "../api/use-write.ts";

/** What shows dead letters, or counts them. */
const CHANGES = ["/v1/dead-letters", "/v1/dead-letters/{id}", "/stats", "/v1/alerts"] as const;

/** Sends dead letters to their queue again. */
export const useReplay = () =>
  useWrite(
    (order: DeadLetterReplayOrder) => client.api.POST("/v1/dead-letters/replay", { body: order }),
    CHANGES,
  );

/** Gives dead letters up, for a reason. */
export const useDiscard = () =>
  useWrite(
    (order: { readonly ids: string[]; readonly reason: string }) =>
      client.api.POST("/v1/dead-letters/discard", { body: order }),
    CHANGES,
  );
