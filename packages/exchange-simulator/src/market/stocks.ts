import type { Market } from "./catalogue.ts";
import type { Token } from "./tokens.ts";

/** A split: from its day on there are `ratio` shares where there was one. */
export interface Split {
  readonly day: string;
  readonly ratio: number;
}

/** Columns: ticker, name, price, move of a day, volume of a day in USD, listed, split. */
const ROWS = [
  "AAPL|Apple Inc.|190|0.017|9000000000|2004-01-02|2020-08-31 4",
  "MSFT|Microsoft Corp.|380|0.016|8000000000|2004-01-02|",
  "NVDA|NVIDIA Corp.|130|0.03|20000000000|2004-01-02|2024-06-10 10",
  "TSLA|Tesla, Inc.|240|0.035|18000000000|2010-06-29|2022-08-25 3",
  "AMZN|Amazon.com, Inc.|170|0.02|7000000000|2004-01-02|2022-06-06 20",
  "GOOGL|Alphabet Inc. Class A|160|0.018|5000000000|2004-08-19|2022-07-18 20",
  "META|Meta Platforms, Inc.|480|0.024|6000000000|2012-05-18|",
  "SPY|SPDR S&P 500 ETF Trust|520|0.01|30000000000|2004-01-02|",
];

const PRICE_DECIMALS = 2;

/** The stocks, as `source` has them. */
export function stockMarkets(source: "massive" | "finnhub"): readonly Market[] {
  return ROWS.map((row) => {
    const [code = "", name = "", price, move, volume, listed = ""] = row.split("|");
    const listedMs = Date.parse(listed);
    const token: Token = {
      code,
      name,
      geckoId: code.toLowerCase(),
      krakenCode: code,
      krakenLegacy: false,
      priceUsd: Number(price),
      dailyMove: Number(move),
      dailyVolumeUsd: Number(volume),
      binanceDecimals: PRICE_DECIMALS,
      krakenDecimals: PRICE_DECIMALS,
      coinbaseDecimals: PRICE_DECIMALS,
      binanceListedMs: listedMs,
      elsewhereListedMs: listedMs,
    };
    return {
      source,
      symbol: code,
      token,
      quote: "USD",
      priceDecimals: PRICE_DECIMALS,
      lotDecimals: 0,
      listedMs,
      quietShare: 0,
      dailyVolumeUsd: token.dailyVolumeUsd,
      quietMinutes: "absent",
      outages: "none",
      hours: "new-york",
    };
  });
}

/** The split of a stock; undefined where it has none. */
export function splitOf(ticker: string): Split | undefined {
  const row = ROWS.find((one) => one.startsWith(`${ticker}|`));
  const [day, ratio] = row?.split("|").at(-1)?.split(" ") ?? [];
  return day === undefined || day === "" ? undefined : { day, ratio: Number(ratio) };
}
