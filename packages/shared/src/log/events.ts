import type { ErrorCode } from "../core/errors.ts";
import type { HistoryEvents } from "./history-events.ts";
import type { MonitorEvents } from "./monitor-events.ts";

/**
 * Every event that this system logs, with its fields. One event a unit of work. The same rows
 * stand in docs/log-events.md, and a test holds the two together.
 */
export interface LogEvents extends HistoryEvents, MonitorEvents {
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
  /** What is due was planned and started. Logged by archiver once a day and once a run by hand. */
  "archive.planned": {
    /** Series with hot candles. */
    series: number;
    /** Of those, the ones with candles that have aged out of the hot window. */
    aged: number;
    /** Partitions that are due. */
    due: number;
    started: number;
    /** Due partitions whose run was going on already. */
    running: number;
    /** Series with hot candles whose source, symbol or timeframe this version does not know. */
    unknown: number;
    firstUnknown: string | null;
    hotFrom: string;
    durationMs: number;
  };
  /** A partition's hot candles are in its file. Logged by archiver once a run. */
  "archive.stored": {
    series: string;
    partition: string;
    /** Of the current file; null where there is none. */
    key: string | null;
    rows: number;
    /** Hot candles that the file did not have. */
    added: number;
    /** Hot candles that it had, with the same values. */
    same: number;
    /** New revisions: hot candles that it had with other values. */
    revised: number;
    /** Hot candles that were deleted from D1. */
    deleted: number;
    bytes: number;
    bytesPerCandle: number;
    durationMs: number;
  };
  /** Fragments were merged into a partition's file. Logged by archiver once a partition. */
  "archive.compacted": {
    series: string;
    partition: string;
    /** Of the current file. */
    key: string;
    /** Fragments that were merged. */
    fragments: number;
    /** Fragments that could not be read. */
    damaged: number;
    rows: number;
    /** Candles that the file did not have. */
    added: number;
    revised: number;
    bytes: number;
    bytesPerCandle: number;
    durationMs: number;
  };
  /** An object was not what had just been written, and is written again. Logged by archiver. */
  "archive.rewritten": {
    series: string;
    partition: string;
    key: string;
    reason: string;
  };
  /** A file is not what the manifest says. Logged by archiver each time it is found. */
  "archive.damaged": {
    series: string;
    partition: string;
    key: string;
    reason: string;
  };
  /** R2 and the manifest were brought together. Logged by archiver once a day. */
  "archive.cleaned": {
    /** Replaced files that are gone. */
    deleted: number;
    /** Objects that no row named and that are fragments now. */
    adopted: number;
    /** Objects that no row names and that hold no candles of their partition. */
    unreadable: number;
    /** Files of the manifest whose object is gone. */
    missing: number;
    /** Partitions whose fragments go to the queue again. */
    enqueued: number;
    /** The key up to which objects were looked at; null where it was all of them. */
    next: string | null;
    durationMs: number;
  };
  /** Files were read again. Logged by archiver once a `POST /v1/archive/verify`. */
  "archive.verified": {
    partitions: number;
    files: number;
    bytes: number;
    damaged: number;
    /** Partitions whose history does not hold together. */
    chains: number;
    durationMs: number;
  };
  /** The manifest was rebuilt from R2. Logged by archiver once a `POST /v1/archive/rebuild`. */
  "archive.rebuilt": {
    partitions: number;
    kept: number;
    restored: number;
    fragments: number;
    damaged: number;
    durationMs: number;
  };
  /** A file was handed in. Logged by archiver once a `POST /v1/fragments`. */
  "fragments.stored": {
    series: string;
    bytes: number;
    rows: number;
    registered: number;
    known: number;
    durationMs: number;
  };
  /** Messages go back to the queue `compaction`. Logged by archiver once a partition. */
  "compaction.retried": {
    queue: string;
    messages: number;
    code: string;
    reason: string;
    delaySeconds: number;
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
  "request.failed",
  "handler.failed",
]);
