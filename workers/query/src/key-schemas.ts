import { RATES, SCOPES } from "@candlehouse/shared/core/access";
import { KEY_STATES } from "@candlehouse/shared/core/api-key";
import { timeMember } from "@candlehouse/shared/http/order-members";
import { z } from "@hono/zod-openapi";
import { nextCursor, seconds } from "./candle-schemas.ts";

/** What the routes of keys take and answer. */

const NAME_FORM = "1 to 100 characters of one line that say what it is for";

export const keySchema = z
  .strictObject({
    id: z.string().openapi({ description: "The part of the key between its underscores." }),
    name: z.string(),
    scope: z.enum(SCOPES).openapi({ description: "Each may do what those before it may." }),
    rate: z.int().nullable().openapi({
      description: "Requests a minute; null where the deployment's default holds.",
    }),
    state: z.enum(KEY_STATES),
    created_at: seconds,
    created_by: z.string().openapi({ description: "A caller, as the audit log names it." }),
    expires_at: seconds.nullable().openapi({ description: "From then on it is refused." }),
    revoked_at: seconds.nullable(),
    last_used_at: seconds.nullable().openapi({ description: "The hour of its last use." }),
  })
  .openapi("Key");

export const keysSchema = z
  .strictObject({ keys: z.array(keySchema), next_cursor: nextCursor })
  .openapi("Keys");

export const newKeySchema = z
  .strictObject({
    key: z.string().openapi({ description: "To be shown by its holder. It is told this once." }),
    ...keySchema.shape,
  })
  .openapi("NewKey");

/** What a key is ordered with. */
export const orderMembers = z.strictObject({
  name: z
    .string(NAME_FORM)
    .trim()
    .min(1, NAME_FORM)
    .max(100, NAME_FORM)
    .regex(/^\P{Cc}*$/u, NAME_FORM),
  scope: z.enum(SCOPES, `one of ${SCOPES.join(", ")}`),
  rate: z
    .union([z.literal(RATES), z.null()], `one of ${RATES.join(", ")} requests a minute, or null`)
    .optional(),
  expires_at: timeMember.nullable().optional(),
});

export const keyOrderSchema = z
  .strictObject({
    name: z.string().min(1).max(100).openapi({
      description: "What it is for; no other live key has it.",
      example: "dashboard of the desk",
    }),
    scope: z.enum(SCOPES),
    rate: z.literal(RATES).nullable().optional().openapi({
      description: "Requests a minute; the deployment's default where it is left out.",
    }),
    expires_at: z.union([z.string(), z.int(), z.null()]).optional().openapi({
      description: "ISO 8601 or unix seconds, in the future; never where it is left out.",
    }),
  })
  .openapi("KeyOrder");
