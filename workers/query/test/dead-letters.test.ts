import { env } from "cloudflare:workers";
import { indexDeadLetters } from "@candlehouse/shared/d1/dead-letter-index";
import { encodeDeadLetter, putDeadLetter } from "@candlehouse/shared/r2/dead-letter";
import { beforeEach, describe, expect, test } from "vitest";
import { createApp } from "../src/app.ts";
import { deadLetterSchema, deadLettersSchema } from "../src/dead-letter-schemas.ts";
import { asJson, get, getWith, problemIn, problemOf, read, sha256Of } from "./answers.ts";

const SEEN_AT = 1_795_341_600;
const KEY = "a-key-of-our-choice";

beforeEach(() => env.DB.exec("DELETE FROM dead_letters"));

/** Keeps `body` as the consumer does; returns its id. */
async function keep(
  body: unknown,
  { queue = "candles", source = "binance", reasonCode = "poison_message", seenAt = SEEN_AT } = {},
): Promise<string> {
  const encoded = await encodeDeadLetter(body);
  const reason = "message is no good";
  await putDeadLetter(env.BUCKET, encoded, {
    queue,
    reasonCode,
    reason,
    firstSeen: seenAt,
    sentAtMs: seenAt * 1_000,
  });
  const entry = {
    id: encoded.id,
    queue,
    source,
    candles: 1,
    reasonCode,
    reason,
    bodyKey: encoded.key,
    bodyBytes: encoded.bytes.byteLength,
    seenAt,
  };
  await indexDeadLetters(env.DB, [entry]);
  return encoded.id;
}

describe("GET /v1/dead-letters/{id}", () => {
  test("answers what is known of it, with its body as it was sent", async () => {
    const body = { v: 2, source: "binance", candles: [["BTC-USDT", null, 27_500.1]] };
    const id = await keep(body);
    expect(await read(`/v1/dead-letters/${id}`, deadLetterSchema)).toEqual({
      id,
      queue: "candles",
      source: "binance",
      candles: 1,
      reason_code: "poison_message",
      reason: "message is no good",
      body_key: `dead-letters/${id}.json`,
      body_bytes: JSON.stringify(body).length,
      first_seen: SEEN_AT,
      last_seen: SEEN_AT,
      seen_count: 1,
      state: "open",
      discard_reason: null,
      settled_at: null,
      body,
      truncated: false,
      damage: null,
    });
  });

  test.for([
    ["a text", "candles, please", "candles, please"],
    ["nothing", null, null],
    ["bytes", new TextEncoder().encode("{v:2}").buffer, "{v:2}"],
    ["bytes that are no text", Uint8Array.of(65, 255).buffer, "A\ufffd"],
  ] as const)("shows a body that is %s", async ([, body, shown]) => {
    const id = await keep(body);
    expect(await read(`/v1/dead-letters/${id}`, deadLetterSchema)).toMatchObject({
      body: shown,
      truncated: false,
      damage: null,
    });
  });

  test("cuts a body that no queue could have brought, and says so", async () => {
    const id = await keep("x".repeat(300_000));
    const letter = await read(`/v1/dead-letters/${id}`, deadLetterSchema);
    expect(letter).toMatchObject({ truncated: true, damage: null });
    expect(letter.body).toBe(`"${"x".repeat(255_999)}`);
  });

  test("says that the body is gone, or is another", async () => {
    const gone = await keep({ v: 3 });
    await env.BUCKET.delete(`dead-letters/${gone}.json`);
    expect(await read(`/v1/dead-letters/${gone}`, deadLetterSchema)).toMatchObject({
      body: null,
      damage: `dead-letters/${gone}.json is not on R2`,
    });
    const other = await keep({ v: 4 });
    await env.BUCKET.put(`dead-letters/${other}.json`, "{not JSON");
    expect(await read(`/v1/dead-letters/${other}`, deadLetterSchema)).toMatchObject({
      body: "{not JSON",
      damage: expect.stringContaining("is not the body that was kept"),
    });
  });

  test.for(["0".repeat(64), "replay", "%00", "A".repeat(64)])(
    "is 404 for %s, of which there is none",
    async (id) => {
      expect(await problemOf(`/v1/dead-letters/${id}`)).toMatchObject({
        status: 404,
        code: "not_found",
      });
    },
  );

  test("is 503 while R2 does not answer", async () => {
    const id = await keep({ v: 5 });
    const BUCKET = { get: () => Promise.reject(new Error("R2 is away")) };
    const problem = await problemIn(await getWith(`/v1/dead-letters/${id}`, { BUCKET }));
    expect(problem).toMatchObject({ status: 503, code: "storage_unavailable" });
    expect(problem.detail).not.toContain("R2 is away");
  });

  test("is not sent again to who has it", async () => {
    const path = `/v1/dead-letters/${await keep({ v: 6 })}`;
    const { headers } = await get(path);
    const tag = headers.get("etag") ?? "";
    // Who replayed it looks again at once.
    expect(headers.get("cache-control")).toBe("public, no-cache");
    expect((await get(path, { "if-none-match": tag })).status).toBe(304);
  });
});

