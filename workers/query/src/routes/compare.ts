import { COMPARE_CONTEXT_CANDLES, compareCloses } from "@candlehouse/shared/core/consensus";
import { z } from "@hono/zod-openapi";
import { answer, CACHE_BRIEFLY, CSV_TYPE, JSON_TYPE } from "../answer.ts";
import { CANDLE_PROBLEMS, NOT_MODIFIED, problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { comparisonCsv, symbolJson, type ComparedSymbol } from "../compare-json.ts";
import {
  compareCursorOf,
  compareQuery,
  findComparedMarkets,
  readCompareParameters,
  type CompareParameters,
} from "../compare-query.ts";
import { comparisonSchema } from "../compare-schemas.ts";
import { readWindow, type CandleWindow } from "../outlier-window.ts";
import { PLAIN } from "../serve/serve-query.ts";
import { costOfQuery, planOf, sumCosts, timingSince } from "../server-timing.ts";
import { readNowSeconds } from "../settings.ts";

/** GET /v1/compare */
export function addCompareRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/compare",
    operationId: "compareSources",
    tags: ["candles"],
    summary: "The same market across sources, beside their consensus",
    description:
      "For each open time the median of the closes, weighted by volume, each source's deviation from it, and how unusual that is for the source. One quote is never mixed with another. Candles are rolled up where the timeframe is not stored. A mark made at reading: nothing that is stored changes. As CSV the cursor of the next page is in the header X-Next-Cursor.",
    request: { query: compareQuery },
    responses: {
      200: {
        description: "By symbol, and in it by source. Each list has one member a timestamp.",
        content: {
          [JSON_TYPE]: { schema: comparisonSchema, example: EXAMPLE },
          "text/csv": { schema: z.string() },
        },
      },
      ...NOT_MODIFIED,
      ...problemsOf({
        400: "A parameter cannot be meant, or the base has too many markets.",
        404: "No such market is known.",
        ...CANDLE_PROBLEMS,
      }),
    },
  });
  app.get("/v1/compare", (c) => answerComparison(c));
}

async function answerComparison(c: AppContext): Promise<Response> {
  const startedMs = performance.now();
  const parameters = readCompareParameters(c.req.queries());
  const markets = await findComparedMarkets(c.env.DB, parameters);
  const now = readNowSeconds(c.env);
  const window = await readWindow(c.env, markets.window, COMPARE_CONTEXT_CANDLES, now);
  const servedMs = performance.now();
  const compared = compareWindow(window, parameters);
  const cursor = compareCursorOf(parameters, window.next);
  const { timeframe, start = null, end = null, threshold, format } = parameters;
  const meta = { timeframe, start, end, threshold, count: window.count };
  const body =
    format === "csv"
      ? comparisonCsv(compared)
      : `{"symbols":[${compared.map(symbolJson).join(",")}],"next_cursor":${JSON.stringify(cursor)},"meta":${JSON.stringify(meta)}}`;
  const cost = sumCosts([costOfQuery(markets.cost), window.cost]);
  const plan = planOf(window.series, PLAIN, cost);
  return answer(body, {
    contentType: format === "csv" ? CSV_TYPE : JSON_TYPE,
    cacheControl: CACHE_BRIEFLY,
    headers: {
      "server-timing": timingSince({ startedMs, servedMs }, cost, plan),
      ...(cursor === null ? {} : { "x-next-cursor": cursor }),
    },
  });
}

/** The series of `window` by symbol: quotes are compared with themselves alone. */
function compareWindow(window: CandleWindow, parameters: CompareParameters): ComparedSymbol[] {
  const { timeframe, threshold } = parameters;
  const { from, to } = window;
  const symbols = new Set(window.series.map(({ series }) => series.symbol));
  return [...symbols].map((symbol) => {
    const list = window.series.filter(({ series }) => series.symbol === symbol);
    const sources = list.map(({ series: { source }, candles }) => ({ source, candles }));
    return {
      symbol,
      comparison: compareCloses(sources, { timeframe, from, to, threshold }),
      from: list.map((one) => one.from),
    };
  });
}

const EXAMPLE = {
  symbols: [
    {
      symbol: "BTC-USD",
      base: "BTC",
      quote: "USD",
      reason: null,
      timestamp: [1_522_785_600],
      consensus: [7414.8],
      sources: [
        {
          source: "coinbase",
          from: ["4h"],
          summary: {
            candles: 1,
            median_deviation: 0.2987,
            median_deviation_bps: 2987,
            max_deviation: -0.2987,
            max_deviation_bps: -2987,
            deviating: 1,
            outliers: 1,
          },
          close: [5200],
          volume_from: [1945.6575577],
          deviation: [-0.2987],
          deviation_bps: [-2987],
          score: [-597.4],
          deviates: [true],
          outliers: [
            {
              timestamp: 1_522_785_600,
              field: "close",
              value: 5200,
              expected: 7314.107,
              score: -22.13,
            },
          ],
        },
      ],
    },
  ],
  next_cursor: null,
  meta: {
    timeframe: "4h",
    start: 1_522_785_600,
    end: 1_522_800_000,
    threshold: 15,
    count: 1,
  },
} as const;
