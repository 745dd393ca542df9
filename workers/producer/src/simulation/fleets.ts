import fleet from "../../fleet.json" with { type: "json" };
import { expandFleet, type FleetSeries } from "../fleet.ts";

/** Twenty-five tokens that the three exchanges all have. */
const TOKENS_25 = {
  "1": ["BTC", "ETH", "SOL", "XRP", "ADA", "DOGE", "BNB"],
  "2": ["UNI", "LINK", "DOT", "AVAX", "LTC", "ATOM"],
  "3": ["AAVE", "ALGO", "APT", "ARB", "BCH", "CRV", "ETC", "FIL", "ICP", "INJ", "NEAR", "OP"],
};

const TOKENS_13 = { "1": TOKENS_25["1"], "2": TOKENS_25["2"] };

/** The three exchanges that need no key. */
function exchanges(timeframes: readonly string[]) {
  return {
    binance: { quote: "USDT", timeframes },
    kraken: { quote: "USD", timeframes },
    coinbase: { quote: "USD", timeframes },
  };
}

/** As many made-up tokens. */
function tokens(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `T${String(index).padStart(5, "0")}`);
}

function minutesOf(count: number): unknown {
  return {
    tiers: { "4": tokens(count) },
    sources: { binance: { quote: "USDT", timeframes: ["1m"] } },
  };
}

/** The fleets that a month is told of by name, as fleet files. */
export const FLEETS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["tokens-13-hourly", { tiers: TOKENS_13, sources: exchanges(["1h"]) }],
  ["tokens-25", { tiers: TOKENS_25, sources: exchanges(["1m", "5m", "15m", "1h", "1d"]) }],
  ["default", fleet],
  ["series-1000", minutesOf(1_000)],
]);

/** The series of the fleet `name`, or undefined where no fleet has that name. */
export function namedFleet(name: string): readonly FleetSeries[] | undefined {
  const file = FLEETS.get(name);
  return file === undefined ? undefined : expandFleet(file);
}
