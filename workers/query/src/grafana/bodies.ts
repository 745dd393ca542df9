import { InvalidInputError } from "@candlehouse/shared/core/errors";
import { QUERY_SERIES_MAX } from "@candlehouse/shared/core/query-plan";
import { readBody } from "@candlehouse/shared/http/read-body";
import { timeMember } from "@candlehouse/shared/http/order-members";
import { TIME_FORMS } from "@candlehouse/shared/core/time";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { z } from "@hono/zod-openapi";

/** The bodies of the simPod JSON data source. Members that it adds and we do not need are let be. */

/** Most bytes in a body: twenty targets with their settings have a few thousand. */
export const GRAFANA_BYTES_MAX = 64_000;

/** Most of Grafana's ad hoc filters in a query. */
const FILTERS_MAX = 20;

const BODY_FORM = "a JSON object";
const NAME_FORM = "a text of up to 200 characters";
const name = z.string(NAME_FORM).max(200, NAME_FORM);

const TARGETS_FORM = `a list of up to ${QUERY_SERIES_MAX} targets such as {"target":"binance:BTC-USDT:1m"}`;
const FILTERS_FORM = `a list of up to ${FILTERS_MAX} filters such as {"key":"source","operator":"=","value":"binance"}`;

/** A number from `min` to `max`, both inclusive. */
function number(min: number, max: number) {
  const form = `a number from ${min} to ${max}`;
  return z.number(form).min(min, form).max(max, form);
}

function time(example: string) {
  return z
    .unknown()
    .pipe(timeMember)
    .openapi({
      description: `${TIME_FORMS}.`,
      type: "string",
      example,
    });
}

/** What of a series a target shows. */
export const PANEL_FIELDS = [
  "close",
  "open",
  "high",
  "low",
  "volume",
  "trades",
  "candles",
  "gaps",
  "completeness",
] as const;
export type PanelField = (typeof PANEL_FIELDS)[number];

/** What filters and variables tell apart. */
export const PANEL_KEYS = ["source", "symbol", "timeframe"] as const;
export type PanelKey = (typeof PANEL_KEYS)[number];

const targetPayload = z.looseObject(
  {
    field: z.enum(PANEL_FIELDS, `one of ${PANEL_FIELDS.join(", ")}`).default("close"),
    interval: z
      .enum(["auto", ...TIMEFRAMES], `auto, or one of ${TIMEFRAMES.join(", ")}`)
      .default("auto"),
  },
  'an object such as {"field":"close","interval":"auto"}',
);

/** What was never touched has no payload, null, or an empty text. */
function untouchedAsNone(given: unknown): unknown {
  return given === null || given === "" ? undefined : given;
}

const target = z.looseObject(
  {
    target: name.optional().openapi({ example: "binance:BTC-USDT:1m" }),
    refId: name.optional(),
    hide: z.boolean("true or false").optional(),
    payload: z.preprocess(untouchedAsNone, targetPayload.optional()).openapi({
      description: `field: one of ${PANEL_FIELDS.join(", ")}; interval: auto, or a timeframe.`,
      type: "object",
      example: { field: "close", interval: "auto" },
    }),
  },
  'an object such as {"target":"binance:BTC-USDT:1m"}',
);

export type PanelTarget = z.output<typeof target>;

const filter = z.looseObject(
  {
    key: z.enum(PANEL_KEYS, `one of ${PANEL_KEYS.join(", ")}`),
    operator: z.enum(["=", "!="], "= or !="),
    value: name,
  },
  'an object such as {"key":"source","operator":"=","value":"binance"}',
);

export type PanelFilter = z.output<typeof filter>;

/** POST /grafana/query */
export const queryBody = z
  .looseObject(
    {
      range: z.looseObject(
        { from: time("2026-10-01T00:00:00Z"), to: time("2026-10-02T00:00:00Z") },
        'an object such as {"from":"2026-10-01T00:00:00Z","to":"2026-10-02T00:00:00Z"}',
      ),
      intervalMs: number(0, 1e12).optional().openapi({ example: 60_000 }),
      maxDataPoints: number(1, 1e9).optional().openapi({ example: 1_000 }),
      targets: z.array(target, TARGETS_FORM).max(QUERY_SERIES_MAX, TARGETS_FORM),
      filters: z.array(filter, FILTERS_FORM).max(FILTERS_MAX, FILTERS_FORM).optional(),
    },
    BODY_FORM,
  )
  .openapi("GrafanaQuery");

export type PanelQueryBody = z.output<typeof queryBody>;

/** POST /grafana/metrics */
export const metricsBody = z.looseObject({}, BODY_FORM).openapi("GrafanaMetricsOrder");

/** POST /grafana/metric-payload-options */
export const payloadOptionsBody = z
  .looseObject(
    {
      metric: name.optional().openapi({ example: "binance:BTC-USDT:1m" }),
      name: z.enum(["field", "interval"], "field or interval"),
    },
    BODY_FORM,
  )
  .openapi("GrafanaPayloadOptionsOrder");

const variable = z.enum(["series", ...PANEL_KEYS], `one of series, ${PANEL_KEYS.join(", ")}`);

const variablePayload = z.looseObject(
  {
    target: variable.default("series"),
    source: name.optional(),
    symbol: name.optional(),
    timeframe: name.optional(),
  },
  'an object such as {"target":"series","source":"binance"}',
);

/** POST /grafana/variable */
export const variableBody = z
  .looseObject(
    {
      payload: z.preprocess(untouchedAsNone, variablePayload.optional()).openapi({
        type: "object",
        example: { target: "series", source: "binance" },
      }),
    },
    BODY_FORM,
  )
  .openapi("GrafanaVariableOrder");

/** POST /grafana/tag-keys */
export const tagKeysBody = z.looseObject({}, BODY_FORM).openapi("GrafanaTagKeysOrder");

/** POST /grafana/tag-values */
export const tagValuesBody = z
  .looseObject({ key: z.enum(PANEL_KEYS, `one of ${PANEL_KEYS.join(", ")}`) }, BODY_FORM)
  .openapi("GrafanaTagValuesOrder");

/**
 * The body of `request` by `schema`; none at all is an empty object. Throws PayloadTooLargeError,
 * and InvalidInputError that names the first member which cannot be meant.
 */
export async function readPanelBody<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
): Promise<z.output<Schema>> {
  const text = await readBody(request, GRAFANA_BYTES_MAX);
  const body = parseBody(text);
  const result = schema.safeParse(body);
  if (result.success) {
    return result.data;
  }
  const [issue] = result.error.issues;
  const path = issue?.path ?? [];
  throw new InvalidInputError(
    path.length === 0 ? "body" : path.join("."),
    valueAt(body, path),
    issue?.message ?? "unreadable",
  );
}

function parseBody(text: string): unknown {
  try {
    return text.trim() === "" ? {} : JSON.parse(text);
  } catch {
    // No JSON: the caller learns what was expected.
    throw new InvalidInputError("body", text, BODY_FORM);
  }
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, member) =>
      typeof value === "object" && value !== null ? Reflect.get(value, member) : undefined,
    body,
  );
}
