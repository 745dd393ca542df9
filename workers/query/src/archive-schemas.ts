import type { ArchiveFileState } from "@candlehouse/shared/core/archive";
import { z } from "@hono/zod-openapi";

/** What the routes of the archive answer and take. */

const seconds = z.int().openapi({ description: "Unix seconds, UTC." });
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const ARCHIVE_STATES = [
  "current",
  "fragment",
  "replaced",
  "deleting",
] as const satisfies readonly ArchiveFileState[];

export const archiveSchema = z
  .strictObject({
    files: z.array(
      z.strictObject({
        key: z.string(),
        url: z.string().openapi({
          description: "Where the file is, below this host: with Range requests and an ETag.",
        }),
        series: z.string(),
        partition: z.string().openapi({ description: "A month, 2026-10, or a year, 2026; UTC." }),
        state: z.enum(ARCHIVE_STATES).openapi({
          description:
            "current: answers queries. fragment: waits to be merged. replaced: waits to be deleted. deleting: its object is being deleted.",
        }),
        rows: z.int(),
        first_timestamp: seconds,
        last_timestamp: seconds,
        bytes: z.int(),
        bytes_per_candle: z.number(),
        content_hash: sha256.openapi({
          description: "SHA-256 of the candles, whatever their encoding.",
        }),
        file_hash: sha256.openapi({ description: "SHA-256 of the file." }),
        verified_at: seconds
          .nullable()
          .openapi({ description: "When it was last read whole and found right." }),
        damage: z
          .string()
          .nullable()
          .openapi({ description: "What was found wrong; null where nothing was." }),
      }),
    ),
    next_cursor: z.string().nullable(),
    meta: z.strictObject({ count: z.int() }),
  })
  .openapi("Archive");

/** What the archiver takes and answers. It checks what it takes itself; these are for the reference. */

const ofSeries = z.string().optional().openapi({ example: "binance:BTC-USDT:1m" });
const after = z
  .string()
  .optional()
  .openapi({ description: "next of the answer before; left out at the beginning." });
const next = z.string().nullable().openapi({ description: "Where to go on; null at the end." });
const damaged = z.array(z.strictObject({ key: z.string(), damage: z.string() }));

export const runOrderSchema = z.strictObject({ series: ofSeries }).openapi("ArchiveRunOrder");

export const runStartSchema = z
  .strictObject({
    hot_from: seconds.openapi({ description: "From here on candles stay in D1." }),
    runs: z
      .array(z.string())
      .openapi({ description: "One a partition; GET /v1/archive/runs/{id} tells how it goes." }),
    started: z.int(),
    running: z.int().openapi({ description: "Of the runs, those that were under way already." }),
  })
  .openapi("ArchiveRunStart");

export const runStatusSchema = z
  .strictObject({
    id: z.string(),
    status: z.string().openapi({ example: "complete" }),
    output: z
      .strictObject({
        key: z.union([z.string(), z.null()]),
        rows: z.int(),
        added: z.int(),
        same: z.int(),
        revised: z.int(),
        deleted: z.int(),
      })
      .optional(),
    error: z.string().optional(),
  })
  .openapi("ArchiveRun");

export const verifyOrderSchema = z
  .strictObject({
    series: ofSeries,
    partition: z.string().optional().openapi({ example: "2026-10" }),
    after,
  })
  .openapi("ArchiveVerifyOrder");

export const verifyAnswerSchema = z
  .strictObject({
    partitions: z.int(),
    files: z.int(),
    bytes: z.int(),
    damaged,
    chains: z
      .array(z.strictObject({ series: z.string(), partition: z.string(), problem: z.string() }))
      .openapi({ description: "Partitions whose history does not hold together." }),
    next,
    left: z.int().openapi({ description: "Partitions still to come." }),
  })
  .openapi("ArchiveVerification");

export const rebuildOrderSchema = z.strictObject({ after }).openapi("ArchiveRebuildOrder");

export const rebuildAnswerSchema = z
  .strictObject({
    partitions: z.int(),
    kept: z.int(),
    restored: z.int(),
    fragments: z.int(),
    damaged,
    next,
    left: z.union([z.int(), z.null()]),
  })
  .openapi("ArchiveRebuild");

export const fragmentsAnswerSchema = z
  .strictObject({
    series: z.string(),
    rows: z.int(),
    fragments: z.array(
      z.strictObject({
        key: z.string(),
        partition: z.string(),
        rows: z.int(),
        first: seconds,
        last: seconds,
        state: z.enum(["registered", "known"]),
      }),
    ),
    message: z.string(),
  })
  .openapi("Fragments");
