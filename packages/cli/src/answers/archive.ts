import { z } from "zod";

/** What the routes of the archive answer. */

const damage = z.looseObject({ key: z.string(), damage: z.string() });

export const runStart = z.looseObject({ runs: z.array(z.string()) });

export const runStatus = z.looseObject({ status: z.string(), error: z.string().optional() });

export const verifyAnswer = z.looseObject({
  partitions: z.int(),
  files: z.int(),
  bytes: z.int(),
  damaged: z.array(damage),
  chains: z.array(
    z.looseObject({ series: z.string(), partition: z.string(), problem: z.string() }),
  ),
  next: z.string().nullable(),
  left: z.int(),
});

export const rebuildAnswer = z.looseObject({
  partitions: z.int(),
  kept: z.int(),
  restored: z.int(),
  fragments: z.int(),
  damaged: z.array(damage),
  next: z.string().nullable(),
  left: z.int().nullable(),
});

export const archivePage = z.looseObject({
  files: z.array(z.looseObject({ rows: z.int(), bytes: z.int(), damage: z.string().nullable() })),
  next_cursor: z.string().nullable(),
});
