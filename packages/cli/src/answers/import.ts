import type * as Api from "@candlehouse/client";
import { z } from "zod";
import { schemaOf } from "./schema-of.ts";

/** What the routes of imports answer. */

const report = z.looseObject({
  id: z.string(),
  name: z.string(),
  format: z.string().nullable(),
  columns: z.string().nullable(),
  time_unit: z.string(),
  series: z.string().nullable(),
  state: z.enum(["complete", "rejected"]),
  known: z.boolean(),
  rows_read: z.int(),
  stored: z.int(),
  duplicate: z.int(),
  revised: z.int(),
  rejected: z.int(),
  /** Rows whose candle had not closed yet. */
  rejected_open: z.int(),
  rejections: z.array(z.looseObject({ line: z.int().nullable(), reason: z.string() })),
  /** Of the header; of no use to a candle, or not understood. */
  unused_columns: z.array(z.string()),
  first_timestamp: z.int().nullable(),
  last_timestamp: z.int().nullable(),
  sha256: z.string(),
  bytes: z.int(),
  message: z.string().nullable(),
});

/** What came of one file, or of one part of it. */
export type ImportReport = z.output<typeof report>;

export const importReport = schemaOf<Api.Import>()(report);

export const importsPage = schemaOf<Api.Imports>()(
  z.looseObject({
    imports: z.array(report),
    next_cursor: z.string().nullable(),
  }),
);
