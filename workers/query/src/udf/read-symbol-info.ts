import { readDigits, type MarketDigits } from "../read-digits.ts";
import type { UdfMarket } from "./read-udf-market.ts";

/** Of a market of which nothing is stored yet. */
const DIGITS_DEFAULT: MarketDigits = { price: 2, volume: 0 };

/** A chart shows no more digits of a volume. */
const VOLUME_DIGITS_MAX = 8;

/** The digits that a chart shows of `market`, as `readDigits` finds them. Throws as it does. */
export async function readMarketDigits(
  env: Pick<Env, "DB" | "BUCKET">,
  market: UdfMarket,
  nowSeconds: number,
): Promise<MarketDigits> {
  const [found = DIGITS_DEFAULT] = await readDigits(env, [market], DIGITS_DEFAULT, nowSeconds);
  return { price: found.price, volume: Math.min(VOLUME_DIGITS_MAX, found.volume) };
}
