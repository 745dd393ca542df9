/** What is known of a token, wherever it trades. */
export interface Token {
  readonly code: string;
  readonly name: string;
  readonly geckoId: string;
  /** Kraken writes XBT for BTC and XDG for DOGE. */
  readonly krakenCode: string;
  /** Whether Kraken puts X before the code, as it does for its oldest assets. */
  readonly krakenLegacy: boolean;
  /** The price that the random market wanders about. */
  readonly priceUsd: number;
  /** Standard move of a day, as a share of the price. */
  readonly dailyMove: number;
  /** Volume of a usual day on Binance, in USD. */
  readonly dailyVolumeUsd: number;
  readonly binanceDecimals: number;
  readonly krakenDecimals: number;
  readonly coinbaseDecimals: number;
  /** First minute of the USDT pair on Binance, Unix milliseconds. */
  readonly binanceListedMs: number;
  readonly elsewhereListedMs: number;
}

/** Columns: code, name, CoinGecko id, price, move, volume, decimals on Binance, Kraken, Coinbase, listing dates. */
const ROWS = [
  "BTC|Bitcoin|bitcoin|28000|0.025|1000000000|2|1|2|2017-08-17T04:00|2013-10-06",
  "ETH|Ethereum|ethereum|1800|0.03|600000000|2|2|2|2017-08-17T04:00|2015-08-07",
  "SOL|Solana|solana|80|0.045|250000000|2|2|2|2020-08-11T06:00|2021-06-17",
  "XRP|XRP|ripple|0.6|0.04|200000000|4|5|4|2018-05-04T08:00|2017-05-18",
  "ADA|Cardano|cardano|0.45|0.04|90000000|4|6|4|2018-04-17T04:00|2018-09-28",
  "DOGE|Dogecoin|dogecoin|0.12|0.045|150000000|5|7|5|2019-07-05T12:00|2017-05-18",
  "BNB|BNB|binancecoin|350|0.03|120000000|2|2|2|2017-11-06T03:00|2019-01-01",
  "DOT|Polkadot|polkadot|6|0.04|40000000|3|4|3|2020-08-18T23:00|2020-08-18",
  "LINK|Chainlink|chainlink|11|0.042|60000000|2|5|3|2019-01-16T10:00|2019-09-24",
  "LTC|Litecoin|litecoin|85|0.035|50000000|2|2|2|2017-12-13T03:00|2013-10-24",
  "AVAX|Avalanche|avalanche-2|25|0.045|45000000|2|2|2|2020-09-22T06:00|2021-12-21",
  "UNI|Uniswap|uniswap|7|0.043|30000000|3|3|3|2020-09-17T03:00|2020-10-08",
  "ATOM|Cosmos Hub|cosmos|9|0.04|15000000|3|4|3|2019-04-29T04:00|2019-04-22",
];

const KRAKEN_CODES = new Map([
  ["BTC", "XBT"],
  ["DOGE", "XDG"],
]);
const KRAKEN_LEGACY = new Set(["BTC", "ETH", "XRP", "DOGE", "LTC"]);

/** The thirteen tokens that every source lists. */
export const LISTED_TOKENS: readonly Token[] = ROWS.map(parseRow);

function parseRow(row: string): Token {
  const [code = "", name = "", geckoId = "", ...rest] = row.split("|");
  const [price, move, volume, onBinance, onKraken, onCoinbase, binanceListed, listed] = rest;
  return {
    code,
    name,
    geckoId,
    krakenCode: KRAKEN_CODES.get(code) ?? code,
    krakenLegacy: KRAKEN_LEGACY.has(code),
    priceUsd: Number(price),
    dailyMove: Number(move),
    dailyVolumeUsd: Number(volume),
    binanceDecimals: Number(onBinance),
    krakenDecimals: Number(onKraken),
    coinbaseDecimals: Number(onCoinbase),
    binanceListedMs: Date.parse(`${binanceListed}Z`),
    elsewhereListedMs: Date.parse(`${listed}T00:00Z`),
  };
}
