import { CHAIN_START } from "@candlehouse/shared/core/archive";
import { boundaryOf } from "@candlehouse/shared/core/archive-plan";
import { findCandleFault, type Candle, type CandleRow } from "@candlehouse/shared/core/candle";
import { shownSeconds } from "@candlehouse/shared/core/clock";
import { StorageUnavailableError } from "@candlehouse/shared/core/errors";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import type { SourceId } from "@candlehouse/shared/core/source";
import { encodeCandle } from "@candlehouse/shared/queue/candle-message";
import { encodeCandleFile } from "@candlehouse/shared/r2/encode-candle-file";
import type { BackfillContext } from "./backfill-context.ts";
import { packMessages, sendMessages } from "./send-candles.ts";

/** What became of candles that a source gave. Open times, ascending. */
export interface HandedOn {
  readonly stored: readonly number[];
  /** Those that can never be stored; they are dead letters soon. */
  readonly rejected: readonly number[];
}

/**
 * Hands candles of `series` (ascending) on: those inside the hot window, and those that can never be
 * stored, to the queue, the others as one file to the archiver. Repeatable: what was handed on
 * before changes nothing. Throws StorageUnavailableError or QueueUnavailableError.
 */
export async function handOn(
  context: BackfillContext,
  series: Series,
  candles: readonly Candle[],
  job: string,
): Promise<HandedOn> {
  const nowSeconds = shownSeconds(context);
  const hotFrom = boundaryOf(series.timeframe, nowSeconds, context.hotDays);
  const good: Candle[] = [];
  const faulty: Candle[] = [];
  for (const candle of candles) {
    const fault = findCandleFault(candle, series.timeframe, nowSeconds);
    (fault === undefined ? good : faulty).push(candle);
  }
  const cold = good.filter(({ timestamp }) => timestamp < hotFrom);
  if (cold.length > 0) {
    await handToArchiver(context.archiver, series, cold);
  }
  const queued = [...good.filter(({ timestamp }) => timestamp >= hotFrom), ...faulty];
  const rows = queued.map((candle) => encodeCandle(series.symbol, series.timeframe, candle));
  await sendBackfilled(context, series.source, rows, job);
  return {
    stored: good.map(({ timestamp }) => timestamp),
    rejected: faulty.map(({ timestamp }) => timestamp),
  };
}

/** Sends candles to the queue, in full messages. Throws QueueUnavailableError. */
export async function sendBackfilled(
  context: BackfillContext,
  source: SourceId,
  rows: readonly CandleRow[],
  job: string,
): Promise<void> {
  const messages = packMessages(source, "backfill", rows, shownSeconds(context), job);
  await sendMessages(context.queue, messages, (ms) => scheduler.wait(ms));
}

async function handToArchiver(
  archiver: BackfillContext["archiver"],
  series: Series,
  candles: readonly Candle[],
): Promise<void> {
  const { bytes } = encodeCandleFile(series, candles, CHAIN_START);
  await postFragment(archiver, bytes, `${candles.length} candles of ${formatSeries(series)}`);
}

/**
 * Hands fragments in once more that the archiver has and does not merge: the word that they are
 * there was lost. What it has merged meanwhile is left alone. Throws StorageUnavailableError.
 */
export async function handInAgain(
  { bucket, archiver }: Pick<BackfillContext, "bucket" | "archiver">,
  keys: readonly string[],
): Promise<void> {
  for (const key of keys) {
    const object = await bucket.get(key).catch((cause: unknown) => {
      throw new StorageUnavailableError(`R2 does not give ${key}: ${String(cause)}`, { cause });
    });
    if (object !== null) {
      await postFragment(archiver, await object.arrayBuffer(), key);
    }
  }
}

async function postFragment(
  archiver: BackfillContext["archiver"],
  body: Uint8Array | ArrayBuffer,
  what: string,
): Promise<void> {
  const response = await archiver
    .fetch(new Request("https://archiver/v1/fragments", { method: "POST", body }))
    .catch((cause: unknown) => {
      throw new StorageUnavailableError(`the archiver does not answer: ${String(cause)}`, {
        cause,
      });
    });
  const text = await response.text();
  if (!response.ok) {
    throw new StorageUnavailableError(
      `the archiver did not take ${what}: ${response.status} ${text}`,
    );
  }
}
