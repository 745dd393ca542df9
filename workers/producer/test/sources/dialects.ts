import type { SourceId } from "@candlehouse/shared/core/source";
import { addCandles, openTimeOf, type Timeframe } from "@candlehouse/shared/core/timeframe";

/** A candle as text, before any source has written it down. */
export interface Draft {
  readonly timestamp: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  readonly quoteVolume: string;
  readonly trades: number;
}

/** How one source writes candles down, by its documents: written by hand, apart from the readers. */
export interface Dialect {
  /** Whether numbers are JSON numbers, which hold 15 digits at most. */
  readonly jsonNumbers: boolean;
  /** Whether a minute without a candle can be told from a page in another timeframe. */
  readonly gaps: boolean;
  readonly gives: {
    readonly volume_from: boolean;
    readonly volume_to: boolean;
    readonly trades: boolean;
  };
  /** The body that holds `drafts`, in the source's order, when the source's clock shows `nowSeconds`. */
  encode(drafts: readonly Draft[], timeframe: Timeframe, nowSeconds: number): unknown;
}

export const DIALECTS: Readonly<Record<SourceId, Dialect>> = {
  binance: {
    jsonNumbers: false,
    gaps: true,
    gives: { volume_from: true, volume_to: true, trades: true },
    encode: (drafts, timeframe) =>
      drafts.map((draft) => [
        draft.timestamp * 1_000,
        draft.open,
        draft.high,
        draft.low,
        draft.close,
        draft.volume,
        addCandles(draft.timestamp, timeframe, 1) * 1_000 - 1,
        draft.quoteVolume,
        draft.trades,
        "0.00000000",
        "0.00000000",
        "0",
      ]),
  },
  kraken: {
    jsonNumbers: false,
    gaps: true,
    gives: { volume_from: true, volume_to: false, trades: true },
    encode: (drafts, timeframe, nowSeconds) => ({
      error: [],
      result: {
        XXBTZUSD: drafts.map((draft) => [
          draft.timestamp,
          draft.open,
          draft.high,
          draft.low,
          draft.close,
          draft.close,
          draft.volume,
          draft.trades,
        ]),
        last: addCandles(openTimeOf(nowSeconds, timeframe), timeframe, -1),
      },
    }),
  },
  coinbase: {
    jsonNumbers: false,
    gaps: true,
    gives: { volume_from: true, volume_to: false, trades: false },
    encode: (drafts) => ({
      candles: drafts.toReversed().map((draft) => ({
        start: String(draft.timestamp),
        low: draft.low,
        high: draft.high,
        open: draft.open,
        close: draft.close,
        volume: draft.volume,
      })),
    }),
  },
  cryptocompare: {
    jsonNumbers: true,
    gaps: true,
    gives: { volume_from: true, volume_to: true, trades: false },
    encode: (drafts) => ({
      Response: "Success",
      Message: "",
      HasWarning: false,
      Type: 100,
      RateLimit: {},
      Data: {
        Aggregated: false,
        TimeFrom: drafts.at(0)?.timestamp,
        TimeTo: drafts.at(-1)?.timestamp,
        Data: drafts.map((draft) => ({
          time: draft.timestamp,
          high: Number(draft.high),
          low: Number(draft.low),
          open: Number(draft.open),
          volumefrom: Number(draft.volume),
          volumeto: Number(draft.quoteVolume),
          close: Number(draft.close),
          conversionType: "force_direct",
          conversionSymbol: "",
        })),
      },
    }),
  },
  coingecko: {
    jsonNumbers: true,
    gaps: false,
    gives: { volume_from: false, volume_to: false, trades: false },
    encode: (drafts, timeframe, nowSeconds) =>
      drafts.map((draft) => [
        Math.min(addCandles(draft.timestamp, timeframe, 1) * 1_000, nowSeconds * 1_000 + 317),
        Number(draft.open),
        Number(draft.high),
        Number(draft.low),
        Number(draft.close),
      ]),
  },
  massive: {
    jsonNumbers: true,
    gaps: true,
    gives: { volume_from: true, volume_to: false, trades: true },
    encode: (drafts, timeframe, nowSeconds) => {
      const bars = drafts
        .map((draft) => barOf(draft, timeframe))
        .filter(({ t }) => t <= nowSeconds * 1_000);
      return {
        ticker: "AAPL",
        queryCount: bars.length,
        resultsCount: bars.length,
        adjusted: false,
        ...(bars.length === 0 ? {} : { results: bars }),
        status: "OK",
        request_id: "12afda77aab3b1936c5fb6ef4241ae42",
      };
    },
  },
  finnhub: {
    jsonNumbers: true,
    gaps: true,
    gives: { volume_from: true, volume_to: false, trades: false },
    encode: (drafts) =>
      drafts.length === 0
        ? { s: "no_data" }
        : {
            c: drafts.map(({ close }) => Number(close)),
            h: drafts.map(({ high }) => Number(high)),
            l: drafts.map(({ low }) => Number(low)),
            o: drafts.map(({ open }) => Number(open)),
            s: "ok",
            t: drafts.map(({ timestamp }) => timestamp),
            v: drafts.map(({ volume }) => Number(volume)),
          },
  },
};

/** A bar of Massive. Its days begin at midnight in New York. */
function barOf(draft: Draft, timeframe: Timeframe): { readonly t: number } {
  const openTime = timeframe === "1d" ? newYorkMidnight(draft.timestamp) : draft.timestamp;
  const bar = {
    v: Number(draft.volume),
    vw: Number(draft.close),
    o: Number(draft.open),
    c: Number(draft.close),
    h: Number(draft.high),
    l: Number(draft.low),
    t: openTime * 1_000,
    n: draft.trades,
  };
  return bar;
}

const NEW_YORK_HOUR = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/New_York",
  hour: "numeric",
  hourCycle: "h23",
});

/** When the date that begins at `midnight` in UTC begins in New York; both are unix seconds. */
export function newYorkMidnight(midnight: number): number {
  // At 05:00 UTC it is midnight there in winter and one o'clock in summer.
  const hour = Number(NEW_YORK_HOUR.format((midnight + 5 * 3_600) * 1_000));
  return midnight + (5 - hour) * 3_600;
}
