import type { RouteScope } from "../core/access.ts";
import type { ErrorCode } from "../core/errors.ts";
import type { ArchiveEvents } from "./archive-events.ts";
import type { DeadLetterEvents } from "./dead-letter-events.ts";
import type { HistoryEvents } from "./history-events.ts";
import type { MonitorEvents } from "./monitor-events.ts";

/**
 * Every event that this system logs, with its fields. One event a unit of work. The same rows
 * stand in docs/log-events.md, and a test holds the two together.
 */
export interface LogEvents extends ArchiveEvents, DeadLetterEvents, HistoryEvents, MonitorEvents {
  /** A cron tick was planned. Logged by producer once a minute. */
  "collection.planned": {
    scheduledAt: string;
    /** Series that are enabled. */
    series: number;
    /** Of those, the ones whose next candle has closed. */
    due: number;
    /** Due series that this tick leaves to the next one, because the source allows no more. */
    deferred: number;
    /** Series that leave a range behind, to be fetched after what is current. */
    left: number;
    /** Candles that were never asked for and that nothing will ask for any more. */
    beyondReach: number;
    shards: number;
    durationMs: number;
  };
  /** Some series of a source were fetched. Logged by producer once a shard. */
  "source.collected": {
    source: string;
    requests: number;
    /** Windows that were answered: one a series, two where it also catches up. */
    series: number;
    candles: number;
    messages: number;
    /** Windows whose fetch failed and will be tried again. */
    failed: number;
    /** Windows that were not reached before the tick's time was over. */
    unreached: number;
    durationMs: number;
  };
  /** Fetches failed and will be tried again. Logged by producer once a shard and code. */
  "source.failed": {
    source: string;
    code: ErrorCode;
    /** Of the first series that failed so. */
    reason: string;
    series: number;
    first: string;
    retryAt: string;
  };
  /** A host is left alone for a while, and the rest of a shard with it. Logged by producer. */
  "source.closed": {
    source: string;
    code: ErrorCode;
    reason: string;
    unreached: number;
  };
  /** A hand-made fetch was queued. Logged by producer once a `POST /trigger`. */
  "trigger.queued": {
    series: string;
    requests: number;
    candles: number;
    messages: number;
    durationMs: number;
  };
  /** A batch of messages reached D1. Logged by consumer once a batch. */
  "candles.stored": {
    queue: string;
    messages: number;
    candles: number;
    unique: number;
    inserted: number;
    /** Candles that were stored before, with the same values. */
    ignored: number;
    revised: number;
    /** Messages that became dead letters. */
    dead: number;
    /** Messages that go back to the queue. */
    retried: number;
    rowsWritten: number;
    durationMs: number;
    rowsPerSecond: number;
  };
  /** Messages could not be stored now and go back to the queue. Logged by consumer once a batch. */
  "candles.retried": {
    queue: string;
    messages: number;
    code: ErrorCode;
    reason: string;
    delaySeconds: number;
  };
  /** A message was kept as a dead letter. Logged by consumer once a message. */
  "message.dead": {
    queue: string;
    deadLetter: string;
    code: string;
    reason: string;
    attempts: number;
  };
  /** A call was not let in. Logged by query once a request; no address and no secret is in it. */
  "access.refused": {
    code: ErrorCode;
    /** What the route asks for. */
    scope: RouteScope;
    method: string;
    /** The route as it is declared: a path may hold what a caller put there. */
    route: string;
    /** As `callerId` has it. */
    caller: string;
    reason: string;
  };
  /** A request failed by our fault. Logged by query once a request. */
  "request.failed": {
    method: string;
    path: string;
    status: number;
    code: string;
    reason: string;
  };
  /** A handler ended in an error that nothing expected. Logged by any Worker's entry. */
  "handler.failed": {
    handler: string;
    code: string;
    reason: string;
  };
}

export type LogEvent = keyof LogEvents;

/** Events that say something is wrong; they are written to the error stream. */
export const FAILURE_EVENTS: ReadonlySet<LogEvent> = new Set<LogEvent>([
  "source.failed",
  "source.closed",
  "candles.retried",
  "message.dead",
  "archive.rewritten",
  "archive.damaged",
  "compaction.retried",
  "series.stale",
  "alert.raised",
  "notices.failed",
  "request.failed",
  "handler.failed",
]);
