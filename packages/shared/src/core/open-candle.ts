import { z } from "zod";
import type { Candle } from "./candle.ts";
import { isStoredDecimal, type StoredDecimal } from "./decimal.ts";
import { addPart, expectedCandles, type RolledCandle } from "./rollup.ts";
import type { ServedCandle } from "./served-candle.ts";
import { closeTimeOf, openTimeOf, type Timeframe } from "./timeframe.ts";

/** A candle as its source tells it at this moment; nobody has stored it for that. */
export interface SourceCandle extends Candle {
  /** Whether it is final, by the source's clock and settle delay. If not, its values still move. */
  readonly closed: boolean;
}

/**
 * Newest candles that a source is asked for at once, the open one among them: those that may be had
 * although they are not stored. What is older is stored, or not there yet.
 */
export const TOLD_CANDLES = 5;

const decimal = z.custom<StoredDecimal>(isStoredDecimal, "a decimal as it is stored");

const sourceCandle = z.object({
  timestamp: z.int(),
  open: decimal,
  high: decimal,
  low: decimal,
  close: decimal,
  volume_from: decimal.nullable(),
  volume_to: decimal.nullable(),
  trades: z.int().nullable(),
  closed: z.boolean(),
});

/** What the producer answers when it is asked for open candles: a list for each series, in their order. */
export const openCandlesAnswer = z.object({
  series: z.array(z.object({ series: z.string(), candles: z.array(sourceCandle) })),
});

export type OpenCandlesAnswer = z.output<typeof openCandlesAnswer>;

/**
 * The newest candles of timeframe `to`, made of `stored` candles of timeframe `from` and of those
 * that the source tells beside them; a stored one is never replaced. All are ascending, and `stored`
 * begins where a candle of `to` begins. A candle is closed where its interval is over at
 * `nowSeconds` and each of its parts is closed.
 */
export function makeOpenCandles(
  stored: readonly Candle[],
  told: readonly SourceCandle[],
  { from, to }: { readonly from: Timeframe; readonly to: Timeframe },
  nowSeconds: number,
): ServedCandle[] {
  const held = new Set(stored.map(({ timestamp }) => timestamp));
  const parts = [...stored, ...told.filter(({ timestamp }) => !held.has(timestamp))].toSorted(
    (a, b) => a.timestamp - b.timestamp,
  );
  const open = new Set(
    told
      .filter(({ timestamp, closed }) => !closed && !held.has(timestamp))
      .map(({ timestamp }) => openTimeOf(timestamp, to)),
  );
  const rolled: RolledCandle[] = [];
  for (const { timestamp: partTime, open: first, high, low, close, ...amounts } of parts) {
    const timestamp = openTimeOf(partTime, to);
    const missing = expectedCandles(timestamp, from, to) - 1;
    const { volume_from, volume_to, trades } = amounts;
    addPart(
      rolled,
      { timestamp, open: first, high, low, close, volume_from, volume_to, trades, missing },
      from,
      to,
    );
  }
  return rolled.map(({ missing, ...candle }) => ({
    ...candle,
    ...(from === to ? {} : { missing }),
    closed: closeTimeOf(candle.timestamp, to) <= nowSeconds && !open.has(candle.timestamp),
  }));
}
