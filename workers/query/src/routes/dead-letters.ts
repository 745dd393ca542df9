import { DEAD_LETTER_STATES, isDeadLetterId } from "@candlehouse/shared/core/dead-letter";
import { NotFoundError, showValue } from "@candlehouse/shared/core/errors";
import { decodeCursor, encodeCursor, type Binding } from "@candlehouse/shared/http/cursor";
import { z } from "@hono/zod-openapi";
import { answer, CACHE_BY_TAG, JSON_TYPE } from "../answer.ts";
import { NOT_MODIFIED, problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { deadLetterSchema, deadLettersSchema } from "../dead-letter-schemas.ts";
import { choiceParameter, cursorParameter, limitParameter, readParameters } from "../parameters.ts";
import { readDeadLetters, readWithBody } from "../read-dead-letters.ts";

/** Most dead letters in one page, and how many it holds where the caller does not say. */
const PAGE_LETTERS_MAX = 1_000;
const PAGE_LETTERS_DEFAULT = 100;

const TEXT_FORM = "1 to 100 characters, given once";

/** What the index has of a message that nobody checked: any text. */
function textParameter(description: string, example: string) {
  return z
    .string(TEXT_FORM)
    .min(1, TEXT_FORM)
    .max(100, TEXT_FORM)
    .optional()
    .openapi({ description, examples: [example] });
}

const deadLettersQuery = z.strictObject({
  state: choiceParameter(DEAD_LETTER_STATES, "What has become of the message.").optional(),
  source: textParameter("The source that the message names.", "binance"),
  queue: textParameter("Where the message came from last.", "candles-dlq"),
  reason_code: textParameter("Why it could not be stored.", "retries_exhausted"),
  limit: limitParameter("Most dead letters in one page.", PAGE_LETTERS_DEFAULT, PAGE_LETTERS_MAX),
  cursor: cursorParameter.optional(),
});

const position = z.strictObject({ first_seen: z.int(), id: z.string() });

const params = z.object({
  id: z.string().openapi({
    description: "SHA-256 of the body, 64 hexadecimal digits.",
    examples: ["2b5442799fccc3af2e7e790017697373913b7afcac933d72fb5876de994f659a"],
  }),
});

/** GET /v1/dead-letters and GET /v1/dead-letters/{id} */
export function addDeadLetterRoutes(app: App): void {
  addListRoute(app);
  addOneRoute(app);
}

function addListRoute(app: App): void {
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

function addOneRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/dead-letters/{id}",
    operationId: "getDeadLetter",
    tags: ["collection"],
    summary: "A message that could not be stored, whole",
    request: { params },
    responses: {
      200: {
        description: "What is known of it, and its body.",
        content: { [JSON_TYPE]: { schema: deadLetterSchema } },
      },
      ...NOT_MODIFIED,
      ...problemsOf({
        404: "There is no such dead letter.",
        503: "The database or R2 does not answer now.",
      }),
    },
  });
  app.get("/v1/dead-letters/:id", (c) => answerDeadLetter(c, c.req.param("id")));
}

async function answerDeadLetter(c: AppContext, id: string): Promise<Response> {
  if (!isDeadLetterId(id)) {
    throw new NotFoundError(
      `there is no dead letter ${showValue(id)}: an id is 64 hexadecimal digits`,
    );
  }
  const letter = await readWithBody(c.env.DB, c.env.BUCKET, id);
  return answer(JSON.stringify(letter), { contentType: JSON_TYPE, cacheControl: CACHE_BY_TAG });
}

async function answerDeadLetters(c: AppContext): Promise<Response> {
  const { limit, cursor, ...filter } = readParameters(deadLettersQuery, c.req.queries());
  const binding: Binding = {
    dead_letters: "newest first",
    state: filter.state ?? null,
    source: filter.source ?? null,
    queue: filter.queue ?? null,
    reason_code: filter.reason_code ?? null,
  };
  const after = cursor === undefined ? undefined : decodeCursor(cursor, binding, position);
  const letters = await readDeadLetters(c.env.DB, filter, after, limit);
  const last = letters.at(-1);
  const next =
    last === undefined || letters.length < limit
      ? null
      : encodeCursor(binding, { first_seen: last.first_seen, id: last.id });
  return answer(
    JSON.stringify({ dead_letters: letters, next_cursor: next, meta: { count: letters.length } }),
    { contentType: JSON_TYPE, cacheControl: CACHE_BY_TAG },
  );
}
