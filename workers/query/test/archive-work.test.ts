import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { createApp } from "../src/app.ts";
import { asJson, problemIn, sha256Of } from "./answers.ts";

const KEY = "a-key-of-our-choice";
const MIB = 1_024 * 1_024;

const ROUTES = [
  ["POST", "/v1/archive/run"],
  ["POST", "/v1/archive/verify"],
  ["POST", "/v1/archive/rebuild"],
  ["GET", "/v1/archive/runs/archive-2026-11-22"],
  ["POST", "/v1/fragments"],
] as const;

function ask(
  method: string,
  path: string,
  init: RequestInit = {},
  settings: object = { OPEN_WRITES: "local" },
): Promise<Response> | Response {
  return createApp().request(path, asJson({ ...init, method }), { ...env, ...settings });
}

describe("what the archiver does", () => {
  test.each([
    ["POST", "/v1/archive/run", '{"series":"binance:BTC-USDT:1m"}', "application/json"],
    ["POST", "/v1/archive/run", undefined, "application/json"],
    ["POST", "/v1/archive/verify", "{}", "application/json"],
    ["POST", "/v1/archive/rebuild?dry=1", undefined, "application/json"],
    ["GET", "/v1/archive/runs/archive-2026-11-22", undefined, null],
  ])(
    "is asked by %s %s with the body %s, and its answer comes back",
    async (method, path, body, type) => {
      const response = await ask(method, path, body === undefined ? {} : { body });
      expect(response.status).toBe(202);
      expect(response.headers.get("cache-control")).toBe("no-store");
      expect(response.headers.get("location")).toBe("/v1/archive/runs/1");
      expect(await response.json()).toMatchObject({
        asked: `${method} ${path}`,
        type,
        bytes: body?.length ?? 0,
      });
    },
  );

  test("is refused with the archiver's own problem", async () => {
    const body = '{"series":"kraken:NO-SUCH:1m"}';
    const response = await ask("POST", "/v1/archive/run", { body });
    expect(response.headers.get("retry-after")).toBe("7");
    expect(await problemIn(response)).toMatchObject({ status: 404, code: "not_found" });
  });

  test.each(["{", "[]", "7"])("is not asked with the body %j", async (body) => {
    const problem = await problemIn(await ask("POST", "/v1/archive/run", { body }));
    expect(problem).toMatchObject({ status: 400, parameter: "body" });
  });

  test.each(ROUTES)(
    "is asked by %s %s only with the key, which stays here",
    async (method, path) => {
      const BOOTSTRAP_KEY_SHA256 = await sha256Of(KEY);
      const body = method === "POST" ? { body: "{}" } : {};
      const closed = await ask(method, path, body, {});
      expect(await problemIn(closed)).toMatchObject({ status: 403, code: "writes_closed" });
      const without = await ask(method, path, body, { BOOTSTRAP_KEY_SHA256 });
      expect(await problemIn(without)).toMatchObject({ status: 401, code: "unauthorized" });
      const headers = { authorization: `Bearer ${KEY}` };
      const response = await ask(method, path, { ...body, headers }, { BOOTSTRAP_KEY_SHA256 });
      expect(response.status).toBe(202);
      expect(await response.json()).toMatchObject({ authorization: null });
    },
  );
});

describe("POST /v1/fragments", () => {
  test.each([0, 1, 300_000, 16 * MIB])("hands a file of %d bytes on as it is", async (size) => {
    const body = Uint8Array.from({ length: size }, (_, index) => index % 251);
    const response = await ask("POST", "/v1/fragments?series=binance:BTC-USDT:1m", {
      body,
      headers: { "content-type": "application/vnd.apache.parquet" },
    });
    expect(await response.json()).toEqual({
      asked: "POST /v1/fragments?series=binance:BTC-USDT:1m",
      type: "application/vnd.apache.parquet",
      authorization: null,
      bytes: size,
      sum: body.reduce((sum, byte) => (sum + byte) % 65_536, 0),
    });
  });

  test("refuses a larger one, announced or not", async () => {
    const body = new Uint8Array(16 * MIB + 1);
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const sent = new Response(body).body?.pipeTo(writable);
    for (const large of [body, readable]) {
      const problem = await problemIn(await ask("POST", "/v1/fragments", { body: large }));
      expect(problem).toMatchObject({ status: 413, code: "payload_too_large" });
      expect(problem.detail).toContain(`up to ${16 * MIB} are allowed`);
    }
    await sent;
  });
});
