import type * as Api from "@candlehouse/client";
import { z } from "zod";
import { schemaOf } from "./schema-of.ts";

/** What the routes of the archive answer. */

const damage = z.looseObject({ key: z.string(), damage: z.string() });

export const runStart = schemaOf<Api.ArchiveRunStart>()(
  z.looseObject({ runs: z.array(z.string()) }),
);

export const runStatus = schemaOf<Api.ArchiveRun>()(
  z.looseObject({ status: z.string(), error: z.string().optional() }),
);

export const verifyAnswer = schemaOf<Api.ArchiveVerification>()(
  z.looseObject({
    partitions: z.int(),
    files: z.int(),
    bytes: z.int(),
    damaged: z.array(damage),
    chains: z.array(
      z.looseObject({ series: z.string(), partition: z.string(), problem: z.string() }),
    ),
    next: z.string().nullable(),
    left: z.int(),
  }),
);

export const rebuildAnswer = schemaOf<Api.ArchiveRebuild>()(
  z.looseObject({
    partitions: z.int(),
    kept: z.int(),
    restored: z.int(),
    fragments: z.int(),
    damaged: z.array(damage),
    next: z.string().nullable(),
    left: z.int().nullable(),
  }),
);

export const archivePage = schemaOf<Api.Archive>()(
  z.looseObject({
    files: z.array(z.looseObject({ rows: z.int(), bytes: z.int(), damage: z.string().nullable() })),
    next_cursor: z.string().nullable(),
  }),
);
