import type { TierCompleteness } from "../core/alert-quality-rules.ts";
import { LEDGER_COUNTS, type LedgerRow } from "../core/ledger.ts";
import { newestMark, SELECT_LAST_CHANGE, type LastChange } from "./archive-changes.ts";
import { askAll, askEach, compareText } from "./ask-databases.ts";
import { throwStorageError } from "./d1-error.ts";
import { allDatabases } from "./databases.ts";
import { SELECT_COMPLETENESS, SELECT_LAST_CHECK, type LastCheck } from "./monitor-figures.ts";
import { NEWEST_TIMESTAMP, read } from "./read-series.ts";
import type { D1Cost } from "./read-candles.ts";

/** How far an enabled series is. */
export interface SeriesProgressRow {
  readonly source: string;
  readonly symbol: string;
  readonly timeframe: string;
  readonly tier: number;
  readonly asked_until: number | null;
  readonly last_timestamp: number | null;
}

/** Three rows read a series: its own, its newest candle, and one to sort it. */
const SELECT_PROGRESS = `
SELECT s.source, s.symbol, s.timeframe, s.tier, s.asked_until, ${NEWEST_TIMESTAMP} AS last_timestamp
FROM series AS s WHERE s.enabled = 1 ORDER BY s.source, s.timeframe, s.tier, s.symbol LIMIT ?1`;

const SELECT_SOURCES = `
SELECT source, state, last_success_at AS lastSuccessAt FROM source_state ORDER BY source`;

const SUM_FAILURES = `
SELECT source, sum(failures) AS failures FROM series GROUP BY source ORDER BY source`;

const COUNT_FIRING = `
SELECT kind, severity, count(*) AS alerts FROM alerts WHERE state = 'firing'
GROUP BY kind, severity ORDER BY kind, severity`;

const COUNT_LETTERS = `
SELECT state, count(*) AS letters, min(first_seen) AS oldestAt FROM dead_letters
GROUP BY state ORDER BY state`;

const COUNT_JOBS = `
SELECT kind, count(*) AS jobs FROM jobs WHERE finished_at IS NULL GROUP BY kind ORDER BY kind`;

const SELECT_CHANNELS = `
SELECT channel, attempts, given_up AS givenUp FROM notice_channels ORDER BY channel`;

/** By the key: hours that are summed already are not read. */
const SELECT_HOURS = `
SELECT hour, work, ${LEDGER_COUNTS.join(", ")} FROM cost_ledger WHERE hour >= ?1
ORDER BY hour, work`;

/** What small tables say of the system now. Times are unix seconds. */
export interface MetricsFound extends D1Cost {
  readonly series: readonly SeriesProgressRow[];
  readonly sources: readonly {
    readonly source: string;
    readonly state: string;
    readonly lastSuccessAt: number | null;
  }[];
  readonly failures: readonly { readonly source: string; readonly failures: number }[];
  readonly firing: readonly {
    readonly kind: string;
    readonly severity: string;
    readonly alerts: number;
  }[];
  readonly letters: readonly {
    readonly state: string;
    readonly letters: number;
    readonly oldestAt: number;
  }[];
  readonly jobs: readonly { readonly kind: string; readonly jobs: number }[];
  readonly channels: readonly {
    readonly channel: string;
    readonly attempts: number;
    readonly givenUp: number;
  }[];
  readonly completeness: readonly TierCompleteness[];
  readonly check: LastCheck | undefined;
  readonly archive: LastChange;
  /** Of the ledger, from the hour that was asked for on. */
  readonly hours: readonly LedgerRow[];
  /** Bytes of the database. */
  readonly databaseBytes: number;
}

/** Each of the statements gives its part of such a row. */
type Row = SeriesProgressRow &
  MetricsFound["sources"][number] &
  MetricsFound["failures"][number] &
  MetricsFound["firing"][number] &
  MetricsFound["letters"][number] &
  MetricsFound["jobs"][number] &
  MetricsFound["channels"][number] &
  TierCompleteness &
  LastCheck &
  LastChange &
  LedgerRow;

/**
 * Reads what `GET /metrics` tells in one call: up to `seriesMax` series, and the ledger from
 * `fromHour` on, unix seconds. Throws StorageUnavailableError.
 */
