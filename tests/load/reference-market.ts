import { startSimulator, type Simulator } from "@candlehouse/exchange-simulator";
import { timeframeSeconds } from "@candlehouse/shared/core/timeframe";
import { timeframeOf, type ShownSeries } from "./sample.ts";
import { plainDecimal } from "../fuzz/plain-decimal.ts";
import { askJson } from "./ask.ts";
import { faultOf, type Restated } from "./fault-plan.ts";

/**
 * A candle's values in the order open, high, low, close, volume of the base, volume of the quote,
 * trades; empty where the source gives none. Decimals without zeros that say nothing.
 */
export type Values = readonly string[];

/** Values by open time, unix seconds. */
export type Candles = ReadonlyMap<number, Values>;

/**
 * The market that the system collects from, asked directly and read here in its own way: nothing
 * of the producer's code says what is right.
 */
export interface ReferenceMarket {
  /** The candles of a series from `start` to `end`, unix seconds, both inclusive. */
  candles(series: ShownSeries, start: number, end: number): Promise<Candles>;
  /** The same as the source shows them while `restated` are in force. */
  restatedCandles(
    series: ShownSeries,
    start: number,
    end: number,
    restated: readonly Restated[],
  ): Promise<Candles>;
  close(): Promise<void>;
}

/**
 * Each request comes so much later by the market's clock, so that no source finds it too many. The
 * slowest, CoinGecko, lets one through each two seconds.
 */
const STEP_MS = 2_000;

/** What each source gives at once. */
const PAGE_CANDLES = 300;

type Cell = string | number;
type Reader = (answer: unknown) => readonly (readonly [number, ...Cell[]])[];

interface ReferenceSource {
  readonly path: (series: ShownSeries, start: number, end: number) => string;
  /** Open time in seconds, then the values. */
  readonly read: Reader;
}

const KRAKEN_INTERVALS: Readonly<Record<string, number>> = {
  "1m": 1,
  "5m": 5,
  "15m": 15,
  "1h": 60,
  "1d": 1_440,
};
const COINBASE_GRANULARITIES: Readonly<Record<string, string>> = {
  "1m": "ONE_MINUTE",
  "5m": "FIVE_MINUTE",
  "15m": "FIFTEEN_MINUTE",
  "1h": "ONE_HOUR",
  "1d": "ONE_DAY",
};
const CRYPTOCOMPARE_HISTORIES: Readonly<Record<string, string>> = {
  "1m": "histominute",
  "1h": "histohour",
  "1d": "histoday",
};
const COINGECKO_STEP_SECONDS = 14_400;
const NONE = "";

interface Row {
  readonly [name: string]: Cell;
}

const SOURCES: Readonly<Record<string, ReferenceSource>> = {
  binance: {
    path: ({ native_symbol: symbol, timeframe }, start, end) =>
      `data-api.binance.vision/api/v3/klines?symbol=${symbol}&interval=${timeframe}&limit=1000&startTime=${start * 1_000}&endTime=${end * 1_000}`,
    read: (answer) =>
      (answer as [number, ...Cell[]][]).map((row) => [
        row[0] / 1_000,
        ...row.slice(1, 6),
        row[7] ?? NONE,
        row[8] ?? NONE,
      ]),
  },
  kraken: {
    path: ({ native_symbol: pair, timeframe }, start) =>
      `api.kraken.com/0/public/OHLC?pair=${pair}&interval=${KRAKEN_INTERVALS[timeframe]}&since=${start - 1}`,
    read: (answer) => {
      const { result } = answer as { result: Record<string, [number, ...Cell[]][] | number> };
      const rows = Object.values(result).find((value) => Array.isArray(value)) ?? [];
      return rows.map((row) => [row[0], ...row.slice(1, 5), row[6] ?? NONE, NONE, row[7] ?? NONE]);
    },
  },
  coinbase: {
    path: ({ native_symbol: product, timeframe }, start, end) =>
      `api.coinbase.com/api/v3/brokerage/market/products/${product}/candles?granularity=${COINBASE_GRANULARITIES[timeframe]}&start=${start}&end=${end}`,
    read: (answer) =>
      (answer as { candles: Row[] }).candles.map((row) => [
        Number(row["start"]),
        ...cellsOf(row, "open", "high", "low", "close", "volume"),
        NONE,
        NONE,
      ]),
  },
  cryptocompare: {
    path: ({ native_symbol: symbol, timeframe }, _start, end) => {
      const [base, quote] = symbol.split("-");
      return `min-api.cryptocompare.com/data/v2/${CRYPTOCOMPARE_HISTORIES[timeframe]}?fsym=${base}&tsym=${quote}&limit=1000&toTs=${end}&api_key=simulated`;
    },
    read: (answer) =>
      (answer as { Data: { Data: Row[] } }).Data.Data.map((row) => [
        Number(row["time"]),
        ...cellsOf(row, "open", "high", "low", "close", "volumefrom", "volumeto"),
        NONE,
      ]),
  },
  coingecko: {
    path: ({ native_symbol: coin }) =>
      `api.coingecko.com/api/v3/coins/${coin}/ohlc?vs_currency=usd&days=30&precision=full`,
    read: (answer) =>
      (answer as [number, ...Cell[]][]).map(([closeMs, ...prices]) => [
        closeMs / 1_000 - COINGECKO_STEP_SECONDS,
        ...prices,
        NONE,
        NONE,
        NONE,
      ]),
  },
};

function cellsOf(row: Row, ...names: readonly string[]): Cell[] {
  return names.map((name) => row[name] ?? NONE);
}

/** The market of `npm start`, as it is at `nowMs` and later; unix milliseconds. */
export async function openReferenceMarket(nowMs: number): Promise<ReferenceMarket> {
  const simulator = await startSimulator({ startMs: nowMs, speed: 0 });
  const page = async (series: ShownSeries, start: number, end: number) => {
    const source = SOURCES[series.source];
    if (source === undefined) {
      throw new Error(`nothing is known of the source ${series.source}`);
    }
    simulator.setClock({ nowMs: simulator.nowMs() + STEP_MS });
    const rows = source.read(await askJson(`${simulator.url}/${source.path(series, start, end)}`));
    return rows
      .filter(([time]) => time >= start && time <= end)
      .map(([time, ...values]): [number, Values] => [
        time,
        values.map((value) => plainDecimal(value) ?? NONE),
      ]);
  };
  const candles: ReferenceMarket["candles"] = async (series, start, end) => {
    const found: [number, Values][] = [];
    const step = PAGE_CANDLES * timeframeSeconds(timeframeOf(series));
    for (let from = start; from <= end; from += step) {
      found.push(...(await page(series, from, Math.min(end, from + step - 1))));
    }
    return new Map(found);
  };
  return {
    candles,
    restatedCandles: async (series, start, end, restated) => {
      await injectAll(simulator, restated);
      const found = await candles(series, start, end);
      simulator.clearFaults();
      return found;
    },
    close: () => simulator.close(),
  };
}

async function injectAll(simulator: Simulator, restated: readonly Restated[]): Promise<void> {
  restated.map(faultOf).forEach((fault) => simulator.inject(fault));
}
