import { toJsonNumber } from "../decimal.ts";
import { DAY_MS, EVERY_DAY, EVERY_MINUTE, MINUTE_MS } from "../interval.ts";
import type { Catalogue } from "./catalogue.ts";
import { MINUTES_PER_DAY, type KnownPrices } from "./random-path.ts";
import type { Recordings } from "./recordings.ts";
import type { Token } from "./tokens.ts";

/** The prices of the recordings of Binance's USDT markets: what the other sources are drawn about. */
export function knownPrices(catalogue: Catalogue, recordings: Recordings): KnownPrices {
  function startOf(token: Token, day: number): number | undefined {
    const market = catalogue.find("binance", `${token.code}USDT`);
    for (const grid of market === undefined ? [] : [EVERY_MINUTE, EVERY_DAY]) {
      const candle = market && recordings.candlesOf(market, grid, day * DAY_MS)?.get(day * DAY_MS);
      if (candle !== undefined) {
        return toJsonNumber(candle.open);
      }
    }
    return undefined;
  }

  function minuteEnds(token: Token, day: number): Float64Array | undefined {
    const market = catalogue.find("binance", `${token.code}USDT`);
    const candles = market && recordings.candlesOf(market, EVERY_MINUTE, day * DAY_MS);
    let last = startOf(token, day);
    if (candles === undefined || last === undefined) {
      return undefined;
    }
    const ends = new Float64Array(MINUTES_PER_DAY);
    for (let minute = 0; minute < MINUTES_PER_DAY; minute += 1) {
      const candle = candles.get(day * DAY_MS + minute * MINUTE_MS);
      // While the recorded exchange stood still the others went on at its last price.
      last = candle === undefined ? last : toJsonNumber(candle.close);
      ends[minute] = last;
    }
    return ends;
  }

  return { startOf, minuteEnds };
}
