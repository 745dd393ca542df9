import { InvalidInputError } from "@candlehouse/shared/core/errors";
import { parseLiveId } from "@candlehouse/shared/core/live-position-id";
import type { Series } from "@candlehouse/shared/core/series";
import { z } from "@hono/zod-openapi";
import { requiredSeriesParameter, timeParameter } from "../parameters.ts";
import type { LiveOrigin } from "./begin-live.ts";

/** The header in which a client names the last event that it got. */
export const LAST_EVENT_ID = "Last-Event-ID";

/** For one series. */
const EVENT_ID_EXAMPLE = "1.k3v9x2.h8q1zs";

/** The query string of GET /v1/stream. */
export const liveQuery = z.strictObject({
  series: requiredSeriesParameter,
  since: timeParameter(
    "First open time, inclusive, not in the future: what is stored from then on is sent first. Without it the stream begins now.",
  ).optional(),
  last_event_id: z
    .string("give it once")
    .min(1, "the id of an event")
    .optional()
    .openapi({
      description: `For clients that cannot send the header ${LAST_EVENT_ID}, which wins over it.`,
      examples: [EVENT_ID_EXAMPLE],
    }),
});

/** The headers of GET /v1/stream, for its OpenAPI entry. */
export const liveHeaders = z.object({
  "last-event-id": z
    .string()
    .optional()
    .openapi({
      description:
        "The id of the last event that came: the stream goes on after it, and since is left aside. Browsers send it by themselves.",
      examples: [EVENT_ID_EXAMPLE],
    }),
});

/**
 * Where the stream of `series` begins. Throws InvalidInputError where it cannot, or where the
 * parameters say two things.
 */
export function liveOriginOf(
  { since, last_event_id: given }: Omit<z.output<typeof liveQuery>, "series">,
  header: string | undefined,
  series: readonly Series[],
  nowSeconds: number,
): LiveOrigin {
  // A browser comes back to the same address with the header: its parameters are of the first time.
  if (header !== undefined && header !== "") {
    const positions = parseLiveId(header, series, nowSeconds, LAST_EVENT_ID);
    return { from: "positions", positions };
  }
  if (given !== undefined) {
    if (since !== undefined) {
      throw new InvalidInputError("since", since, "leave it out where last_event_id is given");
    }
    const positions = parseLiveId(given, series, nowSeconds, "last_event_id");
    return { from: "positions", positions };
  }
  if (since === undefined) {
    return { from: "now" };
  }
  if (since > nowSeconds) {
    throw new InvalidInputError("since", since, `it must not be after now, which is ${nowSeconds}`);
  }
  return { from: "since", since };
}
