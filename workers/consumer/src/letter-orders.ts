import {
  DISCARD_REASON_LENGTH_MAX,
  isDeadLetterId,
  NAMED_LETTERS_MAX,
  type DeadLetterFilter,
} from "@candlehouse/shared/core/dead-letter";
import { InvalidInputError } from "@candlehouse/shared/core/errors";
import { membersOf, parseMembers } from "@candlehouse/shared/http/read-members";
import { z } from "zod";

/** Most bytes in the JSON body of an order: a hundred ids and a reason. */
export const ORDER_BYTES_MAX = 64_000;

const IDS_FORM = `1 to ${NAMED_LETTERS_MAX} ids of dead letters, 64 hexadecimal digits each`;
const TEXT_FORM = "1 to 100 characters, as GET /v1/dead-letters has it";
const REASON_FORM = `1 to ${DISCARD_REASON_LENGTH_MAX} characters that say why`;

const idsMember = z
  .array(z.string(IDS_FORM).refine(isDeadLetterId, IDS_FORM), IDS_FORM)
  .min(1, IDS_FORM)
  .max(NAMED_LETTERS_MAX, IDS_FORM)
  .transform((ids) => [...new Set(ids)]);

const textMember = z.string(TEXT_FORM).min(1, TEXT_FORM).max(100, TEXT_FORM).optional();

const replayOrder = z.strictObject({
  ids: idsMember.optional(),
  all: z.literal(true, "true, or leave it out").optional(),
  source: textMember,
  queue: textMember,
  reason_code: textMember,
});

const discardOrder = z.strictObject({
  ids: idsMember,
  reason: z
    .string(REASON_FORM)
    .trim()
    .min(1, REASON_FORM)
    .max(DISCARD_REASON_LENGTH_MAX, REASON_FORM),
});

/** Dead letters by their ids, each once, or the open ones that a filter means. */
export type ReplayOrder =
  | { readonly ids: readonly string[] }
  | { readonly filter: DeadLetterFilter };

export type DiscardOrder = z.output<typeof discardOrder>;

/** The order in a body of `POST /v1/dead-letters/replay`. Throws InvalidInputError. */
export function parseReplayOrder(body: string): ReplayOrder {
  const { ids, all, ...filter } = parseMembers(replayOrder, membersOf(body));
  if (ids === undefined) {
    if (all === undefined) {
      throw new InvalidInputError("all", all, 'give ids, or "all": true');
    }
    return { filter };
  }
  for (const [name, value] of Object.entries({ all, ...filter })) {
    if (value !== undefined) {
      throw new InvalidInputError(name, value, "the dead letters are asked for by their ids");
    }
  }
  return { ids };
}

/** The order in a body of `POST /v1/dead-letters/discard`. Throws InvalidInputError. */
export function parseDiscardOrder(body: string): DiscardOrder {
  return parseMembers(discardOrder, membersOf(body));
}
