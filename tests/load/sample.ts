import {
  closeTimeOf,
  isTimeframe,
  newestClosed,
  openTimeOf,
  type Timeframe,
} from "@candlehouse/shared/core/timeframe";
import { askJson } from "./ask.ts";
import { machineLoad, type Memory } from "./machine.ts";

/** What is seen of the system at one moment. */
export interface Sample {
  /** Seconds since the run began. */
  readonly at: number;
  readonly memory: Memory;
  readonly load: number;
  /** Of the queue `candles`. */
  readonly backlogMessages: number;
  /** Of the oldest message that waits; 0 where none does. */
  readonly backlogSeconds: number;
  /** Open dead letters. */
  readonly deadLetters: number;
  /** Candles that were stored since the beginning. */
  readonly inserted: number;
  /** Candles that came once more with other values. */
  readonly revised: number;
  /** Alerts that fire. */
  readonly alerts: number;
  readonly lateness: Readonly<Record<string, Lateness>>;
}

/**
 * How long the series of a source have waited for a candle that has closed, seconds: from the end of
 * the first one that they neither have nor were told to be absent.
 */
export interface Lateness {
  readonly median: number;
  readonly most: number;
  /** Series of which nothing is stored. */
  readonly empty: number;
}

/** A series as GET /v1/series shows it. Times are unix seconds. */
export interface ShownSeries {
  readonly id: string;
  readonly source: string;
  readonly timeframe: string;
  readonly native_symbol: string;
  readonly first_timestamp: number | null;
  readonly last_timestamp: number | null;
  readonly asked_until: number | null;
}

interface HourCounts {
  readonly inserted: number;
  readonly revised: number;
}

interface Stats {
  readonly at: number;
  readonly hours: readonly HourCounts[];
  readonly queues: readonly {
    readonly queue: string;
    readonly backlog_messages: number;
    readonly oldest_message_at: number | null;
  }[];
  readonly dead_letters: { readonly open: number };
  readonly alerts: { readonly firing: number };
}

const QUEUE = "candles";
/** More than there are. */
const SERIES_MAX = 5_000;

export async function readAllSeries(url: string): Promise<readonly ShownSeries[]> {
  const answer = await askJson(`${url}/v1/series?limit=${SERIES_MAX}`);
  return (answer as { series: ShownSeries[] }).series;
}

/** What is seen at `url` now, `at` seconds after the run began. */
export async function takeSample(url: string, at: number, memory: Memory): Promise<Sample> {
  // What /stats keeps for a page that is left open is passed by.
  const fresh = { headers: { "cache-control": "no-cache" } };
  const [stats, series] = await Promise.all([
    askJson(`${url}/stats`, fresh) as Promise<Stats>,
    readAllSeries(url),
  ]);
  const queue = stats.queues.find((one) => one.queue === QUEUE);
  const oldest = queue?.oldest_message_at ?? stats.at;
  const sum = (name: keyof HourCounts): number =>
    stats.hours.reduce((total, hour) => total + hour[name], 0);
  return {
    at,
    memory,
    load: machineLoad(),
    backlogMessages: queue?.backlog_messages ?? 0,
    backlogSeconds: Math.max(0, stats.at - oldest),
    deadLetters: stats.dead_letters.open,
    inserted: sum("inserted"),
    revised: sum("revised"),
    alerts: stats.alerts.firing,
    lateness: latenessBySource(series, stats.at),
  };
}

function latenessBySource(
  series: readonly ShownSeries[],
  atSeconds: number,
): Readonly<Record<string, Lateness>> {
  const groups = Object.groupBy(series, ({ source }) => source);
  return Object.fromEntries(
    Object.entries(groups).map(([source, all = []]) => {
      const late = all.map((one) => waitedOf(one, atSeconds)).toSorted((a, b) => a - b);
      const lateness = {
        median: late[Math.floor(late.length / 2)] ?? 0,
        most: late.at(-1) ?? 0,
        empty: all.filter(({ first_timestamp: first }) => first === null).length,
      };
      return [source, lateness];
    }),
  );
}

/** Those of `series` that have neither stored nor asked for all that was closed at `seconds`. */
export function behindOf(series: readonly ShownSeries[], seconds: number): readonly ShownSeries[] {
  return series.filter((one) => {
    const timeframe = timeframeOf(one);
    const due = closeTimeOf(newestClosed(seconds, timeframe, 0), timeframe);
    return (progressOf(one) ?? 0) < due;
  });
}

/** Up to where a series needs nothing any more, unix seconds, exclusive; null where it has nothing. */
function progressOf(series: ShownSeries): number | null {
  const { last_timestamp: last, asked_until: asked } = series;
  const stored = last === null ? null : closeTimeOf(last, timeframeOf(series));
  return stored === null || asked === null ? (stored ?? asked) : Math.max(stored, asked);
}

function waitedOf(series: ShownSeries, atSeconds: number): number {
  const timeframe = timeframeOf(series);
  const progress = progressOf(series);
  const first =
    progress === null ? atSeconds : closeTimeOf(openTimeOf(progress, timeframe), timeframe);
  return Math.max(0, atSeconds - first);
}

/** Throws where the series' timeframe is none. */
export function timeframeOf({ id, timeframe }: ShownSeries): Timeframe {
  if (!isTimeframe(timeframe)) {
    throw new Error(`${id} has no timeframe that is known`);
  }
  return timeframe;
}
