import { NotFoundError } from "@candlehouse/shared/core/errors";
import { findArchiveFile } from "@candlehouse/shared/d1/read-archive";
import { z } from "@hono/zod-openapi";
import { JSON_TYPE } from "../answer.ts";
import { NOT_MODIFIED, problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { answerFile, PARQUET_TYPE } from "../archive-file.ts";
import { ARCHIVE_PATH, ARCHIVE_URLS_MAX, archiveQuery, answerArchive } from "../archive-list.ts";
import { archiveSchema } from "../archive-schemas.ts";

const fileRequest = {
  params: z.object({
    key: z.string().openapi({
      description: "As the manifest has it, slashes and all.",
      example: "candles/source=binance/symbol=BTC-USDT/timeframe=1m/year=2026/month=10/….parquet",
    }),
  }),
  headers: z.object({
    range: z
      .string()
      .optional()
      .openapi({
        description: "Which bytes; all of them where it is not given.",
        examples: ["bytes=-65536"],
      }),
  }),
};

/** GET /v1/archive and GET /v1/archive/{key} */
export function addArchiveRoutes(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: ARCHIVE_PATH,
    operationId: "getArchive",
    tags: ["archive"],
    summary: "The Parquet files that hold the cold candles",
    description:
      "Those that have a candle between start and end, or on both sides of it: no other file has to be read. What is not archived yet is in none of them; /v1/candles has it.",
    request: { query: archiveQuery },
    responses: {
      200: {
        description:
          "By source, symbol, timeframe and partition. As text, one absolute URL a line.",
        content: {
          [JSON_TYPE]: { schema: archiveSchema },
          "text/plain": {
            schema: z.string(),
            example:
              "https://candles.example.com/v1/archive/candles/source=binance/symbol=BTC-USDT/timeframe=1m/year=2026/month=10/….parquet\n",
          },
        },
      },
      ...NOT_MODIFIED,
      ...problemsOf({
        400: "A parameter cannot be meant.",
        413: `As text: more than ${ARCHIVE_URLS_MAX} files.`,
        503: "The database does not answer now.",
      }),
    },
  });
  app.get(ARCHIVE_PATH, (c) => answerArchive(c));
  app.openAPIRegistry.registerPath({
    method: "get",
    path: `${ARCHIVE_PATH}/{key}`,
    operationId: "getArchiveFile",
    tags: ["archive"],
    summary: "A Parquet file of the archive, or a range of its bytes",
    request: fileRequest,
    responses: {
      200: {
        description: "The file. The entity tag is its SHA-256.",
        content: { [PARQUET_TYPE]: { schema: { type: "string", format: "binary" } } },
      },
      206: {
        description: "The bytes that Range asks for.",
        content: { [PARQUET_TYPE]: { schema: { type: "string", format: "binary" } } },
      },
      304: { description: "The client has it: If-None-Match names its entity tag." },
      412: { description: "If-Match names another file." },
      416: { description: "The file has no such bytes." },
      ...problemsOf({
        404: "The manifest names no such file.",
        500: "The file is damaged, missing or of another size.",
        503: "The database or the bucket does not answer now.",
      }),
    },
  });
  app.get(`${ARCHIVE_PATH}/*`, (c) => answerArchiveFile(c));
}

/** Only what the manifest names: the bucket holds more than the archive. */
async function answerArchiveFile(c: AppContext): Promise<Response> {
  const { pathname } = new URL(c.req.url);
  const key = decodeKey(pathname.slice(ARCHIVE_PATH.length + 1));
  const file = key === undefined ? undefined : await findArchiveFile(c.env.DB, key);
  if (file === undefined) {
    throw new NotFoundError(`the archive has no file ${pathname}; ${ARCHIVE_PATH} lists all`);
  }
  return answerFile(c.env.BUCKET, file, c.req.method, c.req.raw.headers);
}

/** Undefined where the percent signs of `path` encode nothing. */
function decodeKey(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
