import { createParser, type EventSourceMessage } from "eventsource-parser";
import type { Candle, Candles } from "./api.ts";
import { CandlehouseProblem } from "./problem.ts";
import { sleep } from "./sleep.ts";
import type { Transport } from "./transport.ts";

type SeriesName = Pick<Candles["meta"], "source" | "symbol" | "timeframe">;

interface Described<Event extends string, Data> {
  readonly event: Event;
  /** Given as `lastEventId`, a stream goes on behind this event. */
  readonly id: string | undefined;
  readonly data: Data;
}

/** From where on candles are sent: behind the open time `after`, unix seconds. Null: from the first. */
export type ReadyEvent = Described<
  "ready",
  { readonly series: readonly (SeriesName & { readonly after: number | null })[] }
>;

export type CandleEvent = Described<"candle", SeriesName & Candle>;

/**
 * Candles of a series from `start` (inclusive) to `end` (exclusive) that will not be sent: they are
 * too many, or too old to be waited for. `read` is where they are. The stream goes on without them.
 */
export type ResetEvent = Described<
  "reset",
  SeriesName & { readonly start: number; readonly end: number; readonly read: string }
>;

export type StreamEvent = ReadyEvent | CandleEvent | ResetEvent;

export interface StreamPosition {
  readonly lastEventId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Before the stream is asked for again, where it does not say. */
const RECONNECT_MS = 3_000;
const RECONNECT_MS_MAX = 60_000;

/** Three heartbeats: a connection that is silent for longer is dead, though nobody said so. */
const SILENCE_MS_MAX = 45_000;

/**
 * The events of `path`, for as long as they are taken. A stream that ends or breaks is asked for
 * again from where it ended, again and again. Throws what the first connection fails with,
 * CandlehouseProblem where the request is refused for good, and the reason of an aborted signal.
 */
export async function* streamEvents(
  transport: Transport,
  path: string,
  { lastEventId, signal }: StreamPosition,
): AsyncGenerator<StreamEvent, void> {
  const position: Position = { id: lastEventId, reconnectMs: RECONNECT_MS };
  let hasOpened = false;
  for (let failures = 0; ; failures += 1) {
    try {
      const headers: Record<string, string> = { accept: "text/event-stream" };
      if (position.id !== undefined) {
        headers["last-event-id"] = position.id;
      }
      const response = await transport.send(path, () => ({
        headers,
        cache: "no-store",
        ...(signal === undefined ? {} : { signal }),
      }));
      hasOpened = true;
      for await (const event of eventsIn(response, position)) {
        failures = 0;
        yield event;
      }
    } catch (error) {
      if (signal?.aborted === true || !hasOpened || isFinal(error)) {
        throw error;
      }
    }
    await sleep(Math.min(position.reconnectMs * 2 ** failures, RECONNECT_MS_MAX), signal);
  }
}

/** What a stream has told of itself so far. */
interface Position {
  id: string | undefined;
  reconnectMs: number;
}

/** The events until the body ends, breaks or falls silent; keeps `position` up to date. */
async function* eventsIn(
  response: Response,
  position: Position,
): AsyncGenerator<StreamEvent, void> {
  const messages: EventSourceMessage[] = [];
  const parser = createParser({
    onEvent: (message) => messages.push(message),
    onRetry: (ms) => {
      position.reconnectMs = ms;
    },
  });
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  if (reader === undefined) {
    return;
  }
  try {
    for (;;) {
      const silence = setTimeout(() => void reader.cancel(), SILENCE_MS_MAX);
      const { done, value } = await reader.read().finally(() => clearTimeout(silence));
      if (done) {
        return;
      }
      parser.feed(decoder.decode(value, { stream: true }));
      for (const message of messages.splice(0)) {
        const event = eventIn(message);
        position.id = message.id ?? position.id;
        if (event !== undefined) {
          yield event;
        }
      }
    }
  } finally {
    await reader.cancel();
  }
}

/** Undefined for an event of a kind that came after this version. */
function eventIn({ event, id, data }: EventSourceMessage): StreamEvent | undefined {
  return event === "ready" || event === "candle" || event === "reset"
    ? { event, id, data: JSON.parse(data) }
    : undefined;
}

/** Whether asking again would be answered the same. */
function isFinal(error: unknown): boolean {
  return error instanceof CandlehouseProblem && error.status < 500 && error.status !== 429;
}
