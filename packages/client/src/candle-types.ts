import type { Candles, CandlesOfSeveralSeries, ServedCandle } from "./api.ts";
import type { RowsQueryOf, Time } from "./query.ts";

/** What stands in the place of a candle that is missing. */
export type FillMode = NonNullable<RowsQueryOf<"/v1/candles">["fill"]>;

type Query<Fill extends FillMode> = Omit<RowsQueryOf<"/v1/candles">, "series" | "fill"> & {
  readonly fill?: Fill | undefined;
};

/** One series, by `series` or by its parts, and what of it. */
export type CandlesQuery<Fill extends FillMode = FillMode> = Query<Fill> & {
  readonly series?: string | undefined;
};

/** Candles from `start` on: without it only the newest ones would be meant. */
export type AllCandlesQuery<Fill extends FillMode = FillMode> = Omit<
  CandlesQuery<Fill>,
  "start" | "cursor"
> & { readonly start: Time };

export type SeveralSeriesQuery<Fill extends FillMode = FillMode> = Omit<
  Query<Fill>,
  "source" | "symbol"
> & { readonly series: readonly string[] };

/** The fields that the OpenAPI document names, without the columns of indicators. */
type Fields = ServedCandle extends (infer Named) & { readonly [column: string]: number | null }
  ? Named
  : never;

type PriceField = "open" | "high" | "low" | "close";
type VolumeField = "volume_from" | "volume_to";

/** Columns of indicators that were asked for; null where too few candles lie before. */
interface IndicatorColumns {
  readonly [
    column: `${"sma" | "ema" | "rsi" | "macd" | "bollinger" | "atr" | "volume_sma"}_${string}`
  ]: number | null;
  readonly vwap?: number | null;
}

/**
 * A candle of an answer whose decimals are `Decimal`. Its prices may be null only where `fill` is
 * `null`.
 */
type CandleOf<Fill extends FillMode, Decimal> = IndicatorColumns & {
  readonly [Name in keyof Fields]: Name extends PriceField
    ? Fill extends "null"
      ? Decimal | null
      : Decimal
    : Name extends VolumeField
      ? Decimal | null
      : Fields[Name];
};

type PageOf<Page, Row> = Omit<Page, "candles"> & { readonly candles: readonly Row[] };

/** A candle as it is answered. */
export type AnsweredCandle<Fill extends FillMode = FillMode> = CandleOf<Fill, number>;

/** A candle whose prices and volumes are the decimals that were answered, digit for digit, as text. */
export type ExactCandle<Fill extends FillMode = FillMode> = CandleOf<Fill, string>;

/** A page of one series. */
export type CandlesPage<Fill extends FillMode = FillMode> = PageOf<Candles, AnsweredCandle<Fill>>;

/** A page of one series, with exact candles. */
export type ExactPage<Fill extends FillMode = FillMode> = PageOf<Candles, ExactCandle<Fill>>;

/** A page of several series. */
export type SeveralSeriesPage<Fill extends FillMode = FillMode> = Omit<
  CandlesOfSeveralSeries,
  "series"
> & {
  readonly series: readonly PageOf<
    CandlesOfSeveralSeries["series"][number],
    AnsweredCandle<Fill>
  >[];
};
