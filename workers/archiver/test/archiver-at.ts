import { env } from "cloudflare:workers";
import type { Candle } from "@candlehouse/shared/core/candle";
import type { ArchiveFile } from "@candlehouse/shared/core/archive";
import { CHAIN_START } from "@candlehouse/shared/core/archive";
import { chunk } from "@candlehouse/shared/core/message-plan";
import type { Series } from "@candlehouse/shared/core/series";
import {
  ARCHIVE_COLUMNS,
  archiveFileOf,
  type ArchiveFileRow,
} from "@candlehouse/shared/d1/archive-file-row";
import type { CandleMessage } from "@candlehouse/shared/queue/candle-message";
import type { CompactionMessage } from "@candlehouse/shared/queue/compaction-message";
import { encodeCandleFile } from "@candlehouse/shared/r2/encode-candle-file";
import { vi } from "vitest";
import { archivePartition } from "../src/archive-partition.ts";
import type { ArchiverContext } from "../src/context.ts";
import { contextAt, paramsOf, putHot, stepsOf, TODAY } from "./warehouse.ts";

/** Most keys that R2 deletes at once. */
const DELETE_MAX = 1_000;

/** The archiver at a time of the test's choice, and what it sends to the queue. */
export interface ArchiverAt {
  readonly context: ArchiverContext;
  readonly sent: CompactionMessage[];
  /** Messages that would go to the consumer. */
  readonly candles: CandleMessage[];
}

/** The real D1 and R2; what is sent to the queue stays here, so that a test decides when it comes. */
export function archiverAt(
  nowSeconds: number = TODAY,
  stores: Partial<ArchiverContext> = {},
): ArchiverAt {
  const sent: CompactionMessage[] = [];
  const compaction: ArchiverContext["compaction"] = Object.create(env.COMPACTION);
  vi.spyOn(compaction, "sendBatch").mockImplementation(async (messages) => {
    sent.push(...[...messages].map(({ body }) => body));
    return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
  });
  const candles: CandleMessage[] = [];
  const queue: ArchiverContext["candles"] = Object.create(env.CANDLES);
  vi.spyOn(queue, "sendBatch").mockImplementation(async (messages) => {
    candles.push(...[...messages].map(({ body }) => body));
    return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
  });
  const context: ArchiverContext = {
    ...contextAt(nowSeconds),
    archive: env.ARCHIVE,
    compaction,
    candles: queue,
    hotDays: 20,
    deleteAfterSeconds: 86_400,
    ...stores,
  };
  return { context, sent, candles };
}

/** Some days after everything that the tests have put on R2 was put there. */
export const DAYS_LATER = Math.floor(Date.now() / 1_000) + 3 * 86_400;

/** Archives hot candles as the daily run does. */
export async function archiveCandles(
  series: Series,
  candles: readonly Candle[],
  nowSeconds = TODAY,
): Promise<void> {
  await putHot(series, candles);
  await archivePartition(contextAt(nowSeconds), paramsOf(series), stepsOf());
}

/** A file of ours with `candles`. */
export function fileOf(series: Series, candles: readonly Candle[]): Uint8Array {
  return encodeCandleFile(series, candles, CHAIN_START).bytes;
}

/** The manifest's rows of a series, replaced ones too, by key. */
export async function filesOf(series: Series): Promise<ArchiveFile[]> {
  const { results } = await env.DB.prepare(
    `SELECT ${ARCHIVE_COLUMNS} FROM archive_files WHERE source = ?1 AND symbol = ?2 AND timeframe = ?3
     ORDER BY key`,
  )
    .bind(series.source, series.symbol, series.timeframe)
    .all<ArchiveFileRow>();
  return results.map(archiveFileOf);
}

/** Keys of all objects of the archive. */
export async function allKeys(): Promise<string[]> {
  const keys: string[] = [];
  for (;;) {
    const startAfter = keys.at(-1) ?? "";
    const { objects, truncated } = await env.BUCKET.list({ startAfter });
    keys.push(...objects.map(({ key }) => key));
    if (!truncated) {
      return keys;
    }
  }
}

export async function clearWarehouse(): Promise<void> {
  await env.DB.batch(
    ["price_data", "candle_revisions", "archive_files", "archive_changes"].map((table) =>
      env.DB.prepare(`DELETE FROM ${table}`),
    ),
  );
  for (const keys of chunk(await allKeys(), DELETE_MAX)) {
    await env.BUCKET.delete(keys);
  }
}
