import type { Shard } from "@candlehouse/shared/core/collect-plan";
import type { CandleWindow } from "@candlehouse/shared/core/collect-window";
import type { CandlehouseError, ErrorCode } from "@candlehouse/shared/core/errors";
import type {
  ClosedReason,
  Outcome,
  RatePolicy,
  Reservation,
} from "@candlehouse/shared/core/rate-limit";
import { expectCandlehouseError } from "./expected-error.ts";
import { fetchCandles, outcomeOf, type SourceAccess } from "./fetch-candles.ts";
import {
  sendUnstored,
  type AnsweredWindow,
  type SendTools,
  type SentWindow,
} from "./send-unstored.ts";
import type { Source } from "./sources/source.ts";

/** Requests that are under way at once; the platform holds back a seventh connection. */
export const REQUESTS_AT_ONCE_MAX = 5;

/** Requests that one call to the limiter reserves at most. */
export const RESERVATION_MAX = 20;

/** Candles that are fetched and not yet sent are sent when there are so many: 100 full messages. */
const BUFFER_CANDLES_MAX = 1_000;

/** Everything that collecting a shard touches beside its arguments. */
export interface CollectorTools extends SendTools {
  readonly access: SourceAccess;
  /** Tells the limiter of a host what came of requests, and reserves further ones. */
  readonly reserve: (
    host: string,
    policy: RatePolicy,
    outcomes: readonly Outcome[],
    ask: number,
  ) => Promise<Reservation>;
}

/** A window that the source refused for a reason of its own; it is tried again later. */
export interface FailedWindow {
  readonly window: CandleWindow;
  readonly error: CandlehouseError;
}

/** What came of a shard. */
export interface ShardReport {
  readonly requests: number;
  readonly candles: number;
  readonly messages: number;
  readonly answered: readonly SentWindow[];
  readonly failed: readonly FailedWindow[];
  /** Windows that were not asked before the time was over or the host closed. */
  readonly unreached: readonly CandleWindow[];
  /** Why the rest was left, where the host closed. */
  readonly closed: HostClosed | null;
}

/** A host is left alone for a while. */
export interface HostClosed {
  readonly code: ErrorCode;
  readonly reason: string;
}

const CLOSED_CODES: Readonly<Record<ClosedReason, ErrorCode>> = {
  rate_limited: "source_rate_limited",
  weight: "source_rate_limited",
  blocked: "source_blocked",
  unavailable: "source_unavailable",
};

/** A shard under way. */
interface Progress {
  readonly source: Source;
  readonly tools: CollectorTools;
  readonly pending: CandleWindow[];
  readonly answered: SentWindow[];
  readonly failed: FailedWindow[];
  readonly buffer: AnsweredWindow[];
  hostIndex: number;
  outcomes: Outcome[];
  requests: number;
  candles: number;
  messages: number;
  closed: HostClosed | null;
}

/**
 * Fetches the windows of a shard in their order, as fast as the limiter allows, and sends what is
 * not stored yet. Ends at `deadlineMs` (by the collector's clock) at the latest, but for requests
 * under way. Throws QueueUnavailableError or StorageUnavailableError; what was fetched and not sent
 * is then fetched again by a later tick, since only storage moves a series on.
 */
