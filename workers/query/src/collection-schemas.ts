import { ASSET_CATEGORIES } from "@candlehouse/shared/core/asset";
import { SOURCES } from "@candlehouse/shared/core/source";
import { TIERS } from "@candlehouse/shared/core/tier";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { z } from "@hono/zod-openapi";

/**
 * What the routes of series, assets and markets take and answer. The producer checks what it takes
 * itself; these are for the reference.
 */

const tier = z
  .literal(TIERS)
  .openapi({ type: "integer", description: "1 is collected first; 4 is the rest." });
const seriesName = z.string().openapi({ example: "kraken:BTC-USD:1h" });
const symbol = z.string().openapi({
  description: "BASE-QUOTE in upper case; aliases are understood: XBT is BTC.",
  example: "BTC-USD",
});
const message = z.string().openapi({ description: "What was done, for people." });
const timeGiven = z
  .union([z.int(), z.string(), z.null()])
  .openapi({ description: "ISO 8601 or unix seconds; null for no bound." });
const seconds = z.union([z.int(), z.null()]).openapi({ description: "Unix seconds, UTC." });
const seriesChanged = z
  .int()
  .openapi({ description: "Series of it that changed along with this." });

const ofSeries = {
  source: z.enum(SOURCES),
  symbol,
  timeframe: z.enum(TIMEFRAMES),
};

export const newSeriesSchema = z
  .strictObject({
    series: z
      .union([seriesName, z.array(seriesName).min(1).max(1_000), z.strictObject(ofSeries)])
      .optional(),
    source: ofSeries.source.optional(),
    symbol: ofSeries.symbol.optional(),
    timeframe: ofSeries.timeframe.optional(),
    native_symbol: z.string().optional().openapi({
      description:
        "The source's own name of the market, where it does not follow from the source's rule.",
    }),
    tier: tier
      .optional()
      .openapi({ description: "Left out: that of the base asset, which the series then follow." }),
    enabled: z.boolean().optional().openapi({ description: "Left out: true." }),
  })
  .openapi("NewSeries", {
    description: "Either series, or source, symbol and timeframe.",
  });

export const addedSeriesSchema = z
  .strictObject({
    added: z.array(seriesName),
    known: z.array(seriesName).openapi({ description: "There before; they stay as they are." }),
    message,
  })
  .openapi("AddedSeries");

export const seriesChangeSchema = z
  .strictObject({
    series: z.union([seriesName, z.array(seriesName).min(1).max(1_000)]).optional(),
    source: ofSeries.source.optional(),
    symbol: ofSeries.symbol.optional(),
    timeframe: ofSeries.timeframe.optional(),
    tier: tier.optional(),
    set: z.strictObject({
      enabled: z.boolean().optional(),
      tier: z
        .union([tier, z.null()])
        .optional()
        .openapi({ description: "null: that of the base asset again." }),
    }),
  })
  .openapi("SeriesChange", {
    description: "Either series, or a filter of source, symbol, timeframe and tier.",
  });

export const changedSeriesSchema = z
  .strictObject({
    changed: z.int().openapi({ description: "Series that were otherwise before." }),
    message,
  })
  .openapi("ChangedSeries");

const assetSchema = z
  .strictObject({
    ticker: z.string().openapi({ example: "BTC" }),
    name: z.union([z.string(), z.null()]),
    category: z.enum(ASSET_CATEGORIES),
    tier,
    assigned: z.enum(["table", "hand"]).openapi({ description: "Who gave the tier." }),
    aliases: z.array(z.string()).openapi({ description: "Other names that symbols may use." }),
    successor: z
      .union([z.string(), z.null()])
      .openapi({ description: "The ticker that took its place; its series keep their name." }),
    valid_from: seconds,
    valid_until: seconds.openapi({ description: "Unix seconds, UTC; exclusive." }),
  })
  .openapi("Asset");

export const assetsSchema = z.strictObject({ assets: z.array(assetSchema) }).openapi("Assets");

export const assetChangeSchema = z
  .strictObject({
    name: z.union([z.string(), z.null()]).optional(),
    category: z.enum(ASSET_CATEGORIES).optional(),
    tier: z
      .union([tier, z.null()])
      .optional()
      .openapi({ description: "By hand from now on; null: that of the built-in table again." }),
    aliases: z.array(z.string()).max(20).optional(),
    successor: z.union([z.string(), z.null()]).optional(),
    valid_from: timeGiven.optional(),
    valid_until: timeGiven.optional(),
  })
  .openapi("AssetChange", { description: "What is left out stays as it is." });

export const changedAssetSchema = z
  .strictObject({ asset: assetSchema, series_changed: seriesChanged, message })
  .openapi("ChangedAsset");

const marketSchema = z
  .strictObject({
    source: z.enum(SOURCES),
    symbol: z.string(),
    native_symbol: z.string().openapi({
      description: "The source's own name of the market.",
      example: "XBTUSD",
    }),
    valid_from: seconds,
    valid_until: seconds.openapi({ description: "Unix seconds, UTC; exclusive." }),
    successor: z.union([z.string(), z.null()]),
  })
  .openapi("Market");

export const marketsSchema = z.strictObject({ markets: z.array(marketSchema) }).openapi("Markets");

export const marketChangeSchema = z
  .strictObject({
    source: z.enum(SOURCES),
    symbol,
    native_symbol: z
      .string()
      .optional()
      .openapi({ description: "Needed where the source has no rule for the market." }),
    valid_from: timeGiven.optional(),
    valid_until: timeGiven.optional(),
    successor: z.union([z.string(), z.null()]).optional(),
  })
  .openapi("MarketChange", { description: "What is left out stays as it is." });

export const changedMarketSchema = z
  .strictObject({ market: marketSchema, series_changed: seriesChanged, message })
  .openapi("ChangedMarket");
