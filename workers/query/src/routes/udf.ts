import { InvalidInputError } from "@candlehouse/shared/core/errors";
import { resolutionOf, servedTimeframes } from "@candlehouse/shared/core/resolution";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import { listMarkets } from "@candlehouse/shared/d1/list-markets";
import { z } from "@hono/zod-openapi";
import { CACHE_NEVER, JSON_TYPE } from "../answer.ts";
import { NOT_MODIFIED } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { readNowSeconds } from "../settings.ts";
import {
  answerNoUdf,
  answerUdf,
  CACHE_PAST,
  CACHE_PRESENT,
  CACHE_SETTINGS,
  type UdfAnswer,
} from "../udf/answer-udf.ts";
import { BARS_MAX } from "../udf/bars.ts";
import { UDF_CONFIG } from "../udf/config.ts";
import {
  assertUnconverted,
  barsQueryOf,
  historyQuery,
  marksQuery,
  marksQueryOf,
  quotesQuery,
  readUdfParameters,
  searchQuery,
  symbolsQuery,
} from "../udf/parameters.ts";
import { quotedNames, readQuotes } from "../udf/quotes.ts";
import { readHistories } from "../udf/read-bars.ts";
import { readMarks, readTimescaleMarks } from "../udf/read-marks.ts";
import { readMarketDigits } from "../udf/read-symbol-info.ts";
import { readUdfMarket, type UdfMarket } from "../udf/read-udf-market.ts";
import {
  udfConfigSchema,
  udfErrorSchema,
  udfHistorySchema,
  udfMarksSchema,
  udfQuotesSchema,
  udfSearchSchema,
  udfSymbolSchema,
  udfTimescaleMarksSchema,
} from "../udf/schemas.ts";
import { searchMarkets } from "../udf/search.ts";
import { symbolInfoOf } from "../udf/symbol-info.ts";

const FAILURES =
  "What cannot be answered is `{s: error}` with the status 200, as charts expect it.";

/** The routes that TradingView's charts ask (UDF): their datafeedURL is /udf. */
export function addUdfRoutes(app: App): void {
  register(app, "config", "What a chart may ask", undefined, udfConfigSchema);
  register(app, "symbols", "What is known of a market", symbolsQuery, udfSymbolSchema);
  register(app, "search", "Markets by name, the best match first", searchQuery, udfSearchSchema);
  register(
    app,
    "history",
    `Bars, ascending: the newest ${BARS_MAX} of those asked for, the open one among them`,
    historyQuery,
    udfHistorySchema,
  );
  register(app, "marks", "Gaps, revisions and outliers, on bars", marksQuery, udfMarksSchema);
  register(app, "timescale_marks", "Gaps, on the time axis", marksQuery, udfTimescaleMarksSchema);
  register(app, "quotes", "The running day of markets", quotesQuery, udfQuotesSchema);
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/udf/time",
    operationId: "getUdfTime",
    tags: ["charts"],
    summary: "What time it is, in unix seconds",
    responses: {
      200: { description: "A number.", content: { "text/plain": { schema: z.string() } } },
    },
  });
  app.get("/udf/time", (c) =>
    c.text(String(readNowSeconds(c.env)), 200, { "cache-control": CACHE_NEVER }),
  );
  for (const [path, make] of ANSWERS) {
    app.get(path, (c) => answerUdf(c, () => make(c)));
  }
  const known = new Set(["/udf/time", ...ANSWERS.keys()]);
  app.all("/udf/*", (c) => answerNoUdf(c, known.has(c.req.path) ? METHODS : undefined));
}

type MakeAnswer = (c: AppContext) => Promise<UdfAnswer>;

/** By which each route is asked. */
const METHODS = "GET, HEAD, OPTIONS";

