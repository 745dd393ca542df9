import { z } from "@hono/zod-openapi";
import { BARS_MAX } from "./bars.ts";

/** What the charts' routes answer: for the OpenAPI document, and for tests that read answers. */

const seconds = z.int().openapi({ description: "Unix seconds, UTC." });
const words = z.array(z.string());

export const udfErrorSchema = z
  .strictObject({ s: z.literal("error"), errmsg: z.string() })
  .openapi("UdfError");

export const udfConfigSchema = z
  .strictObject({
    supports_search: z.literal(true),
    supports_group_request: z.literal(false),
    supports_marks: z.literal(true),
    supports_timescale_marks: z.literal(true),
    supports_time: z.literal(true),
    supported_resolutions: words,
    exchanges: z.array(z.strictObject({ value: z.string(), name: z.string(), desc: z.string() })),
    symbols_types: z.array(z.strictObject({ name: z.string(), value: z.string() })),
  })
  .openapi("UdfConfig");

const symbolType = z.enum(["crypto", "stock"]);

export const udfSymbolSchema = z
  .strictObject({
    name: z.string(),
    ticker: z.string(),
    full_name: z.string(),
    description: z.string(),
    type: symbolType,
    session: z.string(),
    timezone: z.enum(["Etc/UTC", "America/New_York"]),
    exchange: z.string(),
    listed_exchange: z.string(),
    format: z.literal("price"),
    minmov: z.literal(1),
    pricescale: z.int().openapi({ description: "A power of ten, by the digits of newest prices." }),
    currency_code: z.string(),
    supported_resolutions: words,
    has_intraday: z.boolean(),
    intraday_multipliers: words,
    has_daily: z.boolean(),
    daily_multipliers: words,
    has_weekly_and_monthly: z.boolean(),
    weekly_multipliers: words,
    monthly_multipliers: words,
    volume_precision: z.int(),
    visible_plots_set: z.enum(["ohlc", "ohlcv"]),
    has_empty_bars: z.literal(false),
    data_status: z.enum(["streaming", "delayed_streaming", "endofday"]),
    delay: z.int().optional().openapi({ description: "Seconds." }),
    expired: z.literal(true).optional(),
    expiration_date: seconds.optional(),
  })
  .openapi("UdfSymbol");

export const udfSearchSchema = z
  .array(
    z.strictObject({
      symbol: z.string(),
      full_name: z.string(),
      ticker: z.string(),
      description: z.string(),
      exchange: z.string(),
      type: symbolType,
    }),
  )
  .openapi("UdfSearch");

const numbers = z.array(z.number()).min(1).max(BARS_MAX);

export const udfHistorySchema = z
  .union([
    z.strictObject({
      s: z.literal("ok"),
      t: z.array(seconds).min(1).max(BARS_MAX),
      o: numbers,
      h: numbers,
      l: numbers,
      c: numbers,
      v: numbers
        .optional()
        .openapi({ description: "In base currency; left out where one of them is not known." }),
    }),
    z.strictObject({
      s: z.literal("no_data"),
      nextTime: seconds
        .optional()
        .openapi({ description: "Time of the newest bar before from. Not there: there is none." }),
    }),
  ])
  .openapi("UdfHistory");

export const udfMarksSchema = z
  .array(
    z.strictObject({
      id: z.string(),
      time: seconds,
      color: z.string(),
      text: z.string(),
      label: z.string(),
      labelFontColor: z.string(),
      minSize: z.int(),
    }),
  )
  .openapi("UdfMarks");

export const udfQuotesSchema = z
  .strictObject({
    s: z.literal("ok"),
    d: z.array(
      z.union([
        z.strictObject({
          s: z.literal("ok"),
          n: z.string(),
          v: z.strictObject({
            ch: z.number().optional(),
            chp: z.number().optional(),
            short_name: z.string(),
            exchange: z.string(),
            description: z.string(),
            lp: z.number(),
            open_price: z.number(),
            high_price: z.number(),
            low_price: z.number(),
            prev_close_price: z.number().optional(),
            volume: z.number().optional(),
          }),
        }),
        z.strictObject({ s: z.literal("error"), n: z.string(), v: z.strictObject({}) }),
      ]),
    ),
  })
  .openapi("UdfQuotes");

export const udfTimescaleMarksSchema = z
  .array(
    z.strictObject({
      id: z.string(),
      time: seconds,
      color: z.string(),
      label: z.string(),
      tooltip: words,
    }),
  )
  .openapi("UdfTimescaleMarks");
