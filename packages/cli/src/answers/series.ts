import type * as Api from "@candlehouse/client";
import { z } from "zod";
import { schemaOf } from "./schema-of.ts";

/** What the routes of series, assets and sources answer. */

const seconds = z.int();

const seriesEntry = z.looseObject({
  id: z.string(),
  source: z.string(),
  symbol: z.string(),
  timeframe: z.string(),
  native_symbol: z.string(),
  tier: z.int(),
  enabled: z.boolean(),
  first_timestamp: seconds.nullable(),
  last_timestamp: seconds.nullable(),
  late_seconds: z.int().nullable(),
  catch_up: z.looseObject({ from: seconds, until: seconds }).nullable(),
  failure_count: z.int(),
  last_error: z
    .looseObject({ code: z.string().nullable(), message: z.string().nullable() })
    .nullable(),
  retry_at: seconds.nullable(),
});

export type SeriesEntry = z.output<typeof seriesEntry>;

export const seriesPage = schemaOf<Api.SeriesList>()(
  z.looseObject({
    series: z.array(seriesEntry),
    next_cursor: z.string().nullable(),
  }),
);

export const seriesAdded = schemaOf<Api.AddedSeries>()(
  z.looseObject({
    added: z.array(z.string()),
    known: z.array(z.string()),
    message: z.string(),
  }),
);

export const seriesChanged = schemaOf<Api.ChangedSeries>()(
  z.looseObject({ changed: z.int(), message: z.string() }),
);

const asset = z.looseObject({
  ticker: z.string(),
  name: z.string().nullable(),
  category: z.string(),
  tier: z.int(),
  assigned: z.string(),
  aliases: z.array(z.string()),
  successor: z.string().nullable(),
  valid_from: seconds.nullable(),
  valid_until: seconds.nullable(),
});

export type Asset = z.output<typeof asset>;

export const assetsAnswer = schemaOf<Api.Assets>()(z.looseObject({ assets: z.array(asset) }));

export const assetSet = schemaOf<Api.ChangedAsset>()(
  z.looseObject({ asset, series_changed: z.int(), message: z.string() }),
);

export const sourcesAnswer = schemaOf<Api.Sources>()(
  z.looseObject({
    sources: z.array(
      z.looseObject({
        source: z.string(),
        state: z.enum(["ok", "failing", "off"]).nullable(),
        reason_code: z.string().nullable(),
        reason: z.string().nullable(),
        last_success_at: seconds.nullable(),
      }),
    ),
  }),
);

export const healthAnswer = schemaOf<Api.Health>()(
  z.looseObject({
    status: z.enum(["ok", "degraded"]),
    time: seconds,
  }),
);

export const triggerAnswer = schemaOf<Api.TriggerAnswer>()(
  z.looseObject({
    inserted: z.int(),
    message: z.string(),
    next_trigger: z.string().nullable(),
  }),
);
