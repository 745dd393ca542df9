import { env } from "cloudflare:workers";
import { base64url, importJWK, SignJWT } from "jose";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createApp } from "../src/app.ts";
import { asJson, problemIn, readerOf } from "./answers.ts";
import { collectSeries } from "./candle-rows.ts";
import { BOOTSTRAP_KEY, deployedSettings, signToken, storeKey, TOKEN_SETTINGS } from "./callers.ts";

const KEYED = { READS: "keyed" };

let settings: object = {};
/** What was logged in a test. */
const lines: string[] = [];

beforeAll(async () => {
  settings = await deployedSettings();
});

beforeEach(async () => {
  await env.DB.prepare("DELETE FROM audit_log").run();
  lines.length = 0;
  vi.spyOn(console, "log").mockImplementation((line) => void lines.push(String(line)));
  vi.spyOn(console, "error").mockImplementation((line) => void lines.push(String(line)));
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function ask(
  path: string,
  init: RequestInit = {},
  changes: object = {},
  app = createApp(),
): Promise<Response> | Response {
  return app.request(path, init, { ...env, ...settings, ...changes });
}

function bearer(text: string): { readonly headers: Readonly<Record<string, string>> } {
  return { headers: { authorization: `Bearer ${text}` } };
}

/** Claims that are all right but for their signature. */
function goodClaims(): object {
  return {
    iss: TOKEN_SETTINGS.JWT_ISSUER,
    aud: TOKEN_SETTINGS.JWT_AUDIENCE,
    sub: "eve",
    exp: Math.floor(Date.now() / 1_000) + 600,
  };
}

describe("a token", () => {
  test("signed by the public key as if that were a shared secret is refused", async () => {
    const { d: _, ...publicKey } = env.TEST_ISSUER_JWK;
    for (const secret of [JSON.stringify(publicKey), String(publicKey.x)]) {
      const token = await new SignJWT({ ...goodClaims() })
        .setProtectedHeader({ alg: "HS256", kid: "test" })
        .sign(new TextEncoder().encode(secret));
      expect((await ask("/v1/alerts", bearer(token), KEYED)).status).toBe(401);
    }
  });

  test("that brings its own key is refused", async () => {
    const { privateKey, publicKey } = (await crypto.subtle.generateKey(
      { name: "ECDSA", namedCurve: "P-256" },
      true,
      ["sign", "verify"],
    )) as CryptoKeyPair;
    const jwk = (await crypto.subtle.exportKey("jwk", publicKey)) as JsonWebKey;
    const token = await new SignJWT({ ...goodClaims() })
      .setProtectedHeader({
        alg: "ES256",
        kid: "test",
        jwk: { kty: "EC", crv: "P-256", x: String(jwk.x), y: String(jwk.y) },
        jku: "https://evil.test/certs",
      })
      .sign(privateKey);
    expect((await ask("/v1/alerts", bearer(token), KEYED)).status).toBe(401);
  });

  test("that names no key while the issuer has several is refused, and no failure of ours", async () => {
    const key = await importJWK(env.TEST_ISSUER_JWK, "ES256");
    const token = await new SignJWT({ ...goodClaims() })
      .setProtectedHeader({ alg: "ES256" })
      .sign(key);
    const changes = { ...KEYED, JWT_JWKS_URL: "https://issuer.test/two" };
    expect((await ask("/v1/alerts", bearer(token), changes)).status).toBe(401);
  });

  test.each([
    "a.b.c",
    "eyJ.eyJ.",
    `${base64url.encode('{"alg":"ES256","crit":["x"],"x":1}')}.e30.AA`,
    `${base64url.encode('{"alg":"ES384","kid":"test"}')}.e30.AA`,
    `${base64url.encode('{"alg":"ES256","kid":"test"}')}.e30.AA`,
    `${base64url.encode('{"alg":"ES256","kid":7}')}.e30.AA`,
    `${base64url.encode('{"alg":"ES256","kid":"test","b64":false,"crit":["b64"]}')}.e30.AA`,
    `${base64url.encode('{"alg":["ES256"],"kid":"test"}')}.e30.AA`,
    `${base64url.encode('{"alg":"__proto__","kid":"test"}')}.e30.AA`,
    `${base64url.encode('{"alg":"EdDSA","kid":"test"}')}.e30.AA`,
    `${base64url.encode('{"alg":"RS256"}')}.e30.AA`,
    `${base64url.encode("null")}.e30.AA`,
    `${base64url.encode("[]")}.e30.AA`,
  ])("that is malformed is refused, and no failure of ours: %s", async (token) => {
    for (const headers of [
      { "cf-access-jwt-assertion": token },
      { authorization: `Bearer ${token}` },
    ]) {
      expect((await ask("/v1/alerts", { headers }, KEYED)).status).toBe(401);
    }
    expect(lines.join()).not.toContain("request.failed");
    expect(lines.join()).not.toContain(token);
  });

  test("that cannot be checked keeps nobody from reading what all may read", async () => {
    const changes = { JWT_JWKS_URL: "https://issuer.test/down" };
    const token = await signToken();
    expect((await ask("/v1/alerts", bearer(token), changes)).status).toBe(200);
    expect((await ask("/v1/keys", bearer(token), changes)).status).toBe(503);
  });

  test("has the issuer that is down asked once in some seconds, however many come", async () => {
    const fetched = vi.spyOn(globalThis, "fetch");
    const app = createApp();
    const changes = { ...KEYED, JWT_JWKS_URL: "https://issuer.test/down" };
    const token = await signToken();
    for (let asked = 0; asked < 5; asked += 1) {
      const problem = await problemIn(await ask("/v1/alerts", bearer(token), changes, app));
      expect(problem).toMatchObject({ status: 503, code: "identity_unavailable" });
    }
    expect(fetched).toHaveBeenCalledTimes(1);
    vi.useFakeTimers({ now: Date.now() + 5_000, toFake: ["Date"] });
    expect((await ask("/v1/alerts", bearer(token), changes, app)).status).toBe(503);
    expect(fetched).toHaveBeenCalledTimes(2);
  });
});

describe("a request", () => {
  test("with two keys shows none", async () => {
    const headers = new Headers();
    headers.append("authorization", `Bearer ${BOOTSTRAP_KEY}`);
    headers.append("authorization", "Bearer other");
    expect((await ask("/v1/keys", { headers })).status).toBe(401);
  });

  test.each([
    "/v1/keys?key=KEY",
    "/v1/keys?access_token=KEY",
    "/v1/keys?authorization=Bearer%20KEY",
  ])("shows no key in its address: %s", async (path) => {
    expect((await ask(path.replace("KEY", BOOTSTRAP_KEY))).status).toBe(401);
  });

  test.each([
    "//v1/keys",
    "/v1//keys",
    "/V1/keys",
    "/v1/keys/",
    "/v1/%6beys",
    "/v1/x/../keys",
    "/v1/x/%2e%2e/keys",
    "/v1/x/%252e%252e/keys",
    "/v1/keys%00",
    "/v1/keys;a=b",
    "/v1/keys%2f",
    "/v1%2fkeys",
    "/udf/../v1/keys",
    "/udf/%2e%2e/v1/keys",
    "/binance/..%2f..%2fv1/keys",
    "/v1/archive/../keys",
    "/v1/archive/..%2fkeys",
    "/v1/archive/runs/../../keys",
    "/v1/archive/runs%2fa",
    "/v1/archive//runs/a",
  ])("gets past no guard by its path: %s", async (path) => {
    for (const method of ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH", "get"]) {
      const response = await ask(`https://candles.test${path}`, { method }, KEYED);
      expect([401, 404, 405, 204], `${method}: ${response.status}`).toContain(response.status);
    }
    expect(await env.DB.prepare("SELECT 1 FROM audit_log LIMIT 1").first()).toBeNull();
  });

  test("that is refused while its body breaks off is answered with the refusal", async () => {
    const body = new ReadableStream({
      pull(controller) {
        controller.error(new Error("the sender is gone"));
      },
    });
    const response = await ask("/trigger", { method: "POST", body });
    expect(response.status).toBe(401);
    expect(lines.join()).not.toContain("request.failed");
  });

  test("that is refused is not read for ever", async () => {
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        sent += 1_000_000;
        controller.enqueue(new Uint8Array(1_000_000));
        if (sent > 300_000_000) {
          controller.close();
        }
      },
    });
    expect((await ask("/trigger", { method: "POST", body })).status).toBe(401);
    expect(sent).toBeLessThan(110_000_000);
  });
});

