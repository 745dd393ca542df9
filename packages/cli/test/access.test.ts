import { describe, expect, test } from "vitest";
import { runAgainst, runCli } from "./run-cli.ts";

const ID = "k3v7x2qw5abc";
const KEY = `chk_${ID}_${"s".repeat(43)}`;

const BOT = {
  id: ID,
  name: "trading bot",
  scope: "read",
  rate: 600,
  state: "live",
  created_at: 1_795_400_000,
  created_by: "bootstrap",
  expires_at: null,
  revoked_at: null,
  last_used_at: null,
};

const ORDER = {
  at: 1_795_400_000,
  id: "001-abcdefghijkl",
  caller: `key:${ID}`,
  name: "trading bot",
  method: "POST",
  path: "/trigger",
  detail: { body: { symbol: "BTC-USDT" } },
  status: null,
  duration_ms: null,
};

describe("keys", () => {
  test("lists all of them, page by page", async () => {
    const other = { ...BOT, id: "aaaaaaaaaaaa", state: "revoked", revoked_at: 1 };
    const { code, out, asked } = await runAgainst(
      {
        "GET /v1/keys": [
          [200, { keys: [BOT], next_cursor: "more" }],
          [200, { keys: [other], next_cursor: null }],
        ],
      },
      ["keys"],
    );
    expect(code).toBe(0);
    expect(asked.map(({ query }) => query["cursor"])).toEqual([undefined, "more"]);
    expect(out).toMatch(/k3v7x2qw5abc +trading bot +read +live +600 /);
    expect(out).toMatch(/\n2 keys, 1 live\n$/);
  });

  test("prints a new one alone on standard output, and what it may on standard error", async () => {
    const expiring = { ...BOT, expires_at: 1_803_200_000 };
    const { code, out, err, asked } = await runAgainst(
      { "POST /v1/keys": [[201, { ...expiring, key: KEY }]] },
      ["keys", "create", "trading bot", "--scope", "read", "--rate", "600", "--days", "90"],
    );
    expect([code, out]).toEqual([0, `${KEY}\n`]);
    expect(err).toContain(
      'the key k3v7x2qw5abc for "trading bot" has the scope read until 2027-02-21',
    );
    expect(err).not.toContain(KEY);
    expect(asked[0]?.body).toEqual({
      name: "trading bot",
      scope: "read",
      rate: 600,
      expires_at: expect.any(Number),
    });
  });

  test("gives one as JSON", async () => {
    const { out } = await runAgainst({ "POST /v1/keys": [[201, { ...BOT, key: KEY }]] }, [
      "keys",
      "create",
      "trading bot",
      "--scope",
      "read",
      "--expires",
      "2027-01-01",
      "--json",
    ]);
    expect(JSON.parse(out)).toMatchObject({ key: KEY, id: ID });
  });

  test.each([
    [["create", "a bot"], "required option '--scope <scope>' not specified"],
    [["create", "a bot", "--scope", "root"], "--scope"],
    [["create", "a bot", "--scope", "read", "--rate", "61"], "--rate"],
    [
      ["create", "a", "--scope", "read", "--days", "1", "--expires", "2030-01-01"],
      "cannot be used with",
    ],
    [["revoke", KEY], "An id is the 12 characters between the underscores of the key"],
  ])("refuses %j", async (words, reason) => {
    const { code, err } = await runCli(["keys", ...words]);
    expect(code).toBe(2);
    expect(err).toContain(reason);
  });

  test("revokes those that are named", async () => {
    const { code, out, asked } = await runAgainst(
      { [`DELETE /v1/keys/${ID}`]: [[200, { ...BOT, state: "revoked", revoked_at: 1 }]] },
      ["keys", "revoke", ID],
    );
    expect([code, out]).toEqual([0, `the key ${ID} for "trading bot" is revoked\n`]);
    expect(asked).toHaveLength(1);
  });

  test("says which scope is missing", async () => {
    const detail = "this needs the scope admin, while the key shown has read";
    const { code, err } = await runAgainst(
      { "GET /v1/keys": [[403, { detail, code: "forbidden", status: 403 }]] },
      ["keys"],
    );
    expect([code, err]).toEqual([1, `candlehouse: /v1/keys failed: ${detail}\n`]);
  });
});

describe("audit", () => {
  test("lists orders with who gave them and what came of them", async () => {
    const { code, out, asked } = await runAgainst(
      {
        "GET /v1/audit": [
          [
            200,
            { orders: [ORDER, { ...ORDER, status: 200, duration_ms: 7 }], next_cursor: "more" },
          ],
          [200, { orders: [ORDER], next_cursor: "more" }],
        ],
      },
      ["audit", "--caller", `key:${ID}`, "--since", "2026-11-01", "--limit", "3"],
    );
    expect(code).toBe(0);
    expect(asked.map(({ query }) => query)).toEqual([
      { caller: `key:${ID}`, since: "1793491200", limit: "3" },
      { caller: `key:${ID}`, since: "1793491200", limit: "1", cursor: "more" },
    ]);
    expect(out).toMatch(/key:k3v7x2qw5abc +trading bot +POST \/trigger +none +–/);
    expect(out).toContain('{"body":{"symbol":"BTC-USDT"}}');
    expect(out).toMatch(/\n3 orders\n$/);
  });

  test("answers with one JSON document", async () => {
    const { out } = await runAgainst(
      { "GET /v1/audit": [[200, { orders: [], next_cursor: null }]] },
      ["audit", "--json"],
    );
    expect(JSON.parse(out)).toEqual({ orders: [] });
  });
});
