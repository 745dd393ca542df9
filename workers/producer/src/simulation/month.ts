import { billOf, type Bill } from "@candlehouse/shared/core/cost";
import {
  ArchivedFleet,
  archiveTime,
  SETTLING_DAYS,
} from "@candlehouse/shared/core/fleet-month-archive";
import {
  checkUnits,
  hourUnits,
  isFullHour,
  watchedOf,
} from "@candlehouse/shared/core/fleet-month-monitor";
import {
  addToTally,
  newTally,
  sumCounts,
  type LedgerTally,
  type Work,
} from "@candlehouse/shared/core/ledger";
import type { FleetSeries } from "../fleet.ts";
import { collectMonth, type CollectionSettings } from "./collect-month.ts";

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;
const CHECK_SECONDS = 300;

/** Written, read and deleted. */
const OPERATIONS_A_MESSAGE = 3;

/** As benchmarks and recordings have measured them; see docs/capacity.md. */
const BYTES_A_HOT_CANDLE = 92;
const BYTES_A_COLD_CANDLE = 18;

/** How a month is simulated. */
export interface MonthSettings extends CollectionSettings {
  /** Days before today whose candles stay hot. */
  readonly hotDays: number;
}

/** What a fleet did in a month, and what is billed of it. */
export interface SimulatedMonth {
  readonly series: number;
  readonly days: number;
  /** Candles that were collected. */
  readonly candles: number;
  readonly works: ReadonlyMap<Work, LedgerTally>;
  readonly bill: Bill;
  /** Of a candle's whole life: collected, stored, watched and archived. */
  readonly rowsWrittenACandle: number;
  readonly queueOperationsACandle: number;
  /** If each source filled its messages of a minute as far as they can be filled. */
  readonly leastQueueOperationsACandle: number;
  /** Minutes after which a series was still due, for want of requests or of time. */
  readonly lateMinutes: number;
  /** Minutes whose plan was worked out; the others began as one of them did. */
  readonly computedMinutes: number;
  /** Replaced files that the clean-up had not come to at the end. */
  readonly replacedFiles: number;
}

/**
 * A month of a fleet that has been collected for long: minute by minute, by the code that plans it.
 * Every series has every candle, and nothing fails.
 */
export async function simulateMonth(
  fleet: readonly FleetSeries[],
  settings: MonthSettings,
): Promise<SimulatedMonth> {
  const { startSeconds, days, hotDays } = settings;
  const endSeconds = startSeconds + days * DAY_SECONDS;
  const collected = await collectMonth(fleet, settings);
  const archive = newTally();
  const archived = archiveMonth(fleet, { startSeconds, endSeconds, hotDays }, archive);
  const monitor = monitorMonth(fleet, startSeconds, endSeconds);
  const { collect, store, lateTicks, leastMessages } = collected.units;
  const works = new Map<Work, LedgerTally>([
    ["collect", collect],
    ["store", store],
    ["archive", archive],
    ["monitor", monitor],
  ]);
  const sums = sumCounts([...works.values()]);
  const candles = store.inserted;
  const rowsUntilStored = sums.rows_written - archive.rows_written;
  return {
    series: fleet.length,
    days,
    candles,
    works,
    bill: billOf(
      sums,
      {
        d1_storage: archived.hotCandles(endSeconds) * BYTES_A_HOT_CANDLE,
        r2_storage: archive.inserted * BYTES_A_COLD_CANDLE,
      },
      1,
    ),
    // What is archived in a month is not just what is collected in it: weeks are archived whole.
    rowsWrittenACandle: rowsUntilStored / candles + archive.rows_written / archive.inserted,
    queueOperationsACandle: sums.queue_operations / candles,
    leastQueueOperationsACandle: (OPERATIONS_A_MESSAGE * leastMessages) / candles,
    lateMinutes: lateTicks,
    computedMinutes: collected.computedMinutes,
    replacedFiles: archived.replaced,
  };
}

interface ArchiveSpan {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly hotDays: number;
}

function archiveMonth(
  fleet: readonly FleetSeries[],
  { startSeconds, endSeconds, hotDays }: ArchiveSpan,
  tally: LedgerTally,
): ArchivedFleet {
  const settling = startSeconds - SETTLING_DAYS * DAY_SECONDS;
  const archived = new ArchivedFleet(fleet, settling, hotDays);
  for (let day = settling; day < endSeconds; day += DAY_SECONDS) {
    archived.day(archiveTime(day), day < startSeconds ? newTally() : tally);
  }
  return archived;
}

function monitorMonth(
  fleet: readonly FleetSeries[],
  startSeconds: number,
  endSeconds: number,
): LedgerTally {
  const tally = newTally();
  for (let now = startSeconds; now < endSeconds; now += CHECK_SECONDS) {
    const watched = watchedOf(fleet, {
      // A year of files, most of them a month's.
      files: 12 * fleet.length,
      // Four works an hour.
      ledgerRows: 4 * Math.ceil((now - startSeconds) / HOUR_SECONDS),
    });
    addToTally(tally, checkUnits(watched, now));
    if (isFullHour(now)) {
      addToTally(tally, hourUnits(watched, now));
    }
  }
  return tally;
}
