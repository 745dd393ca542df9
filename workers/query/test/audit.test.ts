import type { AuditRow } from "@candlehouse/shared/core/access-audit";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createApp } from "../src/app.ts";
import { asJson, problemIn } from "./answers.ts";
import { BOOTSTRAP_KEY, deployedSettings, signToken, storeKey } from "./callers.ts";

const ORDER = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };

interface Listed extends Omit<AuditRow, "detail"> {
  readonly detail: Readonly<Record<string, unknown>>;
}

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
  vi.restoreAllMocks();
});

function ask(
  method: string,
  path: string,
  init: RequestInit = {},
  changes: object = {},
): Promise<Response> | Response {
  const headers = new Headers(init.headers);
  headers.set("authorization", headers.get("authorization") ?? `Bearer ${BOOTSTRAP_KEY}`);
  return createApp().request(path, asJson({ ...init, method, headers }), {
    ...env,
    ...settings,
    ...changes,
  });
}

async function rows(): Promise<AuditRow[]> {
  const { results } = await env.DB.prepare(
    "SELECT * FROM audit_log ORDER BY at, id",
  ).all<AuditRow>();
  return results;
}

async function list(query = ""): Promise<{ orders: Listed[]; next_cursor: string | null }> {
  const response = await ask("GET", `/v1/audit${query}`);
  expect(response.status).toBe(200);
  return response.json();
}

function names({ orders }: { readonly orders: readonly Listed[] }): string[] {
  return orders.map(({ at, id }) => `${at} ${id}`);
}

/** D1, but for adding to the audit log what came of an order. */
function prepareButTheEnd(sql: string): D1PreparedStatement {
  return env.DB.prepare(
    sql.startsWith("UPDATE audit_log") ? "UPDATE no_such_table SET a = 1" : sql,
  );
}

describe("an order", () => {
  test("is in the log with who, what and what came of it", async () => {
    await ask("POST", "/trigger", { body: JSON.stringify(ORDER) });
    const { orders } = await list();
    expect(orders).toEqual([
      {
        at: expect.any(Number),
        id: expect.stringMatching(/^\d{3}-[a-z2-7]{12}$/),
        caller: "bootstrap",
        name: null,
        method: "POST",
        path: "/trigger",
        detail: { body: ORDER },
        status: 200,
        duration_ms: expect.any(Number),
      },
    ]);
    expect(Math.abs((orders[0]?.at ?? 0) - Date.now() / 1_000)).toBeLessThan(60);
  });

  test("is there before it is carried out", async () => {
    const seen: AuditRow[] = [];
    const PRODUCER = {
      fetch: async () => {
        seen.push(...(await rows()));
        return Response.json({ inserted: 0, message: "", next_trigger: null });
      },
    };
    await ask("POST", "/trigger", { body: JSON.stringify(ORDER) }, { PRODUCER });
    expect(seen).toMatchObject([{ caller: "bootstrap", status: null, duration_ms: null }]);
  });

  test("that fails is in the log with its failure, and one that is refused by its body too", async () => {
    const PRODUCER = { fetch: () => Promise.reject(new Error("the producer is gone")) };
    await ask("POST", "/trigger", { body: JSON.stringify(ORDER) }, { PRODUCER });
    await ask("POST", "/trigger", { body: "secret words" });
    const [failed, refused] = (await list()).orders.toReversed();
    expect(failed).toMatchObject({ status: 500, detail: { body: ORDER } });
    expect(refused).toMatchObject({ status: 400, detail: { body_bytes: 12 } });
  });

  test("that cannot be recorded is not carried out", async () => {
    await env.DB.prepare("ALTER TABLE audit_log RENAME TO audit_log_away").run();
    const asked = vi.fn<() => Promise<Response>>();
    const response = await ask(
      "POST",
      "/trigger",
      { body: JSON.stringify(ORDER) },
      { PRODUCER: { fetch: asked } },
    );
    await env.DB.prepare("ALTER TABLE audit_log_away RENAME TO audit_log").run();
    expect(await problemIn(response)).toMatchObject({ status: 503, code: "storage_unavailable" });
    expect(asked).not.toHaveBeenCalled();
  });

  test("whose end cannot be recorded is answered all the same", async () => {
    const DB = { prepare: prepareButTheEnd };
    const response = await ask("POST", "/trigger", { body: JSON.stringify(ORDER) }, { DB });
    expect(response.status).toBe(200);
    expect(await rows()).toMatchObject([{ status: null, duration_ms: null }]);
    expect(lines.join()).toContain("audit log");
  });

  test("of a file is in the log with its size and without its bytes", async () => {
    const body = new TextEncoder().encode("1609459200,1,2,3,4,5,6");
    const headers = { "content-type": "text/csv", "content-length": String(body.length) };
    const response = await ask("POST", "/v1/imports?name=a.csv", { body, headers });
    expect(await response.json()).toMatchObject({ bytes: body.length });
    expect((await list()).orders).toMatchObject([
      {
        path: "/v1/imports",
        detail: { query: "name=a.csv", body_bytes: body.length },
        status: 202,
      },
    ]);
  });

  test("is named by the key or the token that it came with", async () => {
    const { text, id } = await storeKey("write");
    for (const key of [text, await signToken()]) {
      const headers = { authorization: `Bearer ${key}` };
      await ask("DELETE", "/v1/backfills/1", { headers }, { JWT_SCOPE: "write" });
    }
    expect(await rows()).toMatchObject([
      { caller: `key:${id}`, name: expect.stringContaining("the write key"), detail: "{}" },
      { caller: "jwt:ann", name: "ann@example.com" },
    ]);
  });

  test("leaves no secret in the log, wherever it was put", async () => {
    const { text } = await storeKey("admin");
    const token = await signToken();
    const body = JSON.stringify({ name: text, note: token, scope: "read" });
    await ask("POST", `/v1/keys?key=${text}`, { body });
    const [row] = await rows();
    expect(row?.detail).not.toContain(text.slice(17));
    expect(row?.detail).not.toContain(token.split(".")[2]);
  });
});

