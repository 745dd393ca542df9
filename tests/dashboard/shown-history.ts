import type { PreparedOptions } from "./prepared-system.ts";

/** What the views show in tests and pictures: years of days, more than a year of hours, a week of minutes. */
export const SHOWN_HISTORY: PreparedOptions["backfills"] = [
  { source: "binance", symbols: ["BTC-USDT"], timeframes: ["1h"], days: 420 },
  { source: "binance", symbols: ["BTC-USDT", "ETH-USDT"], timeframes: ["1d"], days: 800 },
  { source: "binance", symbols: ["BTC-USDT"], timeframes: ["1m"], days: 7 },
];
