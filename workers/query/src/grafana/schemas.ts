import { z } from "@hono/zod-openapi";

/** What the Grafana routes answer. */

const numberOrNull = z.union([z.number(), z.null()]);
const texts = z.strictObject({ label: z.string(), value: z.string() });

export const panelRowsSchema = z
  .array(
    z.strictObject({
      time: z.union([z.iso.datetime(), z.int()]).openapi({
        description: "Open time, in the form that the parameter time asks for.",
        example: "2026-10-01T00:00:00Z",
      }),
      open: numberOrNull,
      high: numberOrNull,
      low: numberOrNull,
      close: numberOrNull,
      volume: numberOrNull.openapi({ description: "In base currency." }),
      series: z.string().optional().openapi({
        description: "As it was asked for; only where there are several.",
        example: "binance:BTC-USDT:1m",
      }),
    }),
  )
  .openapi("GrafanaCandles");

export const metricsSchema = z
  .array(
    z.strictObject({
      label: z.string(),
      value: z.string(),
      payloads: z.array(
        z.strictObject({
          name: z.enum(["field", "interval"]),
          label: z.string(),
          type: z.literal("select"),
          placeholder: z.string(),
        }),
      ),
    }),
  )
  .openapi("GrafanaMetrics");

export const optionsSchema = z.array(texts).openapi("GrafanaPayloadOptions");

const refId = z.string().optional();

const pointsSchema = z.strictObject({
  target: z.string(),
  refId,
  datapoints: z.array(z.array(numberOrNull).length(2)).openapi({
    description: "Value and unix milliseconds.",
  }),
});

const tableSchema = z.strictObject({
  type: z.literal("table"),
  refId,
  columns: z.array(
    z.strictObject({ text: z.string(), type: z.enum(["time", "number", "string"]) }),
  ),
  rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
});

export const panelAnswersSchema = z
  .array(z.union([pointsSchema, tableSchema]))
  .openapi("GrafanaAnswers");

export const variableSchema = z
  .array(z.strictObject({ __text: z.string(), __value: z.string() }))
  .openapi("GrafanaVariable");

export const tagKeysSchema = z
  .array(z.strictObject({ type: z.literal("string"), text: z.string() }))
  .openapi("GrafanaTagKeys");

export const tagValuesSchema = z
  .array(z.strictObject({ text: z.string() }))
  .openapi("GrafanaTagValues");
