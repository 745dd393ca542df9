import { z } from "zod";
import { traitsOf } from "../../packages/shared/src/core/source-traits.ts";
import { isSourceId, type SourceId } from "../../packages/shared/src/core/source.ts";
import {
  isTimeframe,
  timeframeSeconds,
  type Timeframe,
} from "../../packages/shared/src/core/timeframe.ts";
import { describeRefusal } from "./system-client.ts";
import { Skipped, timeOf } from "./verify-step.ts";
import type { SystemTarget } from "./verify-system.ts";

/** Candles that are asked for: enough to see that they come. */
const TRIGGER_CANDLES = 3;
/** How long a triggered candle may take: batches wait five seconds, a retry ten. */
const ARRIVAL_MS_MAX = 120_000;
/** A cron that was just deployed may take a quarter of an hour to fire. */
const CRON_MS_MAX = 20 * 60_000;
const POLL_MS = 1_000;
const PROGRESS_MS = 30_000;

/** A candle is stored within two minutes after it has closed: the newest one opened two of its lengths ago at most. */
const LATE_CANDLES_MAX = 2;
const LATE_SECONDS_MAX = 60;
/** Markets that close at night have none from Friday evening until Tuesday of a long weekend. */
const LATE_SESSION_SECONDS_MAX = 4 * 86_400;

const seriesSchema = z.object({
  series: z.array(
    z.object({
      id: z.string(),
      source: z.string(),
      symbol: z.string(),
      timeframe: z.string(),
      tier: z.number(),
    }),
  ),
});
const triggerSchema = z.object({ message: z.string() });
const latestSchema = z.object({
  latest: z.array(z.object({ candle: z.object({ timestamp: z.number() }).nullable() })),
});
const healthSchema = z.object({ time: z.number(), sources: z.record(z.string(), z.string()) });

type ListedSeries = z.infer<typeof seriesSchema>["series"][number];
type Series = ListedSeries & { readonly source: SourceId; readonly timeframe: Timeframe };

/** A database that was taken over may hold others. */
function isKnown(series: ListedSeries): series is Series {
  return isSourceId(series.source) && isTimeframe(series.timeframe);
}

/** How old the open time of its newest candle may be, seconds. */
function lateSecondsMax({ source, timeframe }: Series): number {
  return (
    LATE_CANDLES_MAX * timeframeSeconds(timeframe) +
    (traitsOf(source).sessions ? LATE_SESSION_SECONDS_MAX : LATE_SECONDS_MAX)
  );
}

/** What one step leaves for the next. */
export interface Collected {
  /** The series that is looked at. */
  series: Series | undefined;
  isTriggered: boolean;
}

/** Has the newest candles of one series fetched now. */
export async function checkTrigger(
  { client }: SystemTarget,
  collected: Collected,
): Promise<string> {
  const candidates = await chooseSeries({ client });
  [collected.series] = candidates;
  const refusals: string[] = [];
  for (const series of candidates) {
    const { source, symbol, timeframe } = series;
    // oxlint-disable-next-line no-await-in-loop -- the next one only where this one is refused
    const response = await client.ask("/trigger", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ source, symbol, timeframe, limit: TRIGGER_CANDLES }),
    });
    if (!client.hasKey && (response.status === 401 || response.status === 403)) {
      throw new Skipped("a trigger needs a key that may write: set CANDLEHOUSE_KEY");
    }
    if (response.ok) {
      collected.series = series;
      collected.isTriggered = true;
      // oxlint-disable-next-line no-await-in-loop -- the last one
      return `${series.id}: ${triggerSchema.parse(await response.json()).message}`;
    }
    // oxlint-disable-next-line no-await-in-loop -- as above
    refusals.push(`${series.id} ${await describeRefusal(response)}`);
  }
  throw new Error(refusals.join("; "));
}

/** One series of each source that is not off, of its finest timeframe; well sources first, then what is soonest late. */
async function chooseSeries({ client }: Pick<SystemTarget, "client">): Promise<Series[]> {
  const { sources } = await client.read("/health", healthSchema);
  const { series } = await client.read("/v1/series?enabled=true&limit=5000", seriesSchema);
  const length = ({ timeframe }: Series): number => timeframeSeconds(timeframe);
  // Of a source the last one stays: its finest, and of these the most important.
  const bySource = new Map(
    series
      .filter(isKnown)
      .toSorted((a, b) => length(b) - length(a) || b.tier - a.tier)
      .map((each) => [each.source, each]),
  );
  const rank = ({ source }: Series): number =>
    ["ok", undefined, "failing", "off"].indexOf(sources[source]);
  const chosen = [...bySource.values()]
    .filter(({ source }) => sources[source] !== "off")
    .toSorted((a, b) => rank(a) - rank(b) || lateSecondsMax(a) - lateSecondsMax(b));
  if (chosen.length === 0) {
    throw new Error(
      `of ${series.length} series that are collected, none is of a source that is on`,
    );
  }
  return chosen;
}

/** Waits until the newest candle of the series is as new as it must be. */
export async function checkCandles(
  { client, progress, wait }: SystemTarget,
  collected: Collected,
): Promise<string> {
  const series = collected.series ?? (await chooseSeries({ client }))[0];
  const lateMax = series === undefined ? 0 : lateSecondsMax(series);
  const limitMs = collected.isTriggered ? ARRIVAL_MS_MAX : CRON_MS_MAX;
  const startedMs = Date.now();
  let saidMs = startedMs;
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- until it is there
    const seen = await readNewest(client, series?.id ?? "");
    if (seen.timestamp !== null && seen.timestamp >= seen.time - lateMax) {
      const seconds = ((Date.now() - startedMs) / 1_000).toFixed(1);
      return `${series?.id} of ${timeOf(seen.timestamp)} is there, after ${seconds} s`;
    }
    const nowMs = Date.now();
    if (nowMs - startedMs > limitMs) {
      const newest = seen.timestamp === null ? "none" : timeOf(seen.timestamp);
      throw new Error(`${series?.id}: the newest candle is ${newest} after ${limitMs / 1_000} s`);
    }
    if (nowMs - saidMs > PROGRESS_MS) {
      saidMs = nowMs;
      const leftSeconds = Math.round((limitMs - (nowMs - startedMs)) / 1_000);
      progress(`  waiting for ${series?.id}; giving up in ${leftSeconds} s`);
    }
    // oxlint-disable-next-line no-await-in-loop -- as above
    await wait(POLL_MS);
  }
}

/** The newest candle's open time, and the system's time; unix seconds. */
async function readNewest(
  client: SystemTarget["client"],
  series: string,
): Promise<{ readonly timestamp: number | null; readonly time: number }> {
  const [{ latest }, { time }] = await Promise.all([
    client.read(`/v1/latest?series=${series}`, latestSchema),
    client.read("/health", healthSchema),
  ]);
  return { timestamp: latest[0]?.candle?.timestamp ?? null, time };
}
