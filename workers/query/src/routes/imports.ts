import { z } from "@hono/zod-openapi";
import { JSON_TYPE } from "../answer.ts";
import { problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { forward } from "../forward.ts";
import {
  importQuerySchema,
  importSchema,
  importsQuerySchema,
  importsSchema,
} from "../import-schemas.ts";

const FILE_TYPES = ["text/csv", "application/zip", "application/vnd.apache.parquet"];
const UNAVAILABLE = { 503: "A part of the system does not answer now." };

/** POST /v1/imports, GET /v1/imports and GET /v1/imports/{id} */
export function addImportRoutes(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "post",
    path: "/v1/imports",
    operationId: "postImport",
    tags: ["imports"],
    summary: "Imports a file of candles: Kraken OHLCVT, Binance Vision, other CSV, Parquet",
    description:
      "The body is the file: CSV with or without a header, a ZIP archive with one CSV file, or Parquet; up to 95 MB. Rows that are held with the same values are duplicates, with other values revisions. A header's names go before a format's places. A row that cannot be stored is rejected with its line (in Parquet its row, from 1) and its reason, and the others are stored. The same file again stores nothing.",
    request: {
      query: importQuerySchema,
      body: {
        required: true,
        content: Object.fromEntries(
          FILE_TYPES.map((type) => [type, { schema: { type: "string", format: "binary" } }]),
        ),
      },
    },
    responses: {
      200: {
        description: "What became of each row.",
        content: { [JSON_TYPE]: { schema: importSchema } },
      },
      ...problemsOf({
        400: "A parameter cannot be meant.",
        401: "The key is missing or wrong.",
        403: "The scope of the key is not enough, or no key is configured.",
        413: "The file has more than 95 MB.",
        422: "The file cannot be taken: it is damaged, or no row of it can be stored.",
        ...UNAVAILABLE,
      }),
    },
  });
  app.post("/v1/imports", (c) => forwardFile(c));
  addReadRoutes(app);
}

function addReadRoutes(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/imports",
    operationId: "getImports",
    tags: ["imports"],
    summary: "The files that were imported or refused, newest first",
    request: { query: importsQuerySchema },
    responses: {
      200: {
        description: "What became of each file.",
        content: { [JSON_TYPE]: { schema: importsSchema } },
      },
      ...problemsOf({ 400: "A parameter cannot be meant.", ...UNAVAILABLE }),
    },
  });
  app.get("/v1/imports", (c) => forward(c.env.ARCHIVER, new Request(archiverUrl(c))));
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/imports/{id}",
    operationId: "getImport",
    tags: ["imports"],
    summary: "What became of one file",
    request: {
      params: z.object({
        id: z.string().openapi({
          description: "Of the import, as the answer to its file has it.",
          examples: ["5f0c7c5e-63a5-4f7d-9b1c-0b7f5e3a9d20"],
        }),
      }),
    },
    responses: {
      200: {
        description: "What became of each row.",
        content: { [JSON_TYPE]: { schema: importSchema } },
      },
      ...problemsOf({ 404: "There is no such import.", ...UNAVAILABLE }),
    },
  });
  app.get("/v1/imports/:id", (c) => forward(c.env.ARCHIVER, new Request(archiverUrl(c))));
}

/** The file is passed on as it comes: it is larger than what a Worker may hold. */
function forwardFile(c: AppContext): Promise<Response> {
  const { body } = c.req.raw;
  return forward(c.env.ARCHIVER, new Request(archiverUrl(c), { method: "POST", body }));
}

/** The same path and query string there as here. */
function archiverUrl(c: AppContext): string {
  const { pathname, search } = new URL(c.req.url);
  return `https://archiver${pathname}${search}`;
}
