/** What `GET /metrics` tells. docs/metrics.md has a row of each, by this list: a test compares them. */

/** A counter never goes down while its table stands; a gauge is what is now. */
export type MetricType = "counter" | "gauge";

export interface MetricDefinition {
  readonly type: MetricType;
  readonly help: string;
  readonly labels: readonly string[];
}

function gauge(help: string, ...labels: readonly string[]): MetricDefinition {
  return { type: "gauge", help, labels };
}

function counter(help: string, ...labels: readonly string[]): MetricDefinition {
  return { type: "counter", help, labels };
}

const GROUP = ["source", "timeframe", "tier"];

export const METRICS = {
  candlehouse_build_info: gauge("1; the version is a label.", "version"),
  candlehouse_time_seconds: gauge(
    "The system's time: unix time, but with a simulated exchange that of its market.",
  ),
  candlehouse_monitor_last_check_timestamp_seconds: gauge(
    "When the monitor looked last for what is wrong; it does each five minutes.",
  ),
  candlehouse_monitor_failed_looks: gauge("What the last check could not look at."),
  candlehouse_alerts_firing: gauge("Alerts that fire.", "kind", "severity"),
  candlehouse_notice_failed_attempts: gauge(
    "Attempts to tell a channel of alerts that failed since it took one.",
    "channel",
  ),
  candlehouse_notices_given_up: gauge(
    "Notices that were given up since a channel took one.",
    "channel",
  ),
  candlehouse_series: gauge("Enabled series.", ...GROUP),
  candlehouse_series_late: gauge(
    "Of these, those that are late by two candles and ten minutes or more.",
    ...GROUP,
  ),
  candlehouse_series_late_seconds: gauge(
    "How late the latest of them is: closed candles that it has not got, in seconds.",
    ...GROUP,
  ),
  candlehouse_series_empty: gauge("Of these, those of which nothing is known yet.", ...GROUP),
  candlehouse_each_series_late_seconds: gauge(
    "How late a series is; with ?series=all alone.",
    "source",
    "symbol",
    "timeframe",
    "tier",
  ),
  candlehouse_source_state: gauge("1 for the state that a source is in.", "source", "state"),
  candlehouse_source_last_success_timestamp_seconds: gauge(
    "When a source answered last, to ten minutes.",
    "source",
  ),
  candlehouse_source_fetch_failures_total: counter(
    "Windows of series whose fetch failed.",
    "source",
  ),
  candlehouse_source_windows_due_per_hour: gauge(
    "Windows of enabled series that come due in an hour, on average.",
    "source",
  ),
  candlehouse_work_runs_total: counter("Batches, ticks, steps or runs.", "work"),
  candlehouse_work_duration_seconds_total: counter("How long they took.", "work"),
  candlehouse_work_candles_total: counter("Candles that work was given, or that came.", "work"),
  candlehouse_candles_total: counter("Candles by what became of them.", "work", "outcome"),
  candlehouse_messages_retried_total: counter("Queue messages that went back.", "work"),
  candlehouse_messages_dead_total: counter("Queue messages that became dead letters.", "work"),
  candlehouse_billed_units_total: counter("Units that Cloudflare bills.", "work", "item"),
  candlehouse_queue_messages: gauge("Messages that wait.", "queue"),
  candlehouse_queue_bytes: gauge("Bytes of the messages that wait.", "queue"),
  candlehouse_queue_oldest_message_age_seconds: gauge(
    "How long the oldest message waits; 0 where none does.",
    "queue",
  ),
  candlehouse_dead_letters: gauge("Messages that could not be stored.", "state"),
  candlehouse_dead_letters_oldest_open_timestamp_seconds: gauge(
    "Since when the oldest open dead letter waits; absent where none does.",
  ),
  candlehouse_jobs_open: gauge("Backfills and imports that have not ended.", "kind"),
  candlehouse_archive_files: gauge("Current files of the archive."),
  candlehouse_archive_candles: gauge("Candles in them."),
  candlehouse_archive_bytes: gauge("Bytes of them."),
  candlehouse_archive_stored_bytes: gauge("Bytes of all objects that the manifest names."),
  candlehouse_archive_fragments: gauge("Files that wait to be merged."),
  candlehouse_archive_damaged_files: gauge("Files in which something was found wrong."),
  candlehouse_archive_oldest_verified_timestamp_seconds: gauge(
    "When the current file that was not read back for longest was; absent where there is none.",
  ),
  candlehouse_archive_last_change_timestamp_seconds: gauge(
    "When the archive changed last; absent where it never did.",
  ),
  candlehouse_hot_oldest_candle_timestamp_seconds: gauge(
    "Open time of the oldest candle in D1.",
    "timeframe",
  ),
  candlehouse_completeness_ratio: gauge(
    "Held of the candles that can be held, over the last seven days that are over; measured daily.",
    "tier",
    "timeframe",
  ),
  candlehouse_completeness_missing_candles: gauge(
    "Of the same days, candles that are missing without a reason.",
    "tier",
    "timeframe",
  ),
  candlehouse_completeness_measured_timestamp_seconds: gauge("When that was measured last."),
  candlehouse_gaps: gauge("Records of missing candles.", "class", "state"),
  candlehouse_gap_candles: gauge("Candles that they stand for.", "class", "state"),
  candlehouse_cost_used_units: gauge("Used in this month.", "item"),
  candlehouse_cost_projected_units: gauge("Used by the month's end as it goes.", "item"),
  candlehouse_cost_included_units: gauge("Included in a month of the plan.", "item"),
  candlehouse_cost_projected_usd: gauge("What the month costs by its end, the plan's fee with it."),
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type MetricName = keyof typeof METRICS;

/** One value of a metric. */
export interface MetricSample {
  readonly name: MetricName;
  /** By the names that the definition has. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A value; none where it is null, which is not known or does not exist. */
export function sampleOf(
  name: MetricName,
  value: number | null,
  labels: Readonly<Record<string, string>> = {},
): MetricSample[] {
  return value === null ? [] : [{ name, labels, value }];
}
