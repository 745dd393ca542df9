import type { TimeRange } from "@candlehouse/shared/core/cold-plan";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { ndjsonLines } from "../line-formats.ts";
import { liveIdOf, type LiveState } from "./live-state.ts";

/** Milliseconds after which a client comes back when the stream ends. */
const RETRY_MS = 1_000;

/** Tells a client when to come back. */
export const RETRY_TEXT = `retry: ${RETRY_MS}\n\n`;

/** A comment: keeps a quiet connection open, and shows the server that the client is gone. */
export const HEARTBEAT_TEXT = ": heartbeat\n\n";

/** The first event: from where on candles are sent. Its id is where the stream begins. */
export function readyEvent(state: LiveState): string {
  const data = state.series.map((one, index) => ({
    ...one,
    after: state.positions[index]?.mark ?? null,
  }));
  return eventText("ready", state, JSON.stringify({ series: data }));
}

/** `candle` of `series`, as a line of NDJSON has it; `state` is that after it. */
export function candleEvent(state: LiveState, series: Series, candle: ServedCandle): string {
  return eventText("candle", state, ndjsonLines(series, [candle]).trimEnd());
}

/**
 * Tells that candles of `series` in `range` will not be sent, and where they are to be read; the
 * stream goes on without them. `state` is that after it.
 */
export function resetEvent(state: LiveState, series: Series, range: TimeRange): string {
  const { from: start, to: end } = range;
  const read = `/v1/candles?series=${formatSeries(series)}&start=${start}&end=${end}`;
  return eventText("reset", state, JSON.stringify({ ...series, start, end, read }));
}

function eventText(event: string, state: LiveState, data: string): string {
  return `event: ${event}\nid: ${liveIdOf(state)}\ndata: ${data}\n\n`;
}
