import {
  boundaryOf,
  DELETED_MAX,
  planArchive,
  type DuePartition,
  type HotRange,
} from "./archive-plan.ts";
import { addToTally, type LedgerCounts, type LedgerTally } from "./ledger.ts";
import { formatSeries, type Series } from "./series.ts";
import { countCandles, newestClosed, openTimeAtOrAfter } from "./timeframe.ts";

const DAY_SECONDS = 86_400;

/** What a run is billed beside its candles, as tests of the archiver have counted it. */
const RUN: LedgerCounts = { runs: 1, requests: 1, rows_read: 35, class_a: 1, class_b: 2, steps: 4 };
/** The link of the chain and its place in the index by time, the new file, the ledger. */
const ROWS_WRITTEN_A_RUN = 4;
const ROWS_READ_A_CANDLE = 6;

/** A replaced file is claimed and forgotten. */
const ROWS_WRITTEN_A_DELETED_FILE = 2;
const ROWS_READ_A_DELETED_FILE = 20;

/** Keys in a page of R2's list, of two folders. */
const PAGE_OBJECTS = 1_000;
const ROWS_READ_AN_OBJECT = 2;

/** To find a series that has hot candles, its oldest and its newest. */
const ROWS_READ_A_HOT_SERIES = 12;

/** What a run of a partition is billed that takes `candles` hot ones; `replaces` an older file. */
export function runUnits(candles: number, replaces: boolean): LedgerCounts {
  const old = replaces ? 1 : 0;
  return {
    ...RUN,
    candles,
    inserted: candles,
    rows_written: ROWS_WRITTEN_A_RUN + old + candles,
    rows_read: (RUN.rows_read ?? 0) + ROWS_READ_A_CANDLE * candles,
    class_b: (RUN.class_b ?? 0) + old,
  };
}

/** What lies around when the archiver's cron comes. */
export interface ArchiveDay {
  /** Series with hot candles. */
  readonly hotSeries: number;
  /** Objects on R2. */
  readonly objects: number;
  /** Replaced files that go. */
  readonly deleted: number;
}

/** What the day's plan and clean-up are billed, beside the runs. */
export function dayUnits({ hotSeries, objects, deleted }: ArchiveDay): LedgerCounts {
  return {
    requests: 1,
    rows_written: 1 + ROWS_WRITTEN_A_DELETED_FILE * deleted,
    rows_read:
      ROWS_READ_A_HOT_SERIES * hotSeries +
      ROWS_READ_AN_OBJECT * objects +
      ROWS_READ_A_DELETED_FILE * deleted,
    // Fragments are a page of their own.
    class_a: 1 + Math.max(1, Math.ceil(objects / PAGE_OBJECTS)),
  };
}

/** The archive of a fleet whose series have every candle, day by day. */
export class ArchivedFleet {
  readonly #hotDays: number;
  readonly #files = new Set<string>();
  readonly #oldest: { readonly series: Series; oldest: number }[];
  #replaced = 0;

  /** Begins at `startSeconds` with all that is old enough archived, but for what waits to be taken together. */
  constructor(series: readonly Series[], startSeconds: number, hotDays: number) {
    this.#hotDays = hotDays;
    this.#oldest = series.map((one) => {
      const boundary = boundaryOf(one.timeframe, startSeconds, hotDays);
      return { series: one, oldest: openTimeAtOrAfter(boundary, one.timeframe) };
    });
  }

  /** Replaced files that no clean-up has come to yet. */
  get replaced(): number {
    return this.#replaced;
  }

  /** Hot candles at `nowSeconds`. */
  hotCandles(nowSeconds: number): number {
    return this.#oldest.reduce(
      (sum, { series, oldest }) => sum + countCandles(oldest, nowSeconds, series.timeframe),
      0,
    );
  }

  /** The cron of the day, at `nowSeconds`; adds what is billed of it to `tally`. */
  day(nowSeconds: number, tally: LedgerTally): void {
    const hot: HotRange[] = this.#oldest.map(({ series, oldest }) => ({
      series,
      oldest,
      newest: newestClosed(nowSeconds, series.timeframe, 0),
    }));
    const due = planArchive({ hot, nowSeconds, hotDays: this.#hotDays, everything: false });
    const deleted = Math.min(DELETED_MAX, this.#replaced);
    this.#replaced -= deleted;
    for (const one of due) {
      addToTally(tally, this.#run(one));
    }
    const objects = this.#files.size + this.#replaced;
    addToTally(tally, dayUnits({ hotSeries: hot.length, objects, deleted }));
    const until = new Map(due.map((one) => [one.series, one.until]));
    for (const one of this.#oldest) {
      const end = until.get(one.series);
      one.oldest = end === undefined ? one.oldest : openTimeAtOrAfter(end, one.series.timeframe);
    }
  }

  #run({ series, partition, from, until }: DuePartition): LedgerCounts {
    const file = `${formatSeries(series)} ${partition}`;
    const replaces = this.#files.has(file);
    this.#files.add(file);
    this.#replaced += replaces ? 1 : 0;
    return runUnits(countCandles(from, until, series.timeframe), replaces);
  }
}

/** Days that an archive takes from its beginning until each day is like the others. */
export const SETTLING_DAYS = 70;

/** When the archiver's cron comes on the day of `seconds`, as its configuration has it: 02:17 UTC. */
export function archiveTime(seconds: number): number {
  return Math.floor(seconds / DAY_SECONDS) * DAY_SECONDS + 2 * 3_600 + 17 * 60;
}
