import { env } from "cloudflare:workers";
import type { Series } from "@candlehouse/shared/core/series";
import { scanEnd } from "@candlehouse/shared/core/scan-ranges";
import { timeframeSeconds } from "@candlehouse/shared/core/timeframe";
import { scanSeries } from "@candlehouse/shared/coverage/scan-series";
import { SiblingReader } from "@candlehouse/shared/coverage/siblings";
import { BrokenGuaranteeError } from "./guarantees.ts";
import type { Holdings } from "./holdings.ts";
import { keyOf } from "./market.ts";
import type { World } from "./world.ts";

/** A record of missing candles, as far as it says which they are. */
interface GapRow {
  readonly start: number;
  readonly end: number;
  readonly missing: number;
  /** Of its evidence: why. */
  readonly reason: string | null;
}

/**
 * Checks that the monitor's scan knows all that is missing: each interval of a series that holds no
 * candle, from the first one on that is held or was asked for, is in a gap record that says why, and
 * none that holds one is counted.
 */
export async function checkKnown(
  { series, nowSeconds }: World,
  { served }: Holdings,
): Promise<void> {
  const stores = { db: env.DB, bucket: env.BUCKET };
  for (const one of series) {
    const request = { series: one, scope: { kind: "range" }, nowSeconds } as const;
    await scanSeries(stores, new SiblingReader(stores), request);
    expectKnown(one, await missingTimes(one, served, nowSeconds), await gapsOf(one));
  }
}

async function gapsOf({ source, symbol, timeframe }: Series): Promise<readonly GapRow[]> {
  const { results } = await env.DB.prepare(
    `SELECT start, "end", missing, evidence ->> 'reason' AS reason FROM gaps
     WHERE source = ?1 AND symbol = ?2 AND timeframe = ?3 AND state <> 'filled' ORDER BY start`,
  )
    .bind(source, symbol, timeframe)
    .all<GapRow>();
  return results;
}

/** Open times that hold no candle, as far as a scan may call them missing. */
async function missingTimes(
  series: Series,
  served: Holdings["served"],
  nowSeconds: number,
): Promise<number[]> {
  const { source, symbol, timeframe } = series;
  const asked = await env.DB.prepare(
    "SELECT MIN(start) AS first FROM asked_ranges WHERE source = ?1 AND symbol = ?2 AND timeframe = ?3",
  )
    .bind(source, symbol, timeframe)
    .first<number>("first");
  const begin = keyOf(series, 0).slice(0, -1);
  const held = [...served.keys()]
    .filter((key) => key.startsWith(begin))
    .map((key) => Number(key.slice(begin.length)));
  const missing: number[] = [];
  const step = timeframeSeconds(timeframe);
  const first = Math.min(...held, asked ?? Number.POSITIVE_INFINITY);
  for (let time = first; time < scanEnd(nowSeconds, timeframe); time += step) {
    if (!served.has(keyOf(series, time))) {
      missing.push(time);
    }
  }
  return missing;
}

function expectKnown(series: Series, missing: readonly number[], rows: readonly GapRow[]): void {
  const unknown = missing.find(
    (time) => !rows.some(({ start, end }) => start <= time && time < end),
  );
  if (unknown !== undefined) {
    throw new BrokenGuaranteeError(`missing, and no record of it: ${keyOf(series, unknown)}`);
  }
  const counted = rows.reduce((sum, row) => sum + row.missing, 0);
  if (counted !== missing.length) {
    throw new BrokenGuaranteeError(
      `${series.symbol} lacks ${missing.length} candles, and its records count ${counted}`,
    );
  }
  const silent = rows.find(({ reason }) => reason === null || reason === "");
  if (silent !== undefined) {
    throw new BrokenGuaranteeError(`missing without a reason: ${keyOf(series, silent.start)}`);
  }
}
