import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { createApp } from "../src/app.ts";
import { asJson, problemIn, sha256Of } from "./answers.ts";

const KEY = "a-key-of-our-choice";
const ID = "0123456789ab";
const ORDER = '{"source":"binance","symbol":"BTC-USDT","timeframe":"1m","days":30}';

function ask(
  method: string,
  path: string,
  init: RequestInit = {},
  settings: object = { OPEN_WRITES: "local" },
): Promise<Response> | Response {
  // Answers what it was asked.
  const producer = {
    fetch: async (request: Request) => {
      const { pathname, search } = new URL(request.url);
      const body = await request.text();
      const authorization = request.headers.get("authorization");
      const answer = { asked: `${request.method} ${pathname}${search}`, body, authorization };
      return Response.json(answer, { status: 202 });
    },
  };
  const bindings = { ...env, PRODUCER: producer, ...settings };
  return createApp().request(path, asJson({ ...init, method }), bindings);
}

describe("backfills", () => {
  test.each([
    ["POST", "/v1/backfills", ORDER],
    ["GET", "/v1/backfills?state=running&limit=5", undefined],
    ["GET", `/v1/backfills/${ID}`, undefined],
    ["DELETE", `/v1/backfills/${ID}`, undefined],
    ["POST", `/v1/backfills/${ID}/pause`, undefined],
    ["POST", `/v1/backfills/${ID}/resume`, undefined],
  ])("are the producer's to answer: %s %s", async (method, path, body) => {
    const response = await ask(method, path, body === undefined ? {} : { body });
    expect(response.status).toBe(202);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toEqual({
      asked: `${method} ${path}`,
      body: body ?? "",
      authorization: null,
    });
  });

  test.each([
    ["POST", "/v1/backfills"],
    ["DELETE", `/v1/backfills/${ID}`],
    ["POST", `/v1/backfills/${ID}/pause`],
    ["POST", `/v1/backfills/${ID}/resume`],
  ])("are changed only with the key, which stays here: %s %s", async (method, path) => {
    const BOOTSTRAP_KEY_SHA256 = await sha256Of(KEY);
    const body = path === "/v1/backfills" ? { body: ORDER } : {};
    const closed = await ask(method, path, body, {});
    expect(await problemIn(closed)).toMatchObject({ status: 403, code: "writes_closed" });
    const without = await ask(method, path, body, { BOOTSTRAP_KEY_SHA256 });
    expect(await problemIn(without)).toMatchObject({ status: 401, code: "unauthorized" });
    const headers = { authorization: `Bearer ${KEY}` };
    const response = await ask(method, path, { ...body, headers }, { BOOTSTRAP_KEY_SHA256 });
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ authorization: null });
  });

  test("can be looked at without a key", async () => {
    expect((await ask("GET", `/v1/backfills/${ID}`, {}, {})).status).toBe(202);
  });

  test.each(["", "{", "[]", "7"])("are not started by the body %j", async (body) => {
    const problem = await problemIn(await ask("POST", "/v1/backfills", { body }));
    expect(problem).toMatchObject({ status: 400, parameter: "body" });
  });

  test("are not started by a body of more than 64,000 bytes", async () => {
    const problem = await problemIn(
      await ask("POST", "/v1/backfills", { body: "x".repeat(64_001) }),
    );
    expect(problem).toMatchObject({ status: 413, code: "payload_too_large" });
  });
});
