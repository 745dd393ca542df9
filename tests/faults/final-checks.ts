import { env } from "cloudflare:workers";
import { PAGE_CANDLES_MAX } from "@candlehouse/shared/core/query-plan";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import type { Candle } from "@candlehouse/shared/core/candle";
import { servePages } from "../../workers/query/src/serve/serve-candles.ts";
import { PLAIN } from "../../workers/query/src/serve/serve-query.ts";
import { BrokenGuaranteeError } from "./guarantees.ts";
import type { Holdings } from "./holdings.ts";
import { keyOf, valueOf } from "./market.ts";
import type { World } from "./world.ts";

/** Every stored candle of a series as the query Worker answers them. */
export async function serveAll(
  stores: { DB: D1Database; BUCKET: R2Bucket },
  { source, symbol, timeframe }: Series,
  nowSeconds: number,
): Promise<readonly Candle[]> {
  const wanted = [{ source, symbol, timeframe, finest: timeframe }];
  const query = { ...PLAIN, wanted, start: 0, limit: PAGE_CANDLES_MAX };
  const { pages } = await servePages(stores, query, nowSeconds);
  return pages.flatMap(({ candles }) =>
    candles.map((served) => {
      const { timestamp, open, high, low, close, volume_from, volume_to, trades } = served;
      if (open === null || high === null || low === null || close === null) {
        throw new BrokenGuaranteeError(
          `invented: ${formatSeries({ source, symbol, timeframe })} ${timestamp}`,
        );
      }
      return { timestamp, open, high, low, close, volume_from, volume_to, trades };
    }),
  );
}

/** Checks that answers hold each candle once, in order, just as it is stored. */
export async function checkServed(world: World, { served }: Holdings): Promise<void> {
  const found = new Map<string, string>();
  for (const series of world.series) {
    const candles = await serveAll(env, series, world.nowSeconds);
    let before = 0;
    for (const candle of candles) {
      if (candle.timestamp <= before) {
        throw new BrokenGuaranteeError(`served twice: ${keyOf(series, candle.timestamp)}`);
      }
      before = candle.timestamp;
      found.set(keyOf(series, candle.timestamp), valueOf(candle));
    }
  }
  const missing = [...served].find(([key, value]) => found.get(key) !== value);
  if (missing !== undefined || found.size !== served.size) {
    throw new BrokenGuaranteeError(`served otherwise than stored: ${missing?.join(" ")}`);
  }
}

/**
 * Checks that all is held that the market had since `firsts`, unless its source denied it, and that
 * nothing else is.
 */
export function checkComplete(
  { market, series }: World,
  { served }: Holdings,
  firsts: readonly number[],
): void {
  for (const [index, one] of series.entries()) {
    for (const time of market.times(one, firsts[index] ?? 0, market.end)) {
      const key = keyOf(one, time);
      if (!served.has(key) && !market.denied.has(key)) {
        throw new BrokenGuaranteeError(`never stored: ${key}`);
      }
    }
  }
}

/**
 * Checks that the manifest, its history and what lies on R2 say the same. An object that nobody can
 * read, and no row names, is reported each day and left alone: it stays.
 */
export async function checkArchive({ damaged: spoilt }: World, answer: unknown): Promise<void> {
  const { results } = await env.DB.prepare("SELECT key, state FROM archive_files").all<{
    key: string;
    state: string;
  }>();
  const stale = results.find(({ state }) => state !== "current");
  if (stale !== undefined) {
    throw new BrokenGuaranteeError(`not cleaned up: ${stale.state} ${stale.key}`);
  }
  const { objects } = await env.BUCKET.list();
  const known = results.map(({ key }) => key).toSorted();
  const files = objects
    .map(({ key }) => key)
    .filter((key) => !key.startsWith("dead-letters/"))
    .filter((key) => known.includes(key) || !spoilt.has(key));
  if (JSON.stringify(files.toSorted()) !== JSON.stringify(known)) {
    throw new BrokenGuaranteeError(`objects ${files.join(" ")}, manifest ${known.join(" ")}`);
  }
  const { damaged, chains } = Object(answer) as { damaged?: unknown[]; chains?: unknown[] };
  if (damaged?.length !== 0 || chains?.length !== 0) {
    throw new BrokenGuaranteeError(`verification: ${JSON.stringify(answer)}`);
  }
}

/**
 * What may not change when everything is done once more: candles and files, and the revisions but for
 * those that say what is stored. A message that comes again when its candles have left D1 meets none
 * of them there: of two values, the one that comes second becomes a revision, the stored one too.
 */
export async function readStable({ served, revised }: Holdings): Promise<string> {
  const { results } = await env.DB.prepare(
    `SELECT source, symbol, timeframe, partition, key, state, rows, content_hash, file_hash
     FROM archive_files ORDER BY key`,
  ).all();
  const revisions = [...revised].map(([key, values]) => [
    key,
    [...values].filter((value) => value !== served.get(key)).toSorted(),
  ]);
  const told = revisions.filter(([, values]) => values?.length !== 0).toSorted(byKey);
  return JSON.stringify([[...served].toSorted(byKey), told, results]);
}

function byKey([one]: readonly unknown[], [other]: readonly unknown[]): number {
  return String(one) < String(other) ? -1 : 1;
}
