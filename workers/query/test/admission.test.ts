import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createApp } from "../src/app.ts";
import { problemIn } from "./answers.ts";
import { BOOTSTRAP_KEY, deployedSettings, signToken, storeKey, TOKEN_SETTINGS } from "./callers.ts";

const ORDER = JSON.stringify({ source: "binance", symbol: "BTC-USDT", timeframe: "1m" });

let settings: object = {};
/** What was logged in a test. */
const lines: string[] = [];

beforeAll(async () => {
  settings = await deployedSettings();
});

beforeEach(() => {
  lines.length = 0;
  vi.spyOn(console, "log").mockImplementation((line) => void lines.push(String(line)));
  vi.spyOn(console, "error").mockImplementation((line) => void lines.push(String(line)));
});

afterEach(() => {
  vi.restoreAllMocks();
});

function ask(
  path: string,
  headers: Readonly<Record<string, string>> = {},
  changes: object = {},
  init: RequestInit = {},
): Promise<Response> | Response {
  return createApp().request(path, { ...init, headers }, { ...env, ...settings, ...changes });
}

function order(
  headers: Readonly<Record<string, string>>,
  changes: object = {},
): Promise<Response> | Response {
  const typed = { "content-type": "application/json", ...headers };
  return ask("/trigger", typed, changes, { method: "POST", body: ORDER });
}

/** The answer to an order that is sent with just these headers, and no type unless it is among them. */
function post(path: string, headers: Readonly<Record<string, string>>, body: BodyInit = ORDER) {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const init = { method: "POST", headers, body: bytes };
  return createApp().request(path, init, { ...env, OPEN_WRITES: "local" });
}

describe("a token", () => {
  const KEYED = { READS: "keyed" };

  test("may do what the setting says, as Access or as its bearer sends it", async () => {
    const token = await signToken();
    for (const headers of [
      { authorization: `Bearer ${token}` },
      { "cf-access-jwt-assertion": token },
    ]) {
      expect((await ask("/v1/alerts", headers, KEYED)).status).toBe(200);
      const problem = await problemIn(await order(headers));
      expect(problem.detail).toBe("this needs the scope write, while the token shown has read");
      expect((await order(headers, { JWT_SCOPE: "write" })).status).toBe(200);
    }
  });

  test("may do what its claim says", async () => {
    const changes = { ...KEYED, JWT_SCOPE: "claim:permissions" };
    const statuses: number[] = [];
    for (const permissions of ["openid write", ["admin"], "reader", undefined]) {
      const authorization = `Bearer ${await signToken({ permissions })}`;
      statuses.push((await ask("/v1/alerts", { authorization }, changes)).status);
      statuses.push((await order({ authorization }, changes)).status);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 403, 403, 403, 403]);
  });

  test.each([
    ["of another issuer", { iss: "https://other.test" }],
    ["for another audience", { aud: "another" }],
    ["that has expired", { exp: 1_700_000_000 }],
    ["that never expires", { exp: undefined }],
    ["that is not valid yet", { nbf: 4_000_000_000 }],
  ])("is refused %s", async (_, claims) => {
    const authorization = `Bearer ${await signToken(claims)}`;
    const problem = await problemIn(await ask("/v1/alerts", { authorization }, KEYED));
    expect(problem).toMatchObject({ status: 401, code: "unauthorized" });
    expect(problem.detail).toContain("the token is not accepted");
  });

  test("is refused where it was changed, or signed by nobody", async () => {
    const [head = "", , signature = ""] = (await signToken()).split(".");
    const claims = btoa(JSON.stringify({ ...TOKEN_SETTINGS, sub: "eve", exp: 4_000_000_000 }));
    const none = btoa(JSON.stringify({ alg: "none" })).replaceAll("=", "");
    for (const token of [
      `${head}.${claims.replaceAll("=", "")}.${signature}`,
      `${none}.${claims.replaceAll("=", "")}.`,
      "eyJ.e30.e30",
    ]) {
      const headers = { "cf-access-jwt-assertion": token };
      expect((await ask("/v1/alerts", headers, KEYED)).status).toBe(401);
    }
  });

  test("is neither accepted nor refused where the issuer's keys cannot be had", async () => {
    const authorization = `Bearer ${await signToken()}`;
    const changes = { ...KEYED, JWT_JWKS_URL: "https://issuer.test/down" };
    const problem = await problemIn(await ask("/v1/alerts", { authorization }, changes));
    expect(problem).toMatchObject({ status: 503, code: "identity_unavailable" });
  });

  test("counts for nothing where no issuer is set", async () => {
    const headers = { "cf-access-jwt-assertion": await signToken() };
    const none = { ...KEYED, JWT_ISSUER: "", JWT_AUDIENCE: "", JWT_JWKS_URL: "" };
    expect((await ask("/v1/alerts", headers, none)).status).toBe(401);
  });

  test("that Access adds does not take the place of a key that is shown", async () => {
    const headers = {
      "cf-access-jwt-assertion": await signToken(),
      authorization: "Bearer wrong",
    };
    expect((await ask("/v1/alerts", headers, KEYED)).status).toBe(401);
    const basic = { ...headers, authorization: "Basic dXNlcjpwYXNz" };
    expect((await ask("/v1/alerts", basic, KEYED)).status).toBe(200);
  });

  test("that Access adds orders nothing for a page of another site", async () => {
    const headers = { "cf-access-jwt-assertion": await signToken(), origin: "https://evil.test" };
    const problem = await problemIn(await order(headers, { JWT_SCOPE: "admin" }));
    expect(problem).toMatchObject({ status: 403, code: "writes_closed" });
    const bearer = { authorization: `Bearer ${BOOTSTRAP_KEY}`, origin: "https://evil.test" };
    expect((await order(bearer)).status).toBe(200);
  });
});

