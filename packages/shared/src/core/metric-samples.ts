import { ALERT_KINDS, ALERT_SEVERITIES } from "./alert.ts";
import { ratioOf, windowsAnHour, type TierCompleteness } from "./alert-quality-rules.ts";
import { BILLED_ITEMS, type Bill } from "./cost.ts";
import { LEDGER_COUNTS, WORKS, type LedgerCount, type LedgerTally, type Work } from "./ledger.ts";
import { sampleOf, type MetricName, type MetricSample } from "./metric.ts";
import { timeframeSeconds, type Timeframe } from "./timeframe.ts";

/** What tables say, as samples. Times are unix seconds. All is pure. */

/** How late an enabled series is; null where nothing of it is known yet. */
export interface SeriesLateness {
  readonly source: string;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly tier: number;
  readonly lateSeconds: number | null;
}

/** A source may publish a candle some minutes after it closed: that is not late yet. */
const PATIENCE_SECONDS = 600;
const LATE_CANDLES = 2;

/** By source, timeframe and tier; and series by series where `each` is asked for. */
export function seriesSamples(all: readonly SeriesLateness[], each: boolean): MetricSample[] {
  const groups = Map.groupBy(all, (one) => `${one.source} ${one.timeframe} ${one.tier}`);
  const samples = [...groups.values()].flatMap((list) => {
    const [first] = list;
    if (first === undefined) {
      return [];
    }
    const { source, timeframe, tier } = first;
    const labels = { source, timeframe, tier: String(tier) };
    const known = list.flatMap(({ lateSeconds }) => lateSeconds ?? []);
    const allowed = Math.max(PATIENCE_SECONDS, LATE_CANDLES * timeframeSeconds(timeframe));
    return [
      ...sampleOf("candlehouse_series", list.length, labels),
      ...sampleOf(
        "candlehouse_series_late",
        known.filter((late) => late >= allowed).length,
        labels,
      ),
      ...sampleOf("candlehouse_series_late_seconds", Math.max(0, ...known), labels),
      ...sampleOf("candlehouse_series_empty", list.length - known.length, labels),
    ];
  });
  return [...samples, ...(each ? all.flatMap(oneSample) : []), ...dueSamples(all)];
}

function oneSample({ source, symbol, timeframe, tier, lateSeconds }: SeriesLateness) {
  const labels = { source, symbol, timeframe, tier: String(tier) };
  return sampleOf("candlehouse_each_series_late_seconds", lateSeconds, labels);
}

function dueSamples(all: readonly SeriesLateness[]): MetricSample[] {
  return [...Map.groupBy(all, ({ source }) => source)].flatMap(([source, list]) => {
    const due = windowsAnHour(list.map(({ timeframe }) => timeframe));
    return sampleOf("candlehouse_source_windows_due_per_hour", due, { source });
  });
}

const SOURCE_STATES = ["ok", "failing", "off"] as const;

/** How sources are doing. */
export function sourceSamples(
  sources: readonly {
    readonly source: string;
    readonly state: string;
    readonly lastSuccessAt: number | null;
  }[],
  failures: readonly { readonly source: string; readonly failures: number }[],
): MetricSample[] {
  return [
    ...sources.flatMap(({ source, state, lastSuccessAt }) => [
      ...SOURCE_STATES.flatMap((one) =>
        sampleOf("candlehouse_source_state", Number(one === state), { source, state: one }),
      ),
      ...sampleOf("candlehouse_source_last_success_timestamp_seconds", lastSuccessAt, { source }),
    ]),
    ...failures.flatMap((one) =>
      sampleOf("candlehouse_source_fetch_failures_total", one.failures, { source: one.source }),
    ),
  ];
}