describe("GET /v1/dead-letters", () => {
  test("answers those of one source, queue and reason, page by page", async () => {
    const kraken = { source: "kraken", queue: "candles-dlq", reasonCode: "retries_exhausted" };
    const ids = [
      await keep(1, kraken),
      await keep(2, { ...kraken, seenAt: SEEN_AT + 1 }),
      await keep(3, { ...kraken, queue: "candles" }),
      await keep(4, { ...kraken, source: "mtgox" }),
      await keep(5, { ...kraken, reasonCode: "poison_message" }),
    ];
    const filter = "source=kraken&queue=candles-dlq&reason_code=retries_exhausted";
    const first = await read(`/v1/dead-letters?${filter}&limit=1`, deadLettersSchema);
    expect(first.dead_letters.map(({ id }) => id)).toEqual([ids[1]]);
    const rest = `/v1/dead-letters?${filter}&limit=10&cursor=${first.next_cursor}`;
    const second = await read(rest, deadLettersSchema);
    expect(second.dead_letters.map(({ id }) => id)).toEqual([ids[0]]);
    expect(second.next_cursor).toBeNull();
    const other = `/v1/dead-letters?source=mtgox&cursor=${first.next_cursor}`;
    expect(await problemOf(other)).toMatchObject({ status: 400, parameter: "cursor" });
  });

  test.each(["source", "queue", "reason_code"])("refuses a %s of nothing", async (name) => {
    const problem = await problemOf(`/v1/dead-letters?${name}=`);
    expect(problem).toMatchObject({ status: 400, parameter: name });
  });
});

describe.each(["replay", "discard"])("POST /v1/dead-letters/%s", (name) => {
  function ask(init: RequestInit, settings: object = { OPEN_WRITES: "local" }) {
    const path = `/v1/dead-letters/${name}`;
    return createApp().request(path, asJson({ ...init, method: "POST" }), { ...env, ...settings });
  }

  test("is the consumer's to do, and its answer comes back", async () => {
    const body = '{"all":true}';
    const response = await ask({ body });
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toMatchObject({
      asked: `POST /v1/dead-letters/${name}`,
      type: "application/json",
      bytes: body.length,
    });
  });

  test("is done only with the key, which stays here", async () => {
    const BOOTSTRAP_KEY_SHA256 = await sha256Of(KEY);
    const body = "{}";
    const closed = await ask({ body }, {});
    expect(await problemIn(closed)).toMatchObject({ status: 403, code: "writes_closed" });
    for (const headers of [{}, { authorization: "Bearer another" }]) {
      const response = await ask({ body, headers }, { BOOTSTRAP_KEY_SHA256 });
      expect(await problemIn(response)).toMatchObject({ status: 401, code: "unauthorized" });
    }
    const headers = { authorization: `Bearer ${KEY}` };
    const response = await ask({ body, headers }, { BOOTSTRAP_KEY_SHA256 });
    expect(await response.json()).toMatchObject({ authorization: null });
  });

  test.each(["", "{", "[]", "7"])("is not asked for with the body %j", async (body) => {
    expect(await problemIn(await ask({ body }))).toMatchObject({ status: 400, parameter: "body" });
  });

  test("is refused where the body is too large", async () => {
    const problem = await problemIn(await ask({ body: " ".repeat(128_001) }));
    expect(problem).toMatchObject({ status: 413, code: "payload_too_large" });
  });
});
