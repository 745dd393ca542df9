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
};