export async function collectShard(
  source: Source,
  shard: Shard,
  deadlineMs: number,
  tools: CollectorTools,
): Promise<ShardReport> {
  const progress: Progress = {
    source,
    tools,
    pending: [...shard.windows],
    answered: [],
    failed: [],
    buffer: [],
    hostIndex: 0,
    outcomes: [],
    requests: 0,
    candles: 0,
    messages: 0,
    closed: null,
  };
  while (progress.pending.length > 0 && tools.nowMs() < deadlineMs) {
    const ask = Math.min(progress.pending.length, RESERVATION_MAX);
    const reservation = await reserve(progress, ask);
    if (reservation.closed !== null) {
      if (leaveHost(progress, reservation.closed)) {
        continue;
      }
      break;
    }
    if (reservation.granted === 0) {
      await tools.sleep(Math.min(reservation.waitMs, Math.max(0, deadlineMs - tools.nowMs())));
      continue;
    }
    await askRound(progress, reservation.granted);
    if (
      progress.buffer.reduce((sum, one) => sum + one.page.candles.length, 0) >= BUFFER_CANDLES_MAX
    ) {
      await sendBuffer(progress);
    }
  }
  if (progress.outcomes.length > 0) {
    await reserve(progress, 0);
  }
  await sendBuffer(progress);
  const { requests, candles, messages, answered, failed, pending, closed } = progress;
  return { requests, candles, messages, answered, failed, unreached: pending, closed };
}

/** Tells the limiter what came of the last round and reserves up to `ask` requests for the next one. */
async function reserve(progress: Progress, ask: number): Promise<Reservation> {
  const { source, tools, outcomes } = progress;
  progress.outcomes = [];
  return tools.reserve(hostOf(progress), source.rate, outcomes, ask);
}

function hostOf(progress: Progress): string {
  const host = progress.source.hosts[progress.hostIndex];
  if (host === undefined) {
    throw new Error(`${progress.source.id} has no host ${progress.hostIndex}`);
  }
  return host;
}

/** That `host` is left alone, how long and why. */
export function closedText(host: string, closed: NonNullable<Reservation["closed"]>): string {
  return `${host} is left alone until ${new Date(closed.untilMs).toISOString()}: ${closed.reason}`;
}

/** Goes on at the next host where this one refuses our place of origin; false where it cannot. */
function leaveHost(progress: Progress, closed: NonNullable<Reservation["closed"]>): boolean {
  progress.closed = {
    code: CLOSED_CODES[closed.reason],
    reason: closedText(hostOf(progress), closed),
  };
  if (closed.reason !== "blocked" || progress.hostIndex + 1 >= progress.source.hosts.length) {
    return false;
  }
  progress.hostIndex += 1;
  progress.closed = null;
  return true;
}

/** Asks for the next `count` windows, a few at a time. */
async function askRound(progress: Progress, count: number): Promise<void> {
  const round = progress.pending.splice(0, count);
  const left: CandleWindow[] = [];
  const ask = async (): Promise<void> => {
    for (let window = round.shift(); window !== undefined; window = round.shift()) {
      if (left.length > 0) {
        // The host has just asked for silence: the rest of the round waits with the others.
        left.push(window);
      } else {
        await askWindow(progress, window, left);
      }
    }
  };
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE_MAX }, ask));
  progress.pending.unshift(...left);
}

/** Asks for one window; one that the host, not the window, is to blame for goes to `left`. */
async function askWindow(
  progress: Progress,
  window: CandleWindow,
  left: CandleWindow[],
): Promise<void> {
  const { source, tools } = progress;
  progress.requests += 1;
  try {
    const page = await fetchCandles(source, hostOf(progress), window, tools.access);
    progress.outcomes.push({ kind: "answered", usedWeight: page.usedWeight });
    progress.buffer.push({ window, page });
  } catch (thrown) {
    const error = expectCandlehouseError(thrown);
    const outcome = outcomeOf(error);
    progress.outcomes.push(outcome);
    if (outcome.kind === "blocked" || outcome.kind === "rate_limited") {
      left.push(window);
    } else {
      progress.failed.push({ window, error });
    }
  }
}

/** Sends what the buffer holds. */
async function sendBuffer(progress: Progress): Promise<void> {
  const sent = await sendUnstored(progress.source.id, progress.buffer.splice(0), progress.tools);
  progress.answered.push(...sent.windows);
  progress.candles += sent.windows.reduce((sum, { unstored }) => sum + unstored, 0);
  progress.messages += sent.messages;
}