const ANSWERS: ReadonlyMap<string, MakeAnswer> = new Map<string, MakeAnswer>([
  ["/udf/config", async () => ({ body: UDF_CONFIG, cacheControl: CACHE_SETTINGS })],
  ["/udf/symbols", symbolAnswer],
  ["/udf/search", searchAnswer],
  ["/udf/history", historyAnswer],
  ["/udf/quotes", quotesAnswer],
  ["/udf/marks", (c) => marksAnswer(c, readMarks)],
  ["/udf/timescale_marks", (c) => marksAnswer(c, readTimescaleMarks)],
]);

function register(
  app: App,
  name: string,
  summary: string,
  query: z.ZodObject | undefined,
  schema: z.ZodType,
): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: `/udf/${name}`,
    operationId: `getUdf${name.replaceAll(/(?:^|_)(.)/g, (_, first: string) => first.toUpperCase())}`,
    tags: ["charts"],
    summary,
    description: FAILURES,
    request: query === undefined ? {} : { query },
    responses: {
      200: {
        description: "The answer, or an error.",
        content: { [JSON_TYPE]: { schema: z.union([schema, udfErrorSchema]) } },
      },
      ...NOT_MODIFIED,
    },
  });
}

async function symbolAnswer(c: AppContext): Promise<UdfAnswer> {
  const parameters = readUdfParameters(symbolsQuery, c.req.queries());
  const market = await readUdfMarket(c.env.DB, parameters.symbol);
  assertUnconverted(market, parameters);
  const nowSeconds = readNowSeconds(c.env);
  const digits = await readMarketDigits(c.env, market, nowSeconds);
  return { body: symbolInfoOf(market, digits, nowSeconds), cacheControl: CACHE_SETTINGS };
}

async function searchAnswer(c: AppContext): Promise<UdfAnswer> {
  const {
    query = "",
    type = "",
    exchange = "",
    limit,
  } = readUdfParameters(searchQuery, c.req.queries());
  const { rows } = await listMarkets(c.env.DB);
  const body = searchMarkets(rows, { query, type, exchange, limit });
  return { body, cacheControl: CACHE_SETTINGS };
}

async function historyAnswer(c: AppContext): Promise<UdfAnswer> {
  const parameters = readUdfParameters(historyQuery, c.req.queries());
  const query = barsQueryOf(parameters);
  const market = await readUdfMarket(c.env.DB, parameters.symbol);
  assertUnconverted(market, parameters);
  assertServed(market, query.timeframe);
  const { histories, present, ...took } = await readHistories(
    c.env,
    [market],
    query,
    readNowSeconds(c.env),
  );
  return { body: histories[0], cacheControl: present ? CACHE_PRESENT : CACHE_PAST, took };
}

async function marksAnswer(
  c: AppContext,
  readThem: typeof readMarks | typeof readTimescaleMarks,
): Promise<UdfAnswer> {
  const parameters = readUdfParameters(marksQuery, c.req.queries());
  const query = marksQueryOf(parameters);
  const market = await readUdfMarket(c.env.DB, parameters.symbol);
  assertServed(market, query.timeframe);
  const { marks, ...took } = await readThem(c.env, market, query, readNowSeconds(c.env));
  return { body: marks, cacheControl: CACHE_PAST, took };
}

async function quotesAnswer(c: AppContext): Promise<UdfAnswer> {
  const { symbols } = readUdfParameters(quotesQuery, c.req.queries());
  const { quotes, ...took } = await readQuotes(c.env, quotedNames(symbols), readNowSeconds(c.env));
  return { body: { s: "ok", d: quotes }, cacheControl: CACHE_PRESENT, took };
}

/** Throws InvalidInputError where `market` has no candles that `timeframe` could be made of. */
function assertServed({ ticker, timeframes }: UdfMarket, timeframe: Timeframe): void {
  const served = servedTimeframes(timeframes);
  if (!served.includes(timeframe)) {
    throw new InvalidInputError(
      "resolution",
      resolutionOf(timeframe),
      `${ticker} has ${served.map(resolutionOf).join(", ")}`,
    );
  }
}
