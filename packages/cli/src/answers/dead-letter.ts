import type * as Api from "@candlehouse/client";
import { z } from "zod";
import { schemaOf } from "./schema-of.ts";

/** What the routes of dead letters answer. */

const seconds = z.int();

const deadLetter = z.looseObject({
  id: z.string(),
  queue: z.string(),
  source: z.string().nullable(),
  candles: z.int().nullable(),
  reason_code: z.string(),
  reason: z.string(),
  body_bytes: z.int(),
  first_seen: seconds,
  last_seen: seconds,
  seen_count: z.int(),
  state: z.string(),
  discard_reason: z.string().nullable(),
  settled_at: seconds.nullable(),
});

export type DeadLetter = z.output<typeof deadLetter>;

export const deadLettersPage = schemaOf<Api.DeadLetters>()(
  z.looseObject({
    dead_letters: z.array(deadLetter),
    next_cursor: z.string().nullable(),
  }),
);

export const wholeDeadLetter = schemaOf<Api.DeadLetter>()(
  z.looseObject({
    ...deadLetter.shape,
    body: z.unknown(),
    truncated: z.boolean(),
    damage: z.string().nullable(),
  }),
);

const failedReplay = z.looseObject({ id: z.string(), code: z.string(), reason: z.string() });

export type FailedReplay = z.output<typeof failedReplay>;

export const replayAnswer = schemaOf<Api.DeadLetterReplay>()(
  z.looseObject({
    replayed: z.int(),
    ids: z.array(z.string()),
    failed: z.array(failedReplay),
    remaining: z.int(),
  }),
);

export const discardAnswer = schemaOf<Api.DeadLetterDiscard>()(
  z.looseObject({ discarded: z.int(), ids: z.array(z.string()) }),
);
