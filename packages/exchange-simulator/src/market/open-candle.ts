import { DECIMAL_PLACES, largest, smallest, type Decimal } from "../decimal.ts";
import { flatCandle, type Candle } from "./candle.ts";
import { fractionOf } from "./seeded.ts";

/** Numbers of a share of a volume keep this many decimals: as many as sources print. */
const SHARE_DECIMALS = 8;

/**
 * `candle` as it is seen when `share` (0 to 1) of its time has passed: only what has traded so far.
 * As `share` grows the high never falls, the low never rises, volumes and trades never fall, and at 1
 * it is `candle` itself. Prices go in straight lines from the open by one extreme and the other to the close.
 */
export function partOf(candle: Candle, share: number, priceDecimals: number): Candle {
  if (share >= 1 || candle.trades === 0) {
    return candle;
  }
  const trades = Math.floor(candle.trades * share + 0.5);
  const volume = shareOf(candle.volume, share);
  if (trades === 0 || volume === 0n) {
    return flatCandle(candle.openMs, candle.open);
  }
  const passed = [
    candle.open,
    ...turnsOf(candle)
      .filter((turn) => turn.at <= share)
      .map((turn) => turn.price),
  ];
  const price = priceAt(candle, share, priceDecimals);
  const { closeMs: _, ...whole } = candle;
  return {
    ...whole,
    high: [...passed, price].reduce(largest),
    low: [...passed, price].reduce(smallest),
    close: price,
    volume,
    quoteVolume: shareOf(candle.quoteVolume, share),
    trades,
    takerVolume: shareOf(candle.takerVolume, share),
    takerQuoteVolume: shareOf(candle.takerQuoteVolume, share),
  };
}

interface Turn {
  readonly at: number;
  readonly price: Decimal;
}

/** When the candle reaches its low and its high, in the order in which it does. */
function turnsOf(candle: Candle): readonly [Turn, Turn] {
  const key = Math.floor(candle.openMs / 1000);
  const first = 0.1 + 0.35 * fractionOf(key, "first");
  const second = 0.55 + 0.35 * fractionOf(key, "second");
  return fractionOf(key, "order") < 0.5
    ? [
        { at: first, price: candle.low },
        { at: second, price: candle.high },
      ]
    : [
        { at: first, price: candle.high },
        { at: second, price: candle.low },
      ];
}

function priceAt(candle: Candle, share: number, priceDecimals: number): Decimal {
  const stops: readonly Turn[] = [
    { at: 0, price: candle.open },
    ...turnsOf(candle),
    { at: 1, price: candle.close },
  ];
  const next = stops.findIndex((stop) => stop.at > share);
  const [from, to] = [stops[next - 1], stops[next]];
  if (from === undefined || to === undefined) {
    return candle.close;
  }
  const way = BigInt(Math.round(((share - from.at) / (to.at - from.at)) * 1e6));
  const price = from.price + ((to.price - from.price) * way) / 1_000_000n;
  const tick = 10n ** BigInt(DECIMAL_PLACES - priceDecimals);
  // Cut towards the start of the line: a rounded price may not pass an extreme not yet reached.
  const rest = (price - from.price) % tick;
  return price - rest;
}

function shareOf(volume: Decimal, share: number): Decimal {
  const cut = 10n ** BigInt(DECIMAL_PLACES - SHARE_DECIMALS);
  const part = (volume * BigInt(Math.round(share * 1e6))) / 1_000_000n;
  return part - (part % cut);
}
