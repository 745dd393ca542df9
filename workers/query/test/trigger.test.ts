import { env } from "cloudflare:workers";
import { describe, expect, test, vi } from "vitest";
import { triggerAnswerSchema } from "../src/answer-schemas.ts";
import { createApp } from "../src/app.ts";
import { asJson, problemIn, sha256Of } from "./answers.ts";

const KEY = "a-key-of-our-choice";
const ASKED = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };

/** The answer to a POST of `body`, of a Worker with these settings. */
async function post(
  body: BodyInit,
  settings: object = { OPEN_WRITES: "local" },
  headers: Record<string, string> = {},
): Promise<Response> {
  const init = asJson({ method: "POST", body, headers });
  return createApp().request("/trigger", init, { ...env, ...settings });
}

describe("POST /trigger", () => {
  test("passes the question to the producer and the answer back", async () => {
    const response = await post(JSON.stringify(ASKED));
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const answer = triggerAnswerSchema.parse(await response.json());
    expect(JSON.parse(answer.message)).toEqual(ASKED);
    expect(answer.next_trigger).toBe("https://producer/trigger");
  });

  test("passes the producer's problem back", async () => {
    const response = await post(JSON.stringify({ ...ASKED, symbol: "NO-SUCH" }));
    expect(response.headers.get("retry-after")).toBe("7");
    expect(await problemIn(response)).toMatchObject({
      status: 404,
      code: "source_unknown_symbol",
    });
  });

  test.each([
    ["", "JSON"],
    ["{", "JSON"],
    ["[]", "JSON object"],
    ["7", "JSON object"],
    ["null", "JSON object"],
  ])("refuses the body %j", async (body, allowed) => {
    const problem = await problemIn(await post(body));
    expect(problem).toMatchObject({ status: 400, parameter: "body" });
    expect(problem.detail).toContain(allowed);
  });

  test.each([64_001, 2_000_000])("refuses a body of %d bytes", async (size) => {
    const problem = await problemIn(await post("x".repeat(size)));
    expect(problem).toMatchObject({ status: 413, code: "payload_too_large" });
    expect(problem.detail).toContain("up to 64000 are allowed");
  });

  test("refuses a large body whose size was not announced", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const sent = new Response("x".repeat(2_000_000)).body?.pipeTo(writable);
    const problem = await problemIn(await post(readable));
    await sent;
    expect(problem.status).toBe(413);
  });

  test("lets a body of just the allowed size in", async () => {
    const body = JSON.stringify({ ...ASKED, note: "" });
    const note = "x".repeat(64_000 - body.length);
    expect((await post(JSON.stringify({ ...ASKED, note }))).status).toBe(200);
  });
});

describe("permission to write", () => {
  test("is nobody's where no key is configured", async () => {
    const problem = await problemIn(await post(JSON.stringify(ASKED), {}));
    expect(problem).toMatchObject({ status: 403, code: "writes_closed" });
    expect(problem.detail).toContain("BOOTSTRAP_KEY_SHA256");
  });

  test("is given by the key", async () => {
    const settings = { BOOTSTRAP_KEY_SHA256: await sha256Of(KEY) };
    for (const authorization of [`Bearer ${KEY}`, `bearer ${KEY}`]) {
      const response = await post(JSON.stringify(ASKED), settings, { authorization });
      expect(response.status).toBe(200);
    }
    const upper = { BOOTSTRAP_KEY_SHA256: settings.BOOTSTRAP_KEY_SHA256.toUpperCase() };
    const authorization = `Bearer ${KEY}`;
    expect((await post(JSON.stringify(ASKED), upper, { authorization })).status).toBe(200);
  });

  test.each([
    ["no header", {}],
    ["another key", { authorization: `Bearer ${KEY}x` }],
    ["an empty key", { authorization: "Bearer " }],
    ["another scheme", { authorization: `Basic ${btoa(`user:${KEY}`)}` }],
    ["the key alone", { authorization: KEY }],
  ])("is not given by %s", async (_, headers) => {
    const settings = { BOOTSTRAP_KEY_SHA256: await sha256Of(KEY) };
    const response = await post(JSON.stringify(ASKED), settings, headers);
    expect(response.headers.get("www-authenticate")).toBe('Bearer realm="candlehouse"');
    const problem = await problemIn(response);
    expect(problem).toMatchObject({ status: 401, code: "unauthorized" });
    expect(problem.detail).not.toContain(KEY);
  });

  test("is not given by the digest itself", async () => {
    const digest = await sha256Of(KEY);
    const headers = { authorization: `Bearer ${digest}` };
    const response = await post(JSON.stringify(ASKED), { BOOTSTRAP_KEY_SHA256: digest }, headers);
    expect(response.status).toBe(401);
  });

  test("is checked before the body is read", async () => {
    expect((await post("x".repeat(2_000_000), {})).status).toBe(403);
  });

  test.each(["cross-site", "same-site"])(
    "is not given, where all may write, to a page of another site (%s)",
    async (site) => {
      const headers = { "sec-fetch-site": site };
      const response = await post(JSON.stringify(ASKED), { OPEN_WRITES: "local" }, headers);
      expect((await problemIn(response)).code).toBe("writes_closed");
    },
  );

  test("is given, where all may write, to our own page and to no page", async () => {
    for (const headers of [{ "sec-fetch-site": "same-origin" }, { "sec-fetch-site": "none" }]) {
      const response = await post(JSON.stringify(ASKED), { OPEN_WRITES: "local" }, headers);
      expect(response.status).toBe(200);
    }
  });

  test.each([{ OPEN_WRITES: "yes" }, { BOOTSTRAP_KEY_SHA256: "secret" }])(
    "is nobody's where the setting %j cannot be meant",
    async (settings) => {
      const error = vi.spyOn(console, "error").mockImplementation(() => {});
      const response = await post(JSON.stringify(ASKED), settings);
      expect(await problemIn(response)).toMatchObject({ status: 500, code: "internal" });
      const [name = ""] = Object.keys(settings);
      expect(String(error.mock.calls[0]?.[0])).toContain(name);
      error.mockRestore();
    },
  );
});
