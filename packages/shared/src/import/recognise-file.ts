import { splitMarketName } from "../core/market-name.ts";
import type { SourceId } from "../core/source.ts";
import { isTimeframe, type Timeframe } from "../core/timeframe.ts";

/** The layouts of a file's rows. */
export const IMPORT_FORMATS = ["kraken", "binance", "csv", "parquet"] as const;

export type ImportFormat = (typeof IMPORT_FORMATS)[number];

/** What a file's name says of it. */
export interface RecognisedFile {
  readonly format: ImportFormat;
  readonly source?: SourceId;
  /** The source's own name of the market. */
  readonly market?: string;
  /** Canonical; left out where the market's name can be read in two ways. */
  readonly symbol?: string;
  readonly timeframe?: Timeframe;
}

/** Kraken's OHLCVT files: minutes at the end, and what who keeps them adds, such as a quarter. */
const KRAKEN_NAME = /^([A-Z0-9.]+)_(\d{1,5})(?:\.[\w-]+)?\.(?:csv|zip)$/i;
/** Binance Vision's files: a month or a day at the end. */
const BINANCE_NAME =
  /^([A-Z0-9]+)-(\d{1,2}(?:[smhdwM]|mo))-\d{4}-\d{2}(?:-\d{2})?(?:\.[\w-]+)?\.(?:csv|zip)$/;

const KRAKEN_TIMEFRAMES: Readonly<Record<string, Timeframe>> = {
  1: "1m",
  5: "5m",
  15: "15m",
  30: "30m",
  60: "1h",
  240: "4h",
  720: "12h",
  1440: "1d",
  10080: "1w",
};

/** What a file of this `name`, folders before it or not, says of its format and series. */
export function recogniseFile(name: string): RecognisedFile {
  const file = name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1);
  const [, pair, minutes = ""] = KRAKEN_NAME.exec(file) ?? [];
  const krakenTimeframe = KRAKEN_TIMEFRAMES[minutes];
  if (pair !== undefined && krakenTimeframe !== undefined) {
    return seriesIn("kraken", pair, krakenTimeframe);
  }
  const [, market, interval = ""] = BINANCE_NAME.exec(file) ?? [];
  const timeframe = interval.replace(/mo$/, "M");
  if (market !== undefined && isTimeframe(timeframe)) {
    return seriesIn("binance", market, timeframe);
  }
  return { format: /\.parquet$/i.test(file) ? "parquet" : "csv" };
}

function seriesIn(
  source: "kraken" | "binance",
  market: string,
  timeframe: Timeframe,
): RecognisedFile {
  const symbol = splitMarketName(market);
  return {
    format: source,
    source,
    market,
    ...(symbol === undefined ? {} : { symbol }),
    timeframe,
  };
}