describe("a setting that cannot be meant", () => {
  test.each([
    { READS: "closed" },
    { DEFAULT_RATE: "100" },
    { JWT_SCOPE: "root" },
    { JWT_SCOPE: "claim:" },
    { JWT_ISSUER: "https://issuer.test", JWT_AUDIENCE: "", JWT_JWKS_URL: "" },
    { JWT_JWKS_URL: "http://issuer.test/certs" },
    { CORS_ORIGINS: "charts.example.com" },
    { CORS_ORIGINS: "*,https://charts.example.com" },
    { CORS_ORIGINS: "https://charts.example.com/" },
  ])("lets nobody in: %j", async (changes) => {
    const headers = { authorization: `Bearer ${BOOTSTRAP_KEY}` };
    const problem = await problemIn(await ask("/v1/alerts", headers, changes));
    expect(problem).toMatchObject({ status: 500, code: "internal" });
    expect(lines[0]).toMatch(new RegExp(`${Object.keys(changes)[0]}|expected`));
  });
});

describe("the operator's own machine", () => {
  const JSON_HEADERS = { "content-type": "application/json" };

  test.each(["http://localhost:8787", "http://127.0.0.1", "http://[::1]:9000"])(
    "takes orders under %s",
    async (origin) => {
      expect((await post(`${origin}/trigger`, { ...JSON_HEADERS, origin })).status).toBe(200);
    },
  );

  test.each(["http://evil.test:8787", "http://localhost.evil.test", "http://192.168.1.5:8787"])(
    "takes none under %s, whose name may be anybody's",
    async (origin) => {
      const problem = await problemIn(await post(`${origin}/trigger`, JSON_HEADERS));
      expect(problem).toMatchObject({ status: 403, code: "writes_closed" });
      expect(problem.detail).toContain(new URL(origin).host);
    },
  );

  test("shows keys and orders to no such page either", async () => {
    const local = { OPEN_WRITES: "local" };
    for (const path of ["/v1/keys", "/v1/audit"]) {
      expect((await ask(`http://evil.test${path}`, {}, local)).status).toBe(403);
      const foreign = { "sec-fetch-site": "cross-site" };
      expect((await ask(`http://localhost${path}`, foreign, local)).status).toBe(403);
      expect((await ask(`http://localhost${path}`, {}, local)).status).toBe(200);
    }
    expect((await ask("http://evil.test/v1/alerts", {}, local)).status).toBe(200);
  });

  test.each(["https://evil.test", "http://localhost:3000", "null"])(
    "takes no order of a page of %s",
    async (origin) => {
      const headers = { ...JSON_HEADERS, origin };
      const problem = await problemIn(await post("http://localhost:8787/trigger", headers));
      expect(problem.code).toBe("writes_closed");
    },
  );

  test.each([
    "text/plain",
    "text/plain;charset=UTF-8",
    "TEXT/PLAIN",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
  ])("takes no order in JSON that a form can send: %s", async (type) => {
    const problem = await problemIn(await post("/trigger", { "content-type": type }));
    expect(problem).toMatchObject({ status: 403, code: "writes_closed" });
    expect(problem.detail).toContain("Content-Type: application/json");
  });

  test("takes no order in JSON without a type, and a pause that has no body", async () => {
    const length = { "content-length": String(ORDER.length) };
    expect((await post("/trigger", length)).status).toBe(403);
    const paused = await createApp().request(
      "/v1/backfills/1/pause",
      { method: "POST" },
      { ...env, OPEN_WRITES: "local" },
    );
    expect(paused.status).toBe(200);
  });

  test("takes a file of any type", async () => {
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect((await post("/v1/imports?name=a.csv", form, "1,2,3")).status).toBe(202);
  });

  test("is not limited", async () => {
    const local = { OPEN_WRITES: "local", DEFAULT_RATE: "60" };
    const headers = { "cf-connecting-ip": "127.0.0.1" };
    for (let asked = 0; asked < 70; asked += 1) {
      expect((await ask("/v1/alerts", headers, local)).status).toBe(200);
    }
  });
});