export async function readMetrics(
  db: D1Database,
  fromHour: number,
  seriesMax: number,
): Promise<MetricsFound> {
  const [first = db] = allDatabases(db);
  const found = await askEach(db, (one) => {
    const ofSeries = [
      one.prepare(SELECT_PROGRESS).bind(seriesMax),
      one.prepare(SUM_FAILURES),
      one.prepare(SELECT_LAST_CHANGE),
    ];
    const ofAll = one === first ? generalStatements(one, fromHour) : [];
    return one.batch<Row>([...ofSeries, ...ofAll]).catch(throwStorageError);
  });
  const results = found.flat();
  const [own = []] = found;
  const rows = own.slice(3).map((one) => one.results);
  const [sources, firing, letters, jobs, channels, completeness, checks, hours] = rows;
  const series = found.flatMap((one) => one[0]?.results ?? []);
  return {
    series: found.length === 1 ? series : series.toSorted(compareProgress).slice(0, seriesMax),
    sources: sources ?? [],
    failures: sumFailures(found.flatMap((one) => one[1]?.results ?? [])),
    firing: firing ?? [],
    letters: letters ?? [],
    jobs: jobs ?? [],
    channels: channels ?? [],
    completeness: completeness ?? [],
    check: checks?.[0],
    archive: newestMark(found.flatMap((one) => one[2]?.results ?? [])),
    hours: hours ?? [],
    databaseBytes: found
      .map((one) => Math.max(0, ...one.map(({ meta }) => meta.size_after)))
      .reduce((sum, bytes) => sum + bytes, 0),
    rowsRead: results.reduce((sum, { meta }) => sum + meta.rows_read, 0),
    durationMs: results.reduce((sum, { meta }) => sum + meta.duration, 0),
  };
}

/** The statements that are of no series. */
function generalStatements(db: D1Database, fromHour: number): D1PreparedStatement[] {
  return [
    ...[
      SELECT_SOURCES,
      COUNT_FIRING,
      COUNT_LETTERS,
      COUNT_JOBS,
      SELECT_CHANNELS,
      SELECT_COMPLETENESS,
      SELECT_LAST_CHECK,
    ].map((sql) => db.prepare(sql)),
    db.prepare(SELECT_HOURS).bind(fromHour),
  ];
}

/** As SELECT_PROGRESS orders them. */
function compareProgress(a: SeriesProgressRow, b: SeriesProgressRow): number {
  return (
    compareText(a.source, b.source) ||
    compareText(a.timeframe, b.timeframe) ||
    a.tier - b.tier ||
    compareText(a.symbol, b.symbol)
  );
}

/** What several databases have of the same source as one row, by source. */
function sumFailures(rows: readonly Row[]): MetricsFound["failures"] {
  return [...Map.groupBy(rows, ({ source }) => source)]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([source, of]) => ({
      source,
      failures: of.reduce((sum, { failures }) => sum + failures, 0),
    }));
}

/** Records of missing candles of one class and state. */
export interface GapCount {
  readonly class: string;
  readonly state: string;
  readonly gaps: number;
  readonly candles: number;
}

const COUNT_GAPS = `
SELECT class, state, count(*) AS gaps, sum(missing) AS candles FROM gaps
GROUP BY class, state ORDER BY class, state`;

/** All gaps, class by class. Each record is read: who asks often keeps it. Throws StorageUnavailableError. */
export async function countGaps(
  db: D1Database,
): Promise<D1Cost & { readonly gaps: readonly GapCount[] }> {
  const { rows, ...cost } = await askAll(db, (one) => read<GapCount>(one, COUNT_GAPS, []));
  const kinds = Map.groupBy(rows, (row) => `${row.class} ${row.state}`);
  const gaps = [...kinds.values()].flatMap((of) =>
    of.slice(0, 1).map((one) => ({
      ...one,
      gaps: of.reduce((sum, row) => sum + row.gaps, 0),
      candles: of.reduce((sum, row) => sum + row.candles, 0),
    })),
  );
  return {
    gaps: gaps.toSorted((a, b) => compareText(a.class, b.class) || compareText(a.state, b.state)),
    ...cost,
  };
}
