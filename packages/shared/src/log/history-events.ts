/**
 * Events about what is collected, and about the past: series, assets, markets, backfills, imports
 * and gaps. events.ts has the others.
 */
export interface HistoryEvents {
  /** Series were added or changed by hand. Logged by producer once a request. */
  "series.changed": {
    /** Series that were meant. */
    asked: number;
    /** Of those, the ones that were not there. */
    added: number;
    /** Of those, the ones that were there and otherwise. */
    changed: number;
    durationMs: number;
  };
  /** What is known of an asset was changed by hand. Logged by producer once a request. */
  "assets.changed": {
    ticker: string;
    tier: number;
    /** Who gave the tier: `table` or `hand`. */
    assigned: string;
    /** Series of it that changed to its tier. */
    series: number;
    durationMs: number;
  };
  /** What is known of a market was changed by hand. Logged by producer once a request. */
  "markets.changed": {
    /** `kraken:BTC-USD` */
    market: string;
    nativeSymbol: string;
    /** Series of it that are asked for by another name from now on. */
    series: number;
    durationMs: number;
  };
  /** A backfill begins. Logged by producer once a job. */
  "backfill.started": {
    job: string;
    /** Of the request that the job is a part of. */
    batch: string;
    series: string;
    /** Open times, ISO 8601; the end is exclusive. */
    start: string;
    end: string;
  };
  /** A part of a backfill is done. Logged by producer once a step that asks or looks. */
  "backfill.window": {
    job: string;
    series: string;
    /** `probe` or `fetch` */
    phase: string;
    round: number;
    /** Open time, ISO 8601: everything before it is dealt with in this round. */
    reached: string;
    requests: number;
    /** Candles in the answers that were wanted. */
    found: number;
    /** Of these, handed to the queue or the archive. */
    stored: number;
    /** Requests that failed. */
    failures: number;
    durationMs: number;
  };
  /** The budget slows a backfill, or does so no more. Logged by producer when that changes. */
  "backfill.slowed": {
    job: string;
    series: string;
    /** `slowed`, `held`, or `full`: it goes on at full speed */
    state: string;
    /** Null at full speed. */
    reason: string | null;
    /** Between two windows; until the month ends where it is held. */
    pauseSeconds: number;
    /** US dollars a month. */
    budgetUsd: number;
    /** What the month comes to if no backfill did anything more. */
    committedUsd: number;
  };
  /** A backfill has ended. Logged by producer once a job. */
  "backfill.finished": {
    job: string;
    batch: string;
    series: string;
    /** complete, incomplete or failed */
    state: string;
    requests: number;
    stored: number;
    /** Missing candles that the source was asked for and does not have. */
    absent: number;
    rejected: number;
    beyondReach: number;
    /** Missing candles that could not be asked for or stored. */
    open: number;
    /** Workflow instances that worked on it. */
    instances: number;
    seconds: number;
  };
  /** A file was imported, or refused. Logged by archiver once a `POST /v1/imports` of a new file. */
  "import.finished": {
    id: string;
    name: string;
    /** Null where the file does not say whose candles it holds. */
    series: string | null;
    format: string;
    state: "complete" | "rejected";
    bytes: number;
    rows: number;
    /** Candles that were not held. */
    stored: number;
    duplicate: number;
    /** Candles that were held with other values. */
    revised: number;
    rejected: number;
    /** Of those stored, the ones that went through the queue. */
    queued: number;
    /** New fragments of the archive. */
    fragments: number;
    message: string;
    durationMs: number;
  };
}
