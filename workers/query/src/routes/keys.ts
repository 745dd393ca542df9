import { callerId } from "@candlehouse/shared/core/access";
import {
  assertExpiry,
  formatKey,
  isKeyId,
  keyIdOf,
  SECRET_BYTES,
  stateOfKey,
  type ApiKey,
} from "@candlehouse/shared/core/api-key";
import { InvalidInputError, NotFoundError, showValue } from "@candlehouse/shared/core/errors";
import { hexOf } from "@candlehouse/shared/core/hex";
import { findLiveKey, insertKey, listKeys, revokeKey } from "@candlehouse/shared/d1/api-keys";
import { jsonResponse } from "@candlehouse/shared/http/answer-routes";
import { decodeCursor, encodeCursor } from "@candlehouse/shared/http/cursor";
import { readBody } from "@candlehouse/shared/http/read-body";
import { membersOf, parseMembers } from "@candlehouse/shared/http/read-members";
import { z } from "@hono/zod-openapi";
import { KEY_BYTES_MAX } from "../access/body-limits.ts";
import type { KnownKeys } from "../access/known-keys.ts";
import { sha256Of } from "../access/sha256-of.ts";
import { JSON_TYPE } from "../answer.ts";
import { problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import {
  keyOrderSchema,
  keySchema,
  keysSchema,
  newKeySchema,
  orderMembers,
} from "../key-schemas.ts";
import { cursorParameter, limitParameter, readParameters } from "../parameters.ts";

/** Most keys in one page, and how many it holds where the caller does not say. */
const PAGE_KEYS_MAX = 1_000;
const PAGE_KEYS_DEFAULT = 100;

const keysQuery = z.strictObject({
  limit: limitParameter("Most keys in one page.", PAGE_KEYS_DEFAULT, PAGE_KEYS_MAX),
  cursor: cursorParameter.optional(),
});

const BINDING = { keys: "newest first" };
const position = z.strictObject({ created_at: z.int(), id: z.string() });

const REFUSALS = {
  401: "The key is missing or wrong.",
  403: "The scope of the key is not enough, or no key is configured.",
  503: "The database does not answer now.",
};

/** GET and POST /v1/keys, and DELETE /v1/keys/{id}; `known` are the keys in memory. */
export function addKeyRoutes(app: App, known: KnownKeys): void {
  describeRoutes(app);
  app.get("/v1/keys", (c) => answerKeys(c));
  app.post("/v1/keys", (c) => createKey(c));
  app.delete("/v1/keys/:id", (c) => revoke(c, known, c.req.param("id")));
}

function describeRoutes({ openAPIRegistry }: App): void {
  openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/keys",
    operationId: "listKeys",
    tags: ["access"],
    summary: "The keys that were created, newest first; no secret among them",
    request: { query: keysQuery },
    responses: {
      200: { description: "A page of them.", content: { [JSON_TYPE]: { schema: keysSchema } } },
      ...problemsOf({ ...REFUSALS, 400: "A parameter cannot be meant." }),
    },
  });
  openAPIRegistry.registerPath({
    method: "post",
    path: "/v1/keys",
    operationId: "createKey",
    tags: ["access"],
    summary: "Creates a key; the answer is the only place where it stands",
    request: { body: { required: true, content: { [JSON_TYPE]: { schema: keyOrderSchema } } } },
    responses: {
      201: { description: "The key.", content: { [JSON_TYPE]: { schema: newKeySchema } } },
      ...problemsOf({
        ...REFUSALS,
        400: "The body cannot be meant, or a live key has the name; parameter says which member of it.",
        413: `The body has more than ${KEY_BYTES_MAX} bytes.`,
      }),
    },
  });
  openAPIRegistry.registerPath({
    method: "delete",
    path: "/v1/keys/{id}",
    operationId: "revokeKey",
    tags: ["access"],
    summary: "Revokes a key; within half a minute nobody is let in by it",
    request: {
      params: z.object({
        id: z.string().openapi({
          description: "The part of the key between its underscores.",
          examples: ["k3v7x2qw5abc"],
        }),
      }),
    },
    responses: {
      200: { description: "The key.", content: { [JSON_TYPE]: { schema: keySchema } } },
      ...problemsOf({ ...REFUSALS, 404: "There is no such key." }),
    },
  });
}

async function answerKeys(c: AppContext): Promise<Response> {
  const { limit, cursor } = readParameters(keysQuery, c.req.queries());
  const after = cursor === undefined ? undefined : decodeCursor(cursor, BINDING, position);
  const found = await listKeys(c.env.DB, after, limit + 1);
  const keys = found.slice(0, limit);
  const last = keys.at(-1);
  const next =
    last === undefined || found.length <= limit
      ? null
      : encodeCursor(BINDING, { created_at: last.created_at, id: last.id });
  const nowSeconds = realSeconds();
  return jsonResponse({ keys: keys.map((key) => describe(key, nowSeconds)), next_cursor: next });
}

async function createKey(c: AppContext): Promise<Response> {
  const members = membersOf(await readBody(c.req.raw, KEY_BYTES_MAX));
  const {
    name,
    scope,
    rate = null,
    expires_at: expiresAt = null,
  } = parseMembers(orderMembers, members);
  const nowSeconds = realSeconds();
  assertExpiry(expiresAt, nowSeconds);
  const id = keyIdOf(crypto.getRandomValues(new Uint8Array(16)));
  const secret = base64urlOf(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
  const key: ApiKey = {
    id,
    name,
    scope,
    rate,
    created_at: nowSeconds,
    created_by: callerId(c.get("access").caller),
    expires_at: expiresAt,
    revoked_at: null,
    last_used_at: null,
  };
  const stored = { ...key, secret_sha256: hexOf(await sha256Of(secret)) };
  const written = await insertKey(c.env.DB, stored);
  if (written === 0) {
    throw await takenName(c.env.DB, name, nowSeconds);
  }
  c.get("access").cost.rowsWritten += written;
  return jsonResponse({ key: formatKey({ id, secret }), ...describe(key, nowSeconds) }, 201);
}

/** A request that is repeated makes no second key that nobody knows of. */
async function takenName(
  db: D1Database,
  name: string,
  nowSeconds: number,
): Promise<InvalidInputError> {
  const taken = await findLiveKey(db, name, nowSeconds);
  // Gone again meanwhile: revoked, or expired.
  const id = taken?.id ?? "another key";
  return new InvalidInputError(
    "name",
    name,
    `the live key ${id} has this name; choose another, or where nobody has that key since its answer was lost, revoke it and ask again`,
  );
}

async function revoke(c: AppContext, known: KnownKeys, id: string): Promise<Response> {
  const nowSeconds = realSeconds();
  const { key, rowsWritten } = isKeyId(id)
    ? await revokeKey(c.env.DB, id, nowSeconds)
    : { key: undefined, rowsWritten: 0 };
  c.get("access").cost.rowsWritten += rowsWritten;
  if (key === undefined) {
    throw new NotFoundError(`there is no key ${showValue(id)}; /v1/keys lists all`);
  }
  known.forget(id);
  return jsonResponse(describe(key, nowSeconds));
}

function describe(key: ApiKey, nowSeconds: number): z.output<typeof keySchema> {
  const { id, name, scope, rate, ...times } = key;
  return { id, name, scope, rate, state: stateOfKey(key, nowSeconds), ...times };
}

/** By the real clock, as everything about access: a simulated one may stand still or run ahead. */
function realSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}

function base64urlOf(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
