import { z } from "@hono/zod-openapi";
import { JSON_TYPE, NDJSON_TYPE } from "../answer.ts";
import { answerCandles } from "../answer-candles.ts";
import { CANDLE_PROBLEMS, NOT_MODIFIED, problemsOf } from "../answer-schemas.ts";
import type { App } from "../app.ts";
import { ARROW_TYPE, PARQUET_TYPE } from "../candle-formats.ts";
import { candlesQuery } from "../candle-parameters.ts";
import {
  oneSeriesColumnsSchema,
  oneSeriesSchema,
  severalSeriesColumnsSchema,
  severalSeriesSchema,
} from "../candle-schemas.ts";
import type { EdgeCache } from "../edge-cache.ts";

const file = z.string().openapi({ type: "string", format: "binary" });

const EXAMPLES = {
  "stored candles": {
    value: {
      candles: [
        {
          timestamp: 1679616000,
          open: 28105.47,
          high: 28111.38,
          low: 28100.01,
          close: 28105.76,
          volume_from: 112.62316,
          volume_to: 3165316.9401233,
          trades: 2610,
        },
      ],
      next_cursor: null,
      meta: {
        source: "binance",
        symbol: "BTC-USDT",
        timeframe: "1m",
        start: 1679616000,
        end: 1679616060,
        limit: 1000,
        count: 1,
        complete: true,
      },
    },
  },
  "interval=1h, indicators=sma:20, shape=columns": {
    value: {
      columns: {
        timestamp: [1679616000],
        open: [28105.47],
        high: [28388.44],
        low: [28082.91],
        close: [28312.02],
        volume_from: [2871.96244],
        volume_to: [81127419.3721446],
        trades: [79213],
        missing: [0],
        closed: [true],
        sma_20: [27902.118],
      },
      next_cursor: null,
      meta: {
        source: "binance",
        symbol: "BTC-USDT",
        timeframe: "1h",
        from: ["1m"],
        interval: "1h",
        start: 1679616000,
        end: 1679619600,
        limit: 1000,
        indicators: ["sma:20"],
        count: 1,
        complete: true,
      },
    },
  },
};

/** GET /v1/candles; answers that never change are kept in `cache`, where there is one. */
export function addCandlesRoute(app: App, cache: EdgeCache | undefined): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/candles",
    operationId: "getCandles",
    tags: ["candles"],
    summary: "Candles of one or several series, oldest first",
    description:
      "Name one series by source, symbol and timeframe, or up to twenty by series=binance:BTC-USDT:1m. Candles of a coarser timeframe are asked for by interval. CSV, NDJSON, Arrow and Parquet with start and without limit are the whole range from start to end (or now) in one answer; Parquet up to 4,240,000 values of one series (530,000 stored candles), the others however long: where one breaks off, the connection breaks. Text is compressed by Accept-Encoding (zstd, gzip).",
    request: { query: candlesQuery },
    responses: {
      200: {
        description:
          "A page of candles. Link rel=next and X-Next-Cursor lead to the next one. Server-Timing says what it cost, or cache;desc=hit. JSON, CSV and NDJSON have every digit; so has Parquet, as DECIMAL. Arrow is a stream of record batches with the nearest doubles, and with source, symbol and timeframe columns where several series are asked for.",
        content: {
          [JSON_TYPE]: {
            schema: z.union([
              oneSeriesSchema,
              severalSeriesSchema,
              oneSeriesColumnsSchema,
              severalSeriesColumnsSchema,
            ]),
            examples: EXAMPLES,
          },
          "text/csv": { schema: z.string() },
          [NDJSON_TYPE]: { schema: z.string() },
          [PARQUET_TYPE]: { schema: file },
          [ARROW_TYPE]: { schema: file },
        },
      },
      ...NOT_MODIFIED,
      ...problemsOf({
        400: "A parameter cannot be meant, or contradicts another one.",
        404: "Such a series is not known.",
        ...CANDLE_PROBLEMS,
        413: "More than a page, a file or one answer may hold: detail says which limit, cursor or format to take.",
      }),
    },
  });
  app.get("/v1/candles", (c) => answerCandles(c, cache));
}
