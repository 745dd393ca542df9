import type { Grid } from "../interval.ts";
import type { Candle } from "./candle.ts";
import type { Market } from "./catalogue.ts";

/** Recorded candles of exchanges. */
export interface Recordings {
  /**
   * The recorded candles of the file that covers `timeMs`, by open time; undefined where no file of
   * that market and interval does. A covered time without a candle had none at the exchange.
   */
  candlesOf(market: Market, grid: Grid, timeMs: number): ReadonlyMap<number, Candle> | undefined;
}
