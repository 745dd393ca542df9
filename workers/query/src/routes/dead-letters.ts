import { decodeCursor, encodeCursor, type Binding } from "@candlehouse/shared/http/cursor";
import { z } from "@hono/zod-openapi";
import { answer, CACHE_BRIEFLY, JSON_TYPE } from "../answer.ts";
import { deadLettersSchema, NOT_MODIFIED, problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { choiceParameter, cursorParameter, limitParameter, readParameters } from "../parameters.ts";
import { DEAD_LETTER_STATES, readDeadLetters } from "../read-dead-letters.ts";

/** Most dead letters in one page, and how many it holds where the caller does not say. */
const PAGE_LETTERS_MAX = 1_000;
const PAGE_LETTERS_DEFAULT = 100;

const deadLettersQuery = z.strictObject({
  state: choiceParameter(DEAD_LETTER_STATES, "What has become of the message.").optional(),
  limit: limitParameter("Most dead letters in one page.", PAGE_LETTERS_DEFAULT, PAGE_LETTERS_MAX),
  cursor: cursorParameter.optional(),
});

const position = z.strictObject({ first_seen: z.int(), id: z.string() });

/** GET /v1/dead-letters */
export function addDeadLettersRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/dead-letters",
    operationId: "getDeadLetters",
    tags: ["collection"],
    summary: "Messages that could not be stored",
    request: { query: deadLettersQuery },
    responses: {
      200: {
        description: "The one first seen last at the top.",
        content: { [JSON_TYPE]: { schema: deadLettersSchema } },
      },
      ...NOT_MODIFIED,
      ...problemsOf({
        400: "A parameter cannot be meant.",
        503: "The database does not answer now.",
      }),
    },
  });
  app.get("/v1/dead-letters", (c) => answerDeadLetters(c));
}

async function answerDeadLetters(c: AppContext): Promise<Response> {
  const { state, limit, cursor } = readParameters(deadLettersQuery, c.req.queries());
  const binding: Binding = { dead_letters: "newest first", state: state ?? null };
  const after = cursor === undefined ? undefined : decodeCursor(cursor, binding, position);
  const letters = await readDeadLetters(c.env.DB, state, after, limit);
  const last = letters.at(-1);
  const next =
    last === undefined || letters.length < limit
      ? null
      : encodeCursor(binding, { first_seen: last.first_seen, id: last.id });
  return answer(
    JSON.stringify({ dead_letters: letters, next_cursor: next, meta: { count: letters.length } }),
    { contentType: JSON_TYPE, cacheControl: CACHE_BRIEFLY },
  );
}
