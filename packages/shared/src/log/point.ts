import type { LogEvent, LogEvents } from "./events.ts";

/** The fields of an event that a point holds, in its order; docs/metrics.md has the same. */
interface PointLayout<Event extends LogEvent> {
  /** From the second blob on; the first is the event's name. */
  readonly blobs: readonly (keyof LogEvents[Event] & string)[];
  readonly doubles: readonly (keyof LogEvents[Event] & string)[];
}

type Layouts = { readonly [Event in LogEvent]?: PointLayout<Event> };

/**
 * The events of which a point is written, one an invocation at most: Analytics Engine takes 25 of
 * one. A field is added at the end: what is stored stays where it is.
 * https://developers.cloudflare.com/analytics/analytics-engine/limits/
 */
export const POINT_LAYOUTS = {
  "candles.stored": {
    blobs: ["queue"],
    doubles: [
      "messages",
      "candles",
      "unique",
      "inserted",
      "ignored",
      "revised",
      "dead",
      "retried",
      "rowsWritten",
      "durationMs",
    ],
  },
  "collection.planned": {
    blobs: [],
    doubles: ["series", "due", "deferred", "left", "beyondReach", "shards", "durationMs"],
  },
  "source.collected": {
    blobs: ["source"],
    doubles: ["requests", "series", "candles", "messages", "failed", "unreached", "durationMs"],
  },
  "alerts.checked": {
    blobs: [],
    doubles: ["firing", "raised", "resolved", "errors", "durationMs"],
  },
} as const satisfies Layouts;

/** A point of Analytics Engine; its index, by which it samples, is the event's name. */
export interface Point {
  readonly indexes: string[];
  readonly blobs: string[];
  readonly doubles: number[];
}

/** The point of an event, where there is one. Pure. */
export function pointOf<Event extends LogEvent>(
  event: Event,
  fields: LogEvents[Event],
): Point | undefined {
  const layouts: Readonly<
    Partial<Record<LogEvent, { blobs: readonly string[]; doubles: readonly string[] }>>
  > = POINT_LAYOUTS;
  const layout = layouts[event];
  if (layout === undefined) {
    return undefined;
  }
  const values = new Map<string, unknown>(Object.entries(fields));
  return {
    indexes: [event],
    blobs: [event, ...layout.blobs.map((name) => String(values.get(name)))],
    doubles: layout.doubles.map((name) => Number(values.get(name))),
  };
}