describe("the log", () => {
  test("has no row of a read, and none of a call that was refused", async () => {
    await ask("GET", "/v1/alerts");
    await ask("GET", "/v1/keys");
    await ask("GET", "/v1/archive/runs/1");
    await ask("POST", "/grafana/tag-keys", { body: "{}" });
    await ask("POST", "/trigger", { body: "{}", headers: { authorization: "Bearer wrong" } });
    await ask("POST", "/v1/forgotten", { body: "{}" });
    await ask("POST", "/trigger", { body: "x".repeat(64_001) });
    expect(await rows()).toEqual([]);
  });

  test("is read newest first, by caller, by time and in pages", async () => {
    const insert = env.DB.prepare(
      "INSERT INTO audit_log (at, id, caller, method, path, detail) VALUES (?1, ?2, ?3, 'POST', '/trigger', '{}')",
    );
    const stored = [
      [1_700_000_000, "001-a", "bootstrap"],
      [1_700_000_000, "002-a", "local"],
      [1_700_000_001, "000-a", "bootstrap"],
      [1_700_000_002, "000-a", "bootstrap"],
    ] as const;
    await env.DB.batch(stored.map((row) => insert.bind(...row)));
    expect(names(await list())).toEqual([
      "1700000002 000-a",
      "1700000001 000-a",
      "1700000000 002-a",
      "1700000000 001-a",
    ]);
    expect(names(await list("?caller=local"))).toEqual(["1700000000 002-a"]);
    expect(names(await list("?since=1700000001"))).toEqual([
      "1700000002 000-a",
      "1700000001 000-a",
    ]);
    const first = await list("?caller=bootstrap&limit=2");
    expect(names(first)).toEqual(["1700000002 000-a", "1700000001 000-a"]);
    const second = await list(`?caller=bootstrap&limit=2&cursor=${first.next_cursor}`);
    expect([names(second), second.next_cursor]).toEqual([["1700000000 001-a"], null]);
  });

  test.each(["caller=somebody", "caller=key:short", "since=never", "limit=0", "state=open"])(
    "is not read by %s",
    async (query) => {
      const problem = await problemIn(await ask("GET", `/v1/audit?${query}`));
      expect(problem).toMatchObject({ status: 400, parameter: query.split("=")[0] });
    },
  );
});
