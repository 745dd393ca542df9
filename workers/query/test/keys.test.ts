import { findKey, type StoredKey } from "@candlehouse/shared/d1/api-keys";
import { parseKey } from "@candlehouse/shared/core/api-key";
import { TIME_FORMS } from "@candlehouse/shared/core/time";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createApp, type App } from "../src/app.ts";
import { asJson, problemIn, sha256Of } from "./answers.ts";
import { BOOTSTRAP_KEY, deployedSettings, storeKey } from "./callers.ts";

interface Key {
  readonly key: string;
  readonly id: string;
  readonly state: string;
  readonly created_by: string;
  readonly revoked_at: number | null;
  readonly last_used_at: number | null;
}

let settings: object = {};
let app: App;
const lines: string[] = [];

beforeAll(async () => {
  settings = await deployedSettings();
});

beforeEach(() => {
  app = createApp();
  lines.length = 0;
  vi.spyOn(console, "log").mockImplementation((line) => void lines.push(String(line)));
  vi.spyOn(console, "error").mockImplementation((line) => void lines.push(String(line)));
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function ask(
  method: string,
  path: string,
  key: string,
  body?: object,
  changes: object = {},
): Promise<Response> | Response {
  const headers = { authorization: `Bearer ${key}` };
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  return app.request(path, asJson(init), { ...env, ...settings, ...changes });
}

async function create(order: object): Promise<Key> {
  const response = await ask("POST", "/v1/keys", BOOTSTRAP_KEY, order);
  expect(response.status).toBe(201);
  expect(response.headers.get("cache-control")).toBe("no-store");
  return response.json();
}

async function stored(id: string): Promise<StoredKey | undefined> {
  return findKey(env.DB, id);
}

/** Rows that the ledger has of serving. */
async function written(): Promise<number> {
  const row = await env.DB.prepare(
    "SELECT sum(rows_written) AS written FROM cost_ledger WHERE work = 'serve'",
  ).first<{ written: number | null }>();
  return row?.written ?? 0;
}

describe("a key", () => {
  test("is told once, and stored as a hash alone", async () => {
    const { key, id, ...answer } = await create({ name: " a bot ", scope: "write", rate: 60 });
    const parts = parseKey(key);
    expect(parts?.id).toBe(id);
    expect(answer).toMatchObject({ name: "a bot", scope: "write", rate: 60, state: "live" });
    const row = await stored(id);
    expect(row?.secret_sha256).toBe(await sha256Of(parts?.secret ?? ""));
    expect(JSON.stringify(row)).not.toContain(parts?.secret);
    const list = await (await ask("GET", "/v1/keys", BOOTSTRAP_KEY)).text();
    expect(list).toContain(id);
    expect(list).not.toContain(parts?.secret);
    expect(list).not.toContain(row?.secret_sha256);
    expect(lines.join()).not.toContain(parts?.secret);
  });

  test("creates others where it is an admin's, which say who made them", async () => {
    const { key, id } = await create({ name: "operator", scope: "admin" });
    const response = await ask("POST", "/v1/keys", key, { name: "reader", scope: "read" });
    expect(await response.json()).toMatchObject({ created_by: `key:${id}`, expires_at: null });
  });

  test.each([
    [{ scope: "read" }, "name"],
    [{ name: "", scope: "read" }, "name"],
    [{ name: "x".repeat(101), scope: "read" }, "name"],
    [{ name: "a\u001b[2Jb", scope: "read" }, "name"],
    [{ name: "a", scope: "root" }, "scope"],
    [{ name: "a" }, "scope"],
    [{ name: "a", scope: "read", rate: 61 }, "rate"],
    [{ name: "a", scope: "read", expires_at: "yesterday" }, "expires_at"],
    [{ name: "a", scope: "read", expires_at: 1_700_000_000 }, "expires_at"],
    [{ name: "a", scope: "read", secret: "x" }, "secret"],
  ])("is not made of %j", async (order, parameter) => {
    const problem = await problemIn(await ask("POST", "/v1/keys", BOOTSTRAP_KEY, order));
    expect(problem).toMatchObject({ status: 400, parameter });
  });

  test.each([1, " ", "yesterday", true])(
    "that expires at %j is refused with what is allowed",
    async (expiresAt) => {
      const order = { name: "a", scope: "read", expires_at: expiresAt };
      const problem = await problemIn(await ask("POST", "/v1/keys?start=", BOOTSTRAP_KEY, order));
      expect(problem).toMatchObject({
        status: 400,
        code: "invalid_input",
        parameter: "expires_at",
        detail: `expires_at ${JSON.stringify(expiresAt)} is not allowed: ${TIME_FORMS}`,
      });
    },
  );

  test("that never expires may say so", async () => {
    const order = { name: "a bot for ever", scope: "read", expires_at: null };
    expect(await create(order)).toMatchObject({ expires_at: null });
  });

  test("is made once where its order is repeated, and again when the first one is revoked", async () => {
    const order = { name: "repeated", scope: "read" };
    const { id } = await create(order);
    const problem = await problemIn(await ask("POST", "/v1/keys", BOOTSTRAP_KEY, order));
    expect(problem).toMatchObject({ status: 400, code: "invalid_input", parameter: "name" });
    expect(problem.detail).toContain(id);
    const answers = await Promise.all(
      [1, 2, 3].map(async () =>
        ask("POST", "/v1/keys", BOOTSTRAP_KEY, { name: "at the same time", scope: "read" }),
      ),
    );
    const made = answers.filter(({ status }) => status === 201);
    expect(made).toHaveLength(1);
    await ask("DELETE", `/v1/keys/${id}`, BOOTSTRAP_KEY);
    expect((await create(order)).id).not.toBe(id);
  });

  test("may have the name of one that has expired", async () => {
    const nowSeconds = Math.floor(Date.now() / 1_000);
    const order = { name: "each month", scope: "read", expires_at: nowSeconds + 60 };
    await create(order);
    vi.useFakeTimers({ now: (nowSeconds + 60) * 1_000, toFake: ["Date"] });
    const second = await create({ ...order, expires_at: nowSeconds + 120 });
    expect(second.state).toBe("live");
  });

  test("and its use are in the ledger with what they cost", async () => {
    const begin = await written();
    // The key, two rows of the audit log, and the ledger's own.
    const { key, id } = await create({ name: "counted", scope: "read" });
    expect(await written()).toBe(begin + 4);
    // That it was used, and the ledger's own; once an hour.
    await ask("GET", "/v1/alerts", key, undefined, { READS: "keyed" });
    await ask("GET", "/v1/alerts", key, undefined, { READS: "keyed" });
    expect(await written()).toBe(begin + 6);
    await ask("DELETE", `/v1/keys/${id}`, BOOTSTRAP_KEY);
    expect(await written()).toBe(begin + 10);
    await ask("POST", "/trigger", BOOTSTRAP_KEY, {});
    expect(await written()).toBe(begin + 13);
  });

  test("is refused from the second on in which it expires", async () => {
    const expiresAt = Math.floor(Date.now() / 1_000) + 60;
    const { key } = await create({ name: "short", scope: "write", expires_at: expiresAt });
    expect((await ask("POST", "/trigger", key, {})).status).toBe(200);
    vi.useFakeTimers({ now: expiresAt * 1_000, toFake: ["Date"] });
    const problem = await problemIn(await ask("POST", "/trigger", key, {}));
    expect(problem).toMatchObject({ status: 401, detail: expect.stringContaining("has expired") });
  });

  test("is refused at once where it is revoked, and stays in the list", async () => {
    const { key, id } = await create({ name: "lost", scope: "write" });
    expect((await ask("POST", "/trigger", key, {})).status).toBe(200);
    const first: Key = await (await ask("DELETE", `/v1/keys/${id}`, BOOTSTRAP_KEY)).json();
    expect(first).toMatchObject({ id, state: "revoked" });
    vi.useFakeTimers({ now: Date.now() + 5_000, toFake: ["Date"] });
    const again: Key = await (await ask("DELETE", `/v1/keys/${id}`, BOOTSTRAP_KEY)).json();
    expect(again.revoked_at).toBe(first.revoked_at);
    expect((await ask("POST", "/trigger", key, {})).status).toBe(401);
    const { keys }: { keys: Key[] } = await (
      await ask("GET", "/v1/keys?limit=1000", BOOTSTRAP_KEY)
    ).json();
    expect(keys.find((one) => one.id === id)?.state).toBe("revoked");
  });

  test("that another isolate revoked is let in for half a minute at most", async () => {
    const { key, id } = await create({ name: "lost elsewhere", scope: "write" });
    expect((await ask("POST", "/trigger", key, {})).status).toBe(200);
    await createApp().request(
      `/v1/keys/${id}`,
      { method: "DELETE", headers: { authorization: `Bearer ${BOOTSTRAP_KEY}` } },
      { ...env, ...settings },
    );
    expect((await ask("POST", "/trigger", key, {})).status).toBe(200);
    vi.useFakeTimers({ now: Date.now() + 30_000, toFake: ["Date"] });
    expect((await ask("POST", "/trigger", key, {})).status).toBe(401);
  });

  test.each(["aaaaaaaaaaaa", "no-key"])("that is not there cannot be revoked: %s", async (id) => {
    const problem = await problemIn(await ask("DELETE", `/v1/keys/${id}`, BOOTSTRAP_KEY));
    expect(problem).toMatchObject({ status: 404, code: "not_found" });
  });

  test("says the hour of its last use, and writes it once an hour", async () => {
    const { key, id } = await create({ name: "a bot in use", scope: "read" });
    const changes = { READS: "keyed" };
    const now = Date.UTC(2030, 0, 1, 10, 59);
    vi.useFakeTimers({ now, toFake: ["Date"] });
    await ask("GET", "/v1/alerts", key, undefined, changes);
    const hour = Date.UTC(2030, 0, 1, 10) / 1_000;
    expect((await stored(id))?.last_used_at).toBe(hour);
    // Written by hand: a second write would put it back.
    await env.DB.prepare("UPDATE api_keys SET last_used_at = 1 WHERE id = ?1").bind(id).run();
    await ask("GET", "/v1/alerts", key, undefined, changes);
    expect((await stored(id))?.last_used_at).toBe(1);
    vi.setSystemTime(now + 120_000);
    await ask("GET", "/v1/alerts", key, undefined, changes);
    expect((await stored(id))?.last_used_at).toBe(hour + 3_600);
  });

  test("is listed in pages, the newest first", async () => {
    const ids: string[] = [];
    let cursor = "";
    do {
      const response = await ask("GET", `/v1/keys?limit=3${cursor}`, BOOTSTRAP_KEY);
      const page: { keys: Key[]; next_cursor: string | null } = await response.json();
      ids.push(...page.keys.map(({ id }) => id));
      cursor = page.next_cursor === null ? "" : `&cursor=${page.next_cursor}`;
    } while (cursor !== "");
    const { results } = await env.DB.prepare(
      "SELECT id FROM api_keys ORDER BY created_at DESC, id DESC",
    ).all<{ id: string }>();
    expect(ids).toEqual(results.map(({ id }) => id));
    expect(ids.length).toBeGreaterThan(6);
  });
});

describe("a scope that is not enough", () => {
  test("is told with the one that is needed, and logged with the key's id and no secret", async () => {
    const { text, id } = await storeKey("read");
    const problem = await problemIn(await ask("POST", "/trigger", text, {}));
    expect(problem).toMatchObject({
      status: 403,
      code: "forbidden",
      detail: "this needs the scope write, while the key shown has read",
    });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        event: "access.refused",
        code: "forbidden",
        scope: "write",
        method: "POST",
        route: "/trigger",
        caller: `key:${id}`,
        reason: problem.detail,
      },
    ]);
  });
});

describe("where no key is configured", () => {
  test("a wrong one is told so, unless any is there to be shown", async () => {
    await env.DB.prepare("DELETE FROM api_keys").run();
    const none = {
      BOOTSTRAP_KEY_SHA256: undefined,
      JWT_ISSUER: "",
      JWT_AUDIENCE: "",
      JWT_JWKS_URL: "",
    };
    const closed = await problemIn(await ask("POST", "/trigger", "any", {}, none));
    expect(closed).toMatchObject({ status: 403, code: "writes_closed" });
    await storeKey("admin");
    const wrong = await problemIn(await ask("POST", "/trigger", "any", {}, none));
    expect(wrong).toMatchObject({ status: 401, code: "unauthorized" });
  });
});
