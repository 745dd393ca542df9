import { billOf, elapsedRatio, monthOf, parseMonth } from "@candlehouse/shared/core/cost";
import { sampleOf, type MetricSample } from "@candlehouse/shared/core/metric";
import {
  alertSamples,
  completenessSamples,
  costSamples,
  queueSamples,
  seriesSamples,
  sourceSamples,
  workSamples,
  type SeriesLateness,
} from "@candlehouse/shared/core/metric-samples";
import { isTimeframe } from "@candlehouse/shared/core/timeframe";
import type { ArchiveSummary } from "@candlehouse/shared/d1/archive-summary";
import type { MetricsFound, SeriesProgressRow } from "@candlehouse/shared/d1/read-metrics";
import manifest from "../../package.json" with { type: "json" };
import { latenessOf } from "../lateness.ts";
import type { QueueBacklog } from "../read-queues.ts";
import type { LedgerTotals } from "./ledger-sums.ts";
import type { SlowFigures } from "./slow-figures.ts";

/** All that was read for an answer. */
export interface Scraped {
  readonly found: MetricsFound;
  readonly queues: readonly QueueBacklog[];
  readonly archive: ArchiveSummary;
  readonly slow: SlowFigures;
  readonly totals: LedgerTotals;
}

/** What was read at `nowSeconds`, unix seconds, as samples; each series where `each` is asked for. */
export function samplesOf(
  { found, queues, archive, slow, totals }: Scraped,
  nowSeconds: number,
  each: boolean,
): MetricSample[] {
  const series = found.series.flatMap((row) => latenessOfRow(row, nowSeconds));
  const month = parseMonth(monthOf(nowSeconds));
  const elapsed = month === undefined ? 1 : elapsedRatio(month, nowSeconds);
  const stored = { d1_storage: found.databaseBytes, r2_storage: archive.stored_bytes };
  return [
    ...sampleOf("candlehouse_build_info", 1, { version: manifest.version }),
    ...sampleOf("candlehouse_time_seconds", nowSeconds),
    ...monitorSamples(found),
    ...seriesSamples(series, each),
    ...sourceSamples(found.sources, found.failures),
    ...workSamples(totals.works),
    ...queueSamples(queues, nowSeconds),
    ...openSamples(found),
    ...archiveSamples(archive, found),
    ...slowSamples(slow),
    ...completenessSamples(found.completeness),
    ...costSamples(billOf(totals.month, stored, elapsed)),
  ];
}

/** Nothing of a timeframe that this version does not know. */
function latenessOfRow(row: SeriesProgressRow, nowSeconds: number): SeriesLateness[] {
  const { source, symbol, timeframe, tier } = row;
  if (!isTimeframe(timeframe)) {
    return [];
  }
  const { late_seconds: lateSeconds } = latenessOf({ ...row, timeframe, enabled: 1 }, nowSeconds);
  return [{ source, symbol, timeframe, tier, lateSeconds }];
}

function monitorSamples({ check, firing, channels }: MetricsFound): MetricSample[] {
  return [
    ...sampleOf("candlehouse_monitor_last_check_timestamp_seconds", check?.at ?? null),
    ...sampleOf("candlehouse_monitor_failed_looks", check?.failedLooks ?? null),
    ...alertSamples(firing),
    ...channels.flatMap(({ channel, attempts, givenUp }) => [
      ...sampleOf("candlehouse_notice_failed_attempts", attempts, { channel }),
      ...sampleOf("candlehouse_notices_given_up", givenUp, { channel }),
    ]),
  ];
}

const LETTER_STATES = ["open", "replayed", "discarded"];
const JOB_KINDS = ["backfill", "import"];

/** What waits for somebody. */
function openSamples({ letters, jobs }: MetricsFound): MetricSample[] {
  const open = letters.find(({ state }) => state === "open");
  return [
    ...LETTER_STATES.flatMap((state) => {
      const count = letters.find((one) => one.state === state)?.letters ?? 0;
      return sampleOf("candlehouse_dead_letters", count, { state });
    }),
    ...sampleOf("candlehouse_dead_letters_oldest_open_timestamp_seconds", open?.oldestAt ?? null),
    ...JOB_KINDS.flatMap((kind) => {
      const count = jobs.find((one) => one.kind === kind)?.jobs ?? 0;
      return sampleOf("candlehouse_jobs_open", count, { kind });
    }),
  ];
}

function archiveSamples(archive: ArchiveSummary, { archive: last }: MetricsFound): MetricSample[] {
  return [
    ...sampleOf("candlehouse_archive_files", archive.files),
    ...sampleOf("candlehouse_archive_candles", archive.candles),
    ...sampleOf("candlehouse_archive_bytes", archive.bytes),
    ...sampleOf("candlehouse_archive_stored_bytes", archive.stored_bytes),
    ...sampleOf("candlehouse_archive_fragments", archive.fragments),
    ...sampleOf("candlehouse_archive_damaged_files", archive.damaged),
    ...sampleOf(
      "candlehouse_archive_oldest_verified_timestamp_seconds",
      archive.oldest_verified_at,
    ),
    ...sampleOf("candlehouse_archive_last_change_timestamp_seconds", last.last_change_at),
  ];
}

function slowSamples({ gaps, oldestHot }: SlowFigures): MetricSample[] {
  return [
    ...[...oldestHot].flatMap(([timeframe, at]) =>
      sampleOf("candlehouse_hot_oldest_candle_timestamp_seconds", at, { timeframe }),
    ),
    ...gaps.flatMap(({ class: name, state, gaps: records, candles }) => [
      ...sampleOf("candlehouse_gaps", records, { class: name, state }),
      ...sampleOf("candlehouse_gap_candles", candles, { class: name, state }),
    ]),
  ];
}
