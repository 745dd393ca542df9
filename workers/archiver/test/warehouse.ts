import { env } from "cloudflare:workers";
import { REAL_CLOCK } from "@candlehouse/shared/core/clock";
import { candleValues, type Candle } from "@candlehouse/shared/core/candle";
import { partitionFolder } from "@candlehouse/shared/core/archive-key";
import { mergeCandles } from "@candlehouse/shared/core/merge-candles";
import type { Series } from "@candlehouse/shared/core/series";
import {
  ARCHIVE_COLUMNS,
  archiveFileOf,
  type ArchiveFileRow,
} from "@candlehouse/shared/d1/archive-file-row";
import { decodeWholeFile } from "@candlehouse/shared/r2/describe-file";
import { readWholeFile } from "@candlehouse/shared/r2/read-candle-file";
import type { Steps } from "../src/archive-partition.ts";
import type { ArchiveParams, StepContext } from "../src/archive-steps.ts";
import type { Gate } from "./stoppable.ts";

/** 2026-10-01, the start of the partition of these tests; 2026-11-22, their today. */
export const OCTOBER = Date.UTC(2026, 9, 1) / 1_000;
export const TODAY = Date.UTC(2026, 10, 22) / 1_000;
export const PARTITION = "2026-10";

/** A series of its own for each test: the tests of a file share their storage. */
export function seriesOf(name: string): Series {
  return { source: "binance", symbol: `${name}-USDT`, timeframe: "1m" };
}

export function paramsOf(series: Series): ArchiveParams {
  return { series, partition: PARTITION, until: OCTOBER + 20 * 86_400 };
}

/** The real D1 and R2 at a time of the test's choice. */
export function contextAt(nowSeconds: number, stores: Partial<StepContext> = {}): StepContext {
  return {
    db: env.DB,
    bucket: env.BUCKET,
    clock: REAL_CLOCK,
    realNowMs: () => nowSeconds * 1_000,
    ...stores,
  };
}

/** Candle number `index` of October; some of its values no double holds, some are null. */
export function candleAt(
  index: number,
  volume: number | null = index % 7 === 0 ? null : 1.5,
): Candle {
  const low = 27_500 + index / 10;
  return {
    timestamp: OCTOBER + index * 60,
    open: low + 0.01,
    high: low + 2.25,
    low,
    close: low + 1,
    volume_from: volume,
    volume_to: index % 5 === 0 ? "123456789.12345678901" : index * 3.25,
    trades: index,
  };
}

/** Candles `from` (inclusive) to `to` (exclusive) of October. */
export function candlesAt(from: number, to: number): Candle[] {
  return Array.from({ length: to - from }, (_, index) => candleAt(from + index));
}

const INSERT = `
INSERT INTO price_data (source, symbol, timeframe, timestamp, open, high, low, close, volume_from,
  volume_to, trades)
SELECT ?1, ?2, ?3, value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7
FROM json_each(?4)`;

export async function putHot(series: Series, candles: readonly Candle[]): Promise<void> {
  const { source, symbol, timeframe } = series;
  await env.DB.prepare(INSERT)
    .bind(source, symbol, timeframe, JSON.stringify(candles.map(candleValues)))
    .run();
}

/** What of a series is readable at one moment, and where it is. */
export interface Readable {
  /** Ascending; of a candle that is hot and cold, the cold one. */
  readonly candles: Candle[];
  readonly hot: Candle[];
  readonly cold: Candle[];
  /** Keys of the current files. */
  readonly keys: string[];
}

/** All candles of a series as a query sees them: hot rows and manifest of one moment, then R2. */
export async function readAll({ source, symbol, timeframe }: Series): Promise<Readable> {
  const of = "source = ?1 AND symbol = ?2 AND timeframe = ?3";
  // Each of the two gives its part of such a row.
  const [hotRows, fileRows] = await env.DB.batch<Candle & ArchiveFileRow>([
    env.DB.prepare(
      `SELECT timestamp, open, high, low, close, volume_from, volume_to, trades FROM price_data
       WHERE ${of} ORDER BY timestamp`,
    ).bind(source, symbol, timeframe),
    env.DB.prepare(
      `SELECT ${ARCHIVE_COLUMNS} FROM archive_files WHERE ${of} AND state = 'current' ORDER BY partition`,
    ).bind(source, symbol, timeframe),
  ]);
  const hot = hotRows?.results ?? [];
  const files = (fileRows?.results ?? []).map(archiveFileOf);
  const cold: Candle[] = [];
  for (const file of files) {
    cold.push(...decodeWholeFile(await readWholeFile(env.BUCKET, file), file.key).candles);
  }
  return { candles: mergeCandles(cold, hot).candles, hot, cold, keys: files.map(({ key }) => key) };
}

/** Keys of all objects of a series' partition. */
export async function listObjects(series: Series): Promise<string[]> {
  const { objects } = await env.BUCKET.list({
    prefix: partitionFolder("candles", series, PARTITION),
  });
  return objects.map(({ key }) => key);
}

export interface RevisionRow extends Candle {
  readonly seen_at_ms: number;
}

export async function readRevisions(series: Series): Promise<RevisionRow[]> {
  const { results } = await env.DB.prepare(
    `SELECT timestamp, seen_at_ms, open, high, low, close, volume_from, volume_to, trades
     FROM candle_revisions WHERE source = ?1 AND symbol = ?2 AND timeframe = ?3
     ORDER BY timestamp, seen_at_ms`,
  )
    .bind(series.source, series.symbol, series.timeframe)
    .all<RevisionRow>();
  return results;
}

/** What the Workflows engine remembers of an instance: the results of the steps that ended. */
export type Memory = Map<string, unknown>;

/** Steps as the engine runs them: a step that ended is not run again, its result is given again. */
export function stepsOf(memory: Memory = new Map(), gate: Gate = (_name, call) => call()): Steps {
  return {
    async do<Result>(name: string, step: () => Promise<Result>): Promise<Result> {
      if (!memory.has(name)) {
        const result = await step();
        await gate(`record ${name}`, async () => memory.set(name, structuredClone(result)));
      }
      return memory.get(name) as Result;
    },
  };
}