describe("a rate", () => {
  const LOW = { DEFAULT_RATE: "60" };

  async function statuses(count: number, headers: Record<string, string>, path = "/v1/alerts") {
    const found: number[] = [];
    for (let asked = 0; asked < count; asked += 1) {
      const response = await ask(path, headers, LOW);
      await response.body?.cancel();
      found.push(response.status);
    }
    return found;
  }

  test("is that of the address where no key is shown, and one call too many is told when to come", async () => {
    const headers = { "cf-connecting-ip": "192.0.2.7" };
    // The minute of the counter may end meanwhile, so that as many are let in once more.
    const found = await statuses(121, headers);
    expect(found.slice(0, 60)).toEqual(Array.from({ length: 60 }, () => 200));
    expect(found).toContain(429);
    const refused = await limited(headers);
    expect(refused.headers.get("retry-after")).toBe("60");
    expect(await problemIn(refused)).toMatchObject({ code: "rate_limited", retry_after: 60 });
    expect((await statuses(1, { "cf-connecting-ip": "192.0.2.8" }))[0]).toBe(200);
  });

  /** The answer to one call too many: the next minute of the counter begins with some that are let in. */
  async function limited(headers: Record<string, string>): Promise<Response> {
    for (;;) {
      const response = await ask("/v1/alerts", headers, LOW);
      if (response.status !== 200) {
        return response;
      }
    }
  }

  test("does not keep uptime checks from asking whether the system answers", async () => {
    const found = await statuses(121, { "cf-connecting-ip": "192.0.2.9" }, "/health");
    expect(new Set(found)).toEqual(new Set([200]));
    expect(await statuses(121, { "cf-connecting-ip": "192.0.2.9" }, "/openapi.json")).toContain(
      429,
    );
  });

  test("is one for all addresses of a household", async () => {
    const found: number[] = [];
    for (let host = 0; host < 121; host += 1) {
      found.push(
        ...(await statuses(1, { "cf-connecting-ip": `2001:db8:5:6::${host.toString(16)}` })),
      );
    }
    expect(found).toContain(429);
    expect((await statuses(1, { "cf-connecting-ip": "2001:db8:5:7::1" }))[0]).toBe(200);
  });

  test("is the key's own, wherever it is used", async () => {
    const { text } = await storeKey("read", { rate: 60 });
    const app = createApp();
    const found: number[] = [];
    for (let asked = 0; asked < 121; asked += 1) {
      const headers = { authorization: `Bearer ${text}`, "cf-connecting-ip": `192.0.2.${asked}` };
      const response = await app.request("/v1/alerts", { headers }, { ...env, ...settings });
      await response.body?.cancel();
      found.push(response.status);
    }
    expect(found).toContain(429);
  });

  test("stops whoever tries keys before they are looked up, and is logged once a minute", async () => {
    const prepare = vi.fn<D1Database["prepare"]>((sql) => env.DB.prepare(sql));
    const app = createApp();
    const wrong = `chk_${"a".repeat(12)}_${"b".repeat(43)}`;
    const headers = { authorization: `Bearer ${wrong}`, "cf-connecting-ip": "192.0.2.99" };
    const bindings = { ...env, ...settings, ...LOW, READS: "keyed", DB: { prepare } };
    const found: number[] = [];
    for (let asked = 0; asked < 130; asked += 1) {
      const response = await app.request("/v1/alerts", { headers }, bindings);
      found.push(response.status);
    }
    const refused = found.filter((status) => status === 401);
    expect(refused.length).toBeLessThan(130);
    expect(prepare).toHaveBeenCalledTimes(refused.length);
    const limits = lines.filter((line) => line.includes("rate_limited"));
    expect(limits.length).toBeGreaterThan(0);
    expect(limits.length).toBeLessThan(4);
    expect(lines.join()).not.toContain(wrong);
    expect(lines.join()).not.toContain("192.0.2.99");
  });

  test("is told by the doors in their own words", async () => {
    const headers = { "cf-connecting-ip": "192.0.2.44" };
    const keyed = { READS: "keyed" };
    const binance = await ask("/binance/api/v3/ping", headers, keyed);
    expect([binance.status, await binance.json()]).toEqual([
      401,
      { code: -2015, msg: "Invalid API-key, IP, or permissions for action." },
    ]);
    const udf = await ask("/udf/config", headers, keyed);
    expect([udf.status, await udf.json()]).toMatchObject([401, { s: "error" }]);
  });
});

