import { SOURCES } from "@candlehouse/shared/core/source";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import type { ImportReport } from "@candlehouse/shared/d1/import-jobs";
import { COLUMN_ROLES, TIME_UNITS } from "@candlehouse/shared/import/column-plan";
import { IMPORT_FORMATS } from "@candlehouse/shared/import/recognise-file";
import { z } from "@hono/zod-openapi";
import { cursorParameter } from "./parameters.ts";

/** What the routes of imports take and answer. The archiver checks what it takes itself. */

const nullableSeconds = z
  .union([z.int(), z.null()])
  .openapi({ description: "Open time, unix seconds, UTC." });

/** Of no bytes at all. */
const SHA_256_EXAMPLE = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

export const importQuerySchema = z.object({
  name: z.string().openapi({
    description:
      "The file's name. XBTUSD_60.csv (Kraken) and BTCUSDT-1m-2023-03.zip (Binance Vision) say format and series themselves.",
    example: "XBTUSD_60.csv",
  }),
  format: z
    .enum(["auto", ...IMPORT_FORMATS])
    .optional()
    .openapi({
      description:
        "How the rows are laid out. auto, the default, goes by the name. A ZIP archive with one file is recognised by its bytes.",
    }),
  source: z
    .enum(SOURCES)
    .optional()
    .openapi({ description: "Who published the candles, where the name does not say." }),
  symbol: z.string().optional().openapi({ description: "BASE-QUOTE.", example: "BTC-USD" }),
  timeframe: z
    .enum(TIMEFRAMES)
    .optional()
    .openapi({ description: "How long a candle is, where the name does not say." }),
  columns: z
    .string()
    .optional()
    .openapi({
      description: `Where values stand, by place from 0 or by a header's name. Roles are ${COLUMN_ROLES.join(", ")}.`,
      example: "time:0,open:1,high:2,low:3,close:4,volume_from:5,trades:6",
    }),
  time_unit: z
    .enum(TIME_UNITS)
    .optional()
    .openapi({ description: "Of the times in the file; by their size where it is not given." }),
  first_line: z
    .string()
    .optional()
    .openapi({
      description: "Line of the file that the body begins with, where a file is sent in parts.",
      examples: ["500001"],
    }),
  part: z.string().optional().openapi({ description: "Which part of how many.", example: "2/7" }),
  follows: z
    .string()
    .optional()
    .openapi({
      description:
        "Of a part, the last open time of the part before it, unix seconds: what is missing between them the source does not have either.",
      examples: ["1790812740"],
    }),
  checksum: z
    .string()
    .optional()
    .openapi({
      description: "SHA-256 of the body, hexadecimal; another one is refused.",
      examples: [SHA_256_EXAMPLE],
    }),
  again: z.enum(["true", "false"]).optional().openapi({
    description: "true reads a file again that was imported before.",
  }),
});

export const importSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    format: z.string(),
    columns: z
      .union([z.string(), z.null()])
      .openapi({ description: "As they were asked for; null: as the header or the format says." }),
    time_unit: z.string(),
    series: z.union([z.string(), z.null()]),
    state: z.enum(["complete", "rejected"]),
    known: z.boolean().openapi({ description: "The same bytes were imported before." }),
    rows_read: z.int().openapi({ description: "stored, duplicate, revised and rejected." }),
    stored: z.int().openapi({ description: "Candles that were not held." }),
    duplicate: z.int(),
    revised: z.int().openapi({ description: "Candles that were held with other values." }),
    rejected: z.int(),
    rejected_open: z.int().openapi({
      description: "Of those rejected, rows whose candle had not closed: later they are taken.",
    }),
    queued: z.int().openapi({
      description: "Of those stored, the ones of the hot window, which go through the queue.",
    }),
    rejections: z
      .array(z.strictObject({ line: z.int(), reason: z.string() }))
      .openapi({ description: "The first 100 rejected rows." }),
    unused_columns: z
      .array(z.string())
      .openapi({ description: "Columns that the header names and nothing reads." }),
    first_timestamp: nullableSeconds,
    last_timestamp: nullableSeconds,
    sha256: z.string(),
    bytes: z.int(),
    durationMs: z.int(),
    message: z.string(),
  })
  .openapi("Import") satisfies z.ZodType<ImportReport>;

export const importsQuerySchema = z.object({
  sha256: z
    .string()
    .optional()
    .openapi({ description: "Of a file: its imports alone.", examples: [SHA_256_EXAMPLE] }),
  limit: z
    .string()
    .optional()
    .openapi({ description: "1 to 1000; 100 where it is not given.", examples: ["100"] }),
  cursor: cursorParameter.optional(),
});

export const importsSchema = z
  .strictObject({
    imports: z.array(importSchema),
    next_cursor: z.union([z.string(), z.null()]),
  })
  .openapi("Imports");
