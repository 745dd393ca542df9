import { SOURCES } from "@candlehouse/shared/core/source";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { z } from "@hono/zod-openapi";

/** What the Binance-compatible door is asked and answers, for the OpenAPI document and the tests. */

const milliseconds = z
  .int()
  .openapi({ description: "Unix milliseconds; microseconds also in requests." });
const decimalText = z.string().openapi({ description: "Exact: every digit of the source." });

export const doorErrorSchema = z
  .strictObject({
    code: z.int().openapi({ description: "Binance's own.", example: -1121 }),
    msg: z.string().openapi({ example: "Invalid symbol." }),
  })
  .openapi("BinanceError");

export const klinesSchema = z
  .array(
    z.tuple([
      milliseconds,
      decimalText,
      decimalText,
      decimalText,
      decimalText,
      decimalText,
      milliseconds,
      decimalText,
      z.int(),
      decimalText,
      decimalText,
      z.literal("0"),
    ]),
  )
  .openapi("BinanceKlines", {
    description:
      "Oldest first, the open candle last: open time, open, high, low, close, volume, close time, quote volume, trades, taker volume, taker quote volume, nothing. What the source does not give is 0.",
  });

const filterSchema = z.union([
  z.strictObject({
    filterType: z.literal("PRICE_FILTER"),
    minPrice: decimalText,
    tickSize: decimalText,
  }),
  z.strictObject({
    filterType: z.literal("LOT_SIZE"),
    minQty: decimalText,
    stepSize: decimalText,
  }),
]);

const nothing = z.array(z.strictObject({})).max(0);

export const exchangeInfoSchema = z
  .strictObject({
    timezone: z.literal("UTC"),
    serverTime: milliseconds,
    rateLimits: nothing,
    exchangeFilters: nothing,
    symbols: z.array(
      z.strictObject({
        symbol: z.string().openapi({ example: "BTCUSDT" }),
        status: z.enum(["TRADING", "BREAK"]),
        baseAsset: z.string(),
        baseAssetPrecision: z.int(),
        quoteAsset: z.string(),
        quotePrecision: z.int(),
        quoteAssetPrecision: z.int(),
        orderTypes: z.array(z.string()),
        icebergAllowed: z.boolean(),
        ocoAllowed: z.boolean(),
        isSpotTradingAllowed: z.boolean(),
        isMarginTradingAllowed: z.boolean(),
        filters: z.array(filterSchema),
        permissions: z.array(z.string()),
        permissionSets: z.array(z.array(z.string())),
      }),
    ),
  })
  .openapi("BinanceExchangeInfo");

export const serverTimeSchema = z.strictObject({ serverTime: milliseconds });
export const emptySchema = z.strictObject({});

const symbolName = z.string().openapi({
  description: "Base and quote in one word; BTC-USDT is understood too.",
  example: "BTCUSDT",
});
const wholeNumber = z.int().min(0).optional();

/** For the OpenAPI document alone: what is read, and how it is refused, is as Binance does it. */
export const klinesParameters = z.object({
  symbol: symbolName,
  interval: z.enum(TIMEFRAMES).openapi({ description: "In just this spelling.", example: "1m" }),
  startTime: wholeNumber.openapi({
    description:
      "First open time, inclusive. With it the oldest candles are meant, else the newest.",
    examples: [1_790_812_800_000],
  }),
  endTime: wholeNumber.openapi({
    description: "Last open time, inclusive.",
    examples: [1_790_899_199_999],
  }),
  timeZone: z
    .literal("0")
    .optional()
    .openapi({ description: "UTC, and nothing else.", example: "0" }),
  limit: z
    .int()
    .min(1)
    .default(500)
    .optional()
    .openapi({ description: "Above 1000 it is 1000.", example: 100 }),
});

export const exchangeInfoParameters = z.object({
  symbol: symbolName.optional(),
  symbols: z
    .string()
    .optional()
    .openapi({
      description: "Several of them, as a JSON array.",
      examples: ['["BTCUSDT","ETHUSDT"]'],
    }),
});

export const timeUnitHeader = z.object({
  "x-mbx-time-unit": z.enum(["MILLISECOND", "MICROSECOND"]).optional().openapi({
    description: "The unit of times in the answer; milliseconds where it is not given.",
    example: "MICROSECOND",
  }),
});

export const sourceInPath = z.object({
  source: z.enum(SOURCES).openapi({ description: "Whose candles.", example: "kraken" }),
});
