import { findCandleFault, type Candle, type CandleRow } from "@candlehouse/shared/core/candle";
import type { CandleWindow } from "@candlehouse/shared/core/collect-window";
import { selectUnstored } from "@candlehouse/shared/core/select-candles";
import type { SourceId } from "@candlehouse/shared/core/source";
import type { CandleKey, StoredCandle } from "@candlehouse/shared/d1/collection-table";
import { encodeCandle } from "@candlehouse/shared/queue/candle-message";
import type { FetchedPage } from "./fetch-candles.ts";
import { packMessages, sendMessages, type CandleQueue } from "./send-candles.ts";

/** A window that was answered. */
export interface AnsweredWindow {
  readonly window: CandleWindow;
  readonly page: FetchedPage;
}

/** A window whose candles are stored or in the queue. */
export interface SentWindow extends AnsweredWindow {
  /** Candles of the page that D1 did not hold, or held with other values, and that were sent. */
  readonly unstored: number;
  /**
   * Of these, the ones that will be stored: a known candle with other values becomes a revision, and
   * a faulty one a dead letter, however often they are sent.
   */
  readonly awaited: number;
}

/** What sending touches beside its arguments. */
export interface SendTools {
  /** Those of the candles that `keys` name which are stored, in no order. */
  readonly readStored: (source: SourceId, keys: readonly CandleKey[]) => Promise<StoredCandle[]>;
  readonly queue: CandleQueue;
  /** The collector's clock, unix milliseconds, and a wait by it. */
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/**
 * Sends the candles of `answered` that D1 does not hold, or holds with other values. Throws
 * StorageUnavailableError or QueueUnavailableError.
 */
export async function sendUnstored(
  source: SourceId,
  answered: readonly AnsweredWindow[],
  tools: SendTools,
): Promise<{ readonly windows: readonly SentWindow[]; readonly messages: number }> {
  const stored = await readOverlap(source, answered, tools);
  const rows: CandleRow[] = [];
  const nowSeconds = Math.floor(tools.nowMs() / 1_000);
  const windows = answered.map(({ window, page }): SentWindow => {
    const known = stored.get(seriesKey(window)) ?? new Map<number, Candle>();
    const unstored = selectUnstored(page.candles, known);
    rows.push(...unstored.map((candle) => encodeCandle(window.symbol, window.timeframe, candle)));
    const awaited = unstored.filter(
      (candle) =>
        !known.has(candle.timestamp) &&
        findCandleFault(candle, window.timeframe, nowSeconds) === undefined,
    );
    return { window, page, unstored: unstored.length, awaited: awaited.length };
  });
  const messages = packMessages(source, "cron", rows, nowSeconds);
  await sendMessages(tools.queue, messages, tools.sleep);
  return { windows, messages: messages.length };
}

function seriesKey(window: { readonly symbol: string; readonly timeframe: string }): string {
  return `${window.symbol}:${window.timeframe}`;
}

/** What is stored of the candles that were asked for again, by series and timestamp. */
async function readOverlap(
  source: SourceId,
  answered: readonly AnsweredWindow[],
  tools: SendTools,
): Promise<Map<string, Map<number, Candle>>> {
  const keys = answered.flatMap(({ window, page }) =>
    page.candles
      .filter(({ timestamp }) => window.watermark !== null && timestamp <= window.watermark)
      .map(({ timestamp }) => ({ symbol: window.symbol, timeframe: window.timeframe, timestamp })),
  );
  const bySeries = new Map<string, Map<number, Candle>>();
  for (const stored of await tools.readStored(source, keys)) {
    const candles = bySeries.get(seriesKey(stored)) ?? new Map<number, Candle>();
    bySeries.set(seriesKey(stored), candles.set(stored.timestamp, stored));
  }
  return bySeries;
}
