import type { Timekeeper } from "@candlehouse/shared/core/clock";
import { StorageUnavailableError } from "@candlehouse/shared/core/errors";
import { HEARTBEAT_TEXT, RETRY_TEXT } from "./event-text.ts";
import { candleEvents, inPieces, type LiveEvents } from "./live-events.ts";
import type { LiveState } from "./live-state.ts";
import { nextPollMs } from "./poll-plan.ts";
import { readUnsent, UNSENT_ROWS_MAX, type UnsentCandle } from "./read-unsent.ts";

/** Longest silence: proxies close connections that are quiet for half a minute. */
const HEARTBEAT_MS = 15_000;

/** A database that does not answer so many times in a row ends the stream. */
const FAILURES_MAX = 5;
const FAILURE_PAUSE_MS = 1_000;

/** Where a stream finds what is stored, and the time. */
export interface LiveFeed {
  readonly db: D1Database;
  readonly keeper: Timekeeper;
  /** Most looks into the database, each one query; then the stream ends. */
  readonly looksMax: number;
}

/**
 * The text of a stream that begins with the events of `start`, piece by piece, each of whole events: every candle
 * that is stored from now on, once, or a reset that says which ones will not be sent. Ends after `looksMax` looks, or when `signal` says that nobody
 * listens any more. Throws StorageUnavailableError or StorageRejectedError.
 */
export async function* followSeries(
  { db, keeper, looksMax }: LiveFeed,
  start: LiveEvents,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  yield RETRY_TEXT;
  let state = yield* inPieces(start);
  let quietSinceMs = keeper.realNowMs();
  let failures = 0;
  let waitMs = 0;
  for (let look = 0; look < looksMax; look += 1) {
    await pause(waitMs, signal);
    if (signal.aborted) {
      return;
    }
    const found = await lookFor(db, state).catch((error: unknown) => {
      failures += 1;
      if (!(error instanceof StorageUnavailableError) || failures >= FAILURES_MAX) {
        throw error;
      }
      return undefined;
    });
    const before = state;
    state = yield* inPieces(candleEvents(before, found ?? []));
    if (state !== before) {
      quietSinceMs = keeper.realNowMs();
    } else if (keeper.realNowMs() - quietSinceMs >= HEARTBEAT_MS) {
      yield HEARTBEAT_TEXT;
      quietSinceMs = keeper.realNowMs();
    }
    failures = found === undefined ? failures : 0;
    const heartbeatMs = HEARTBEAT_MS - (keeper.realNowMs() - quietSinceMs);
    waitMs = Math.max(0, Math.min(heartbeatMs, pauseAfter(state, found, failures, keeper)));
  }
}

function lookFor(db: D1Database, { series, positions }: LiveState): Promise<UnsentCandle[]> {
  return readUnsent(db, series, positions);
}

function pauseAfter(
  { series, positions }: LiveState,
  found: readonly UnsentCandle[] | undefined,
  failures: number,
  keeper: Timekeeper,
): number {
  if (found === undefined) {
    return failures * FAILURE_PAUSE_MS;
  }
  return found.length === UNSENT_ROWS_MAX ? 0 : nextPollMs(series, positions, keeper);
}

/** Waits `ms`, or until nobody listens. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await scheduler.wait(ms, { signal });
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
  }
}