/** Every kind that this version knows, 0 where none fires: a rule on it needs no guess. */
export function alertSamples(
  firing: readonly { readonly kind: string; readonly severity: string; readonly alerts: number }[],
): MetricSample[] {
  const counts = new Map(firing.map((one) => [`${one.kind} ${one.severity}`, one.alerts]));
  return ALERT_KINDS.flatMap((kind) =>
    ALERT_SEVERITIES.flatMap((severity) =>
      sampleOf("candlehouse_alerts_firing", counts.get(`${kind} ${severity}`) ?? 0, {
        kind,
        severity,
      }),
    ),
  );
}

/** Counts of the ledger that have a metric of their own, and that of each. */
const WORK_METRICS: Readonly<Partial<Record<LedgerCount, MetricName>>> = {
  runs: "candlehouse_work_runs_total",
  candles: "candlehouse_work_candles_total",
  retried: "candlehouse_messages_retried_total",
  dead: "candlehouse_messages_dead_total",
};

const OUTCOMES = ["inserted", "ignored", "revised"] as const;
const BILLED_COUNTS: ReadonlySet<string> = new Set(BILLED_ITEMS.map(({ item }) => item));

/** What was done since the ledger began, by kind of work. */
export function workSamples(sums: ReadonlyMap<Work, LedgerTally>): MetricSample[] {
  return WORKS.flatMap((work) => {
    const sum = sums.get(work);
    if (sum === undefined) {
      return [];
    }
    return [
      ...LEDGER_COUNTS.flatMap((count) => {
        const name = WORK_METRICS[count];
        return name === undefined ? [] : sampleOf(name, sum[count], { work });
      }),
      ...sampleOf("candlehouse_work_duration_seconds_total", sum.duration_ms / 1_000, { work }),
      ...OUTCOMES.flatMap((outcome) =>
        sampleOf("candlehouse_candles_total", sum[outcome], { work, outcome }),
      ),
      ...LEDGER_COUNTS.filter((count) => BILLED_COUNTS.has(count)).flatMap((item) =>
        sampleOf("candlehouse_billed_units_total", sum[item], { work, item }),
      ),
    ];
  });
}

/** What waits in queues, at `nowSeconds`. */
export function queueSamples(
  queues: readonly {
    readonly queue: string;
    readonly backlog_messages: number;
    readonly backlog_bytes: number;
    readonly oldest_message_at: number | null;
  }[],
  nowSeconds: number,
): MetricSample[] {
  return queues.flatMap(({ queue, backlog_messages, backlog_bytes, oldest_message_at: oldest }) => [
    ...sampleOf("candlehouse_queue_messages", backlog_messages, { queue }),
    ...sampleOf("candlehouse_queue_bytes", backlog_bytes, { queue }),
    ...sampleOf(
      "candlehouse_queue_oldest_message_age_seconds",
      oldest === null ? 0 : Math.max(0, nowSeconds - oldest),
      { queue },
    ),
  ]);
}

/** How complete tiers are. */
export function completenessSamples(rows: readonly TierCompleteness[]): MetricSample[] {
  const measuredAt = rows.map((one) => one.measuredAt);
  return [
    ...rows.flatMap((row) => {
      const labels = { tier: String(row.tier), timeframe: row.timeframe };
      const missing = row.missing - row.explained;
      return [
        ...sampleOf("candlehouse_completeness_ratio", ratioOf(row), labels),
        ...sampleOf("candlehouse_completeness_missing_candles", missing, labels),
      ];
    }),
    ...sampleOf(
      "candlehouse_completeness_measured_timestamp_seconds",
      rows.length === 0 ? null : Math.max(...measuredAt),
    ),
  ];
}

/** What the month costs. */
export function costSamples({ items, projected_usd: usd }: Bill): MetricSample[] {
  return [
    ...items.flatMap(({ item, used, projected, included }) => [
      ...sampleOf("candlehouse_cost_used_units", used, { item }),
      ...sampleOf("candlehouse_cost_projected_units", projected, { item }),
      ...sampleOf("candlehouse_cost_included_units", included, { item }),
    ]),
    ...sampleOf("candlehouse_cost_projected_usd", usd),
  ];
}
