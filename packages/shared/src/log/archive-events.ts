/** Events of the archiver: files, fragments and compactions. events.ts has the others. */
export interface ArchiveEvents {
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
  /** Files were read again. Logged by archiver once a day and a `POST /v1/archive/verify`. */
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
}
