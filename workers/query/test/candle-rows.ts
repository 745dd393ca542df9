import type { Candle } from "@candlehouse/shared/core/candle";
import type { Series } from "@candlehouse/shared/core/series";
import { env } from "cloudflare:workers";

/** A candle that holds at `timestamp`, unless `values` say otherwise. */
export function candleAt(timestamp: number, values: Partial<Candle> = {}): Candle {
  return {
    timestamp,
    open: 27_500.1,
    high: 27_510,
    low: 27_499.99,
    close: 27_505.5,
    volume_from: 1.25,
    volume_to: 34_375.125,
    trades: 42,
    ...values,
  };
}

/** Stores `candles` of `series` as the consumer does: values keep their form. */
export async function storeCandles(series: Series, candles: readonly Candle[]): Promise<void> {
  await env.DB.prepare(
    `INSERT OR IGNORE INTO price_data
    SELECT ?1, ?2, ?3, value ->> 'timestamp', value ->> 'open', value ->> 'high', value ->> 'low',
      value ->> 'close', value ->> 'volume_from', value ->> 'volume_to', value ->> 'trades'
    FROM json_each(?4)`,
  )
    .bind(series.source, series.symbol, series.timeframe, JSON.stringify(candles))
    .run();
}

/** Registers `series` as collected. */
export async function collectSeries(
  series: Series,
  row: Partial<Record<string, string | number | null>> = {},
): Promise<void> {
  const columns = {
    native_symbol: series.symbol.replace("-", ""),
    tier: 1,
    ...series,
    ...row,
  };
  const names = Object.keys(columns);
  await env.DB.prepare(
    `INSERT INTO series (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`,
  )
    .bind(...Object.values(columns))
    .run();
}