describe("keyed reads", () => {
  const PATHS = [
    "/v1/alerts",
    "/v1/candles?series=binance:BTC-USDT:1m&start=0&end=60",
    "/stats",
    "/metrics",
    "/v1/series",
    "/udf/config",
    "/udf/time",
    "/binance/api/v3/time",
    "/binance/api/v3/exchangeInfo",
    "/grafana",
    "/v1/archive",
  ];

  test.each(PATHS)("are kept by no cache that others ask: %s", async (path) => {
    const response = await ask(path, bearer(BOOTSTRAP_KEY), KEYED);
    await response.body?.cancel();
    expect(response.headers.get("cache-control") ?? "no header").toMatch(/private|no-store/);
    expect(response.headers.get("cache-control")).not.toMatch(/public|s-maxage/);
    expect(response.headers.get("vary")).toContain("Authorization");
    const tag = { "if-none-match": response.headers.get("etag") ?? "*" };
    expect((await ask(path, { headers: tag }, KEYED)).status).toBe(401);
  });

  test("are said to be the same as before to who may read them alone, and kept by no other", async () => {
    const { headers } = bearer(BOOTSTRAP_KEY);
    const first = await ask("/v1/alerts", { headers }, KEYED);
    const tag = { "if-none-match": first.headers.get("etag") ?? "" };
    const again = await ask("/v1/alerts", { headers: { ...headers, ...tag } }, KEYED);
    expect([again.status, again.headers.get("cache-control")]).toEqual([304, "private, no-cache"]);
  });
});

