import {
  DEAD_LETTER_STATES,
  DISCARD_REASON_LENGTH_MAX,
  NAMED_LETTERS_MAX,
  REPLAY_FAILURES,
  REPLAYED_LETTERS_MAX,
} from "@candlehouse/shared/core/dead-letter";
import { z } from "@hono/zod-openapi";
import { listMeta } from "./answer-schemas.ts";
import { nextCursor, seconds } from "./candle-schemas.ts";

/** What the routes of dead letters take and answer. The consumer checks the orders itself. */

const EXAMPLE_ID = "2b5442799fccc3af2e7e790017697373913b7afcac933d72fb5876de994f659a";

const id = z.string().openapi({
  description: "SHA-256 of the body, 64 hexadecimal digits: the same body is one dead letter.",
  example: EXAMPLE_ID,
});
const ids = z.array(id).min(1).max(NAMED_LETTERS_MAX);
const message = z.string().openapi({ description: "What was done, for people." });

const ofDeadLetter = {
  id,
  queue: z.string().openapi({
    description: "Where it came from last: candles, or after its retries a -dlq queue.",
    example: "candles",
  }),
  source: z.string().nullable().openapi({
    description: "What the body says of itself; null where it cannot be read.",
  }),
  candles: z.int().nullable().openapi({
    description: "How many the body holds; null where it cannot be read.",
  }),
  reason_code: z.string().openapi({ description: "An error code, or retries_exhausted." }),
  reason: z.string(),
  body_key: z.string().openapi({ description: "Of the body on R2." }),
  body_bytes: z.int(),
  first_seen: seconds,
  last_seen: seconds,
  seen_count: z.int().openapi({ description: "How often the body became a dead letter." }),
  state: z.enum(DEAD_LETTER_STATES).openapi({
    description:
      "open; replayed: it was sent to its queue again and has not come back; discarded: it was given up.",
  }),
  discard_reason: z.string().nullable(),
  settled_at: seconds.nullable().openapi({
    description: "When it was replayed or discarded, unix seconds; null while it is open.",
  }),
};

export const deadLettersSchema = z
  .strictObject({
    dead_letters: z.array(z.strictObject(ofDeadLetter)),
    next_cursor: nextCursor,
    meta: listMeta,
  })
  .openapi("DeadLetters");

export const deadLetterSchema = z
  .strictObject({
    ...ofDeadLetter,
    body: z.json().openapi({
      type: ["object", "array", "string", "number", "boolean", "null"],
      additionalProperties: true,
      description:
        "The message as it was sent; as text where it is no JSON, or where it is cut. null where nothing can be read.",
    }),
    truncated: z
      .boolean()
      .openapi({ description: "Whether body is the beginning of a longer text." }),
    damage: z.string().nullable().openapi({
      description:
        "What is wrong with the body on R2, which then cannot be replayed; null where nothing is.",
    }),
  })
  .openapi("DeadLetter");

export const replayOrderSchema = z
  .strictObject({
    ids: ids.optional().openapi({
      description: `Up to ${NAMED_LETTERS_MAX}, whatever has become of them: what is sent twice is stored once.`,
    }),
    all: z
      .literal(true)
      .optional()
      .openapi({
        type: "boolean",
        description: `The open ones, up to ${REPLAYED_LETTERS_MAX} a request, those seen last at the end.`,
      }),
    source: z.string().optional().openapi({ description: "With all: those of this source." }),
    queue: z.string().optional().openapi({ description: "With all: those of this queue." }),
    reason_code: z
      .string()
      .optional()
      .openapi({ description: "With all: those for this reason.", example: "retries_exhausted" }),
  })
  .openapi("DeadLetterReplayOrder", { description: "Either ids, or all." });

export const replayAnswerSchema = z
  .strictObject({
    replayed: z.int(),
    ids: z.array(id).openapi({
      description: "Those that were sent. One that fails again is open again, and counts up.",
    }),
    failed: z
      .array(z.strictObject({ id, code: z.enum(REPLAY_FAILURES), reason: z.string() }))
      .openapi({ description: "Those that were not sent, or not marked; they stay as they are." }),
    remaining: z.int().openapi({
      description: "Open ones that match and that this request did not come to: ask again.",
    }),
    message,
  })
  .openapi("DeadLetterReplay");

export const discardOrderSchema = z
  .strictObject({
    ids,
    reason: z.string().min(1).max(DISCARD_REASON_LENGTH_MAX).openapi({
      description: "Why; it is kept with the dead letter.",
      example: "a test message",
    }),
  })
  .openapi("DeadLetterDiscardOrder");

export const discardAnswerSchema = z
  .strictObject({
    discarded: z.int(),
    ids: z.array(id).openapi({
      description: "Those that were open and are discarded now. Any other stays as it is.",
    }),
    message,
  })
  .openapi("DeadLetterDiscard");