describe("what browsers are told", () => {
  test("is to keep an answer that only some may read from others", async () => {
    const headers = { authorization: `Bearer ${BOOTSTRAP_KEY}` };
    const keyed = await ask("/v1/alerts", headers, { READS: "keyed" });
    expect(keyed.headers.get("cache-control")).toBe("private, no-cache");
    expect(keyed.headers.get("vary")).toContain("Authorization");
    const open = await ask("/v1/alerts", headers);
    expect(open.headers.get("cache-control")).toBe("public, no-cache");
    expect(open.headers.get("vary")).not.toContain("Authorization");
  });

  test("is which origins may read, where they are listed", async () => {
    const changes = { CORS_ORIGINS: "https://a.example, https://b.example" };
    const allowed = async (origin: string, path = "/v1/alerts", init: RequestInit = {}) =>
      (await ask(path, { origin }, changes, init)).headers.get("access-control-allow-origin");
    expect(await allowed("https://b.example")).toBe("https://b.example");
    expect(await allowed("https://c.example")).toBeNull();
    const preflight = { method: "OPTIONS" };
    expect(await allowed("https://a.example", "/trigger", preflight)).toBe("https://a.example");
    const answer = await ask("/trigger", { origin: "https://a.example" }, changes, preflight);
    expect(answer.headers.get("access-control-allow-methods")).toBe("GET,HEAD,OPTIONS");
  });

  test.each(["/v1/alerts", "/", "/nothing", "/docs"])(
    "is to run and to guess nothing of %s",
    async (path) => {
      const { headers } = await ask(`https://candles.test${path}`);
      expect(Object.fromEntries(headers)).toMatchObject({
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin",
        "strict-transport-security": "max-age=31536000",
        "content-security-policy": expect.stringContaining("default-src 'none'"),
      });
    },
  );
});