/** The pieces of a stream from a time on at which what was shown is worth nothing any more. */
async function piecesAfter(
  shown: string,
  laterMs: number,
  spoil: () => Promise<unknown>,
  changes: object = {},
): Promise<{ readonly before: string; readonly after: readonly string[] }> {
  const path = "/v1/stream?series=binance:WATCHED-USDT:1m";
  const response = await ask(path, bearer(shown), { ...KEYED, ...changes });
  const reader = readerOf(response);
  const text = new TextDecoder();
  const before = text.decode((await reader.read()).value);
  await spoil();
  vi.useFakeTimers({ now: Date.now() + laterMs, toFake: ["Date"] });
  const after: string[] = [];
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    after.push(text.decode(piece.value));
  }
  return { before, after };
}

const nothing = () => Promise.resolve();

const batch: D1Database["batch"] = (statements) => env.DB.batch(statements);

describe("a stream", () => {
  beforeAll(() => collectSeries({ source: "binance", symbol: "WATCHED-USDT", timeframe: "1m" }));

  test("ends without another word within half a minute after its key was revoked", async () => {
    const { text, id } = await storeKey("read");
    const { before, after } = await piecesAfter(text, 30_000, () =>
      env.DB.prepare("UPDATE api_keys SET revoked_at = 1 WHERE id = ?1").bind(id).run(),
    );
    expect(before).toContain("retry:");
    // One piece may be on its way by then.
    expect(after.length).toBeLessThan(2);
    expect(lines).toEqual([]);
  });

  test("ends when its key or token expires", async () => {
    const nowSeconds = Math.floor(Date.now() / 1_000);
    const { text } = await storeKey("read", { expires_at: nowSeconds + 60 });
    expect((await piecesAfter(text, 61_000, nothing)).after.length).toBeLessThan(2);
    vi.useRealTimers();
    const token = await signToken({ exp: nowSeconds + 60 });
    expect((await piecesAfter(token, 120_000, nothing)).after.length).toBeLessThan(2);
  });

  test("breaks off, and the log says why, where its key cannot be looked up", async () => {
    const { text } = await storeKey("read");
    let isDown = false;
    const prepare = (sql: string): D1PreparedStatement =>
      env.DB.prepare(isDown && sql.includes("api_keys") ? "SELECT no_such_column" : sql);
    const down = async () => {
      isDown = true;
    };
    const DB = { prepare, batch };
    await expect(piecesAfter(text, 30_000, down, { DB })).rejects.toThrow("D1_ERROR");
    expect(lines.join()).toContain('"code":"storage_unavailable"');
  });
});

describe("settings that cannot be meant", () => {
  test("are logged without the secret that somebody put into a path", async () => {
    const { text } = await storeKey("read");
    for (const path of [`/v1/keys/${text}`, `/nothing/${text.replaceAll("_", "%255f")}`]) {
      expect((await ask(path, {}, { READS: "closed" })).status).toBe(500);
    }
    expect(lines.join()).toContain('"path":"/nothing/chk_');
    expect(lines.join()).not.toContain(text.slice(17));
  });

  test.each([{ READS: "closed" }, { CORS_ORIGINS: "a" }])(
    "are told by every route, also by the one that uptime checks ask: %j",
    async (changes) => {
      for (const path of ["/health", "/docs", "/", "/v1/alerts", "/nothing"]) {
        const headers = { "cf-connecting-ip": "192.0.2.61" };
        expect([path, (await ask(path, { headers }, changes)).status]).toEqual([path, 500]);
      }
    },
  );
});

describe("the operator's own machine", () => {
  test("is not limited, whatever is asked", async () => {
    const changes = { OPEN_WRITES: "local", DEFAULT_RATE: "60" };
    const headers = { "cf-connecting-ip": "127.0.0.1" };
    for (const path of ["/openapi.json", "/nothing"]) {
      for (let asked = 0; asked < 65; asked += 1) {
        const response = await ask(path, { headers }, changes);
        await response.body?.cancel();
        expect(response.status).not.toBe(429);
      }
    }
  });
});

describe("the audit log", () => {
  test("has no secret of a path, of a coded address or behind a line's end", async () => {
    const { text } = await storeKey("read");
    const secret = text.slice(17);
    const token = await signToken();
    await ask(`/v1/keys/${text}`, { method: "DELETE", ...bearer(BOOTSTRAP_KEY) });
    await ask(
      `/v1/keys?key=${text.replaceAll("_", "%5F")}&own=${BOOTSTRAP_KEY}`,
      asJson({
        method: "POST",
        ...bearer(BOOTSTRAP_KEY),
        body: JSON.stringify({ name: `\n${token}`, note: BOOTSTRAP_KEY, scope: "read" }),
      }),
    );
    const { results } = await env.DB.prepare("SELECT * FROM audit_log").all();
    expect(results).toHaveLength(2);
    const logged = JSON.stringify(results) + lines.join();
    expect(logged).not.toContain(secret);
    expect(logged).not.toContain(token.split(".")[2]);
    expect(logged).not.toContain(BOOTSTRAP_KEY);
  });
});
