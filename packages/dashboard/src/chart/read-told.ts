import { resolutionOf } from "@candlehouse/shared/core/resolution";
import { closeTimeOf, openTimeOf, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { client } from "../api/connection.ts";
import type { ToldBar } from "./candle-columns.ts";

/** The open candle and the one before it, which may be on its way to storage. */
const TOLD_BARS = 2;

/**
 * The newest bars of the market `name` (`binance:BTC-USDT`), oldest first, as its source tells them:
 * the last one is open. None where nothing is known of it.
 */
export async function readTold(
  name: string,
  timeframe: Timeframe,
  nowSeconds: number,
  signal: AbortSignal,
): Promise<readonly ToldBar[]> {
  const to = closeTimeOf(openTimeOf(nowSeconds, timeframe), timeframe);
  const answer = await client.get(
    "/udf/history",
    { symbol: name, resolution: resolutionOf(timeframe), to, countback: TOLD_BARS },
    { signal },
  );
  if (answer.s !== "ok") {
    return [];
  }
  const { t, o, h, l, c, v } = answer;
  return t.map((timestamp, index) => ({
    timestamp,
    open: o[index] ?? Number.NaN,
    high: h[index] ?? Number.NaN,
    low: l[index] ?? Number.NaN,
    close: c[index] ?? Number.NaN,
    volume: v?.[index] ?? null,
  }));
}
