import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { archiveChangesSchema } from "../src/operations-schemas.ts";
import { get, problemOf, read } from "./answers.ts";
import { archiveMonth } from "./archive-changes-rows.ts";

describe("GET /v1/archive/changes", () => {
  beforeEach(async () => {
    await env.DB.batch(
      ["archive_files", "archive_changes"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
    );
  });

  test("tells what came and went, newest first", async () => {
    await archiveMonth({ symbol: "BTC-USDT", at: 100, sequence: 1 });
    await archiveMonth({ symbol: "BTC-USDT", at: 300, sequence: 2 });
    await archiveMonth({ symbol: "ADA-USDT", at: 200, sequence: 1, kind: "register" });
    const { changes, next_cursor } = await read("/v1/archive/changes", archiveChangesSchema);
    expect(changes.map(({ series, sequence, at, kind }) => [series, sequence, at, kind])).toEqual([
      ["binance:BTC-USDT:1m", 2, 300, "archive"],
      ["binance:ADA-USDT:1m", 1, 200, "register"],
      ["binance:BTC-USDT:1m", 1, 100, "archive"],
    ]);
    expect(changes[0]).toMatchObject({
      partition: "2026-10",
      added: 1,
      removed: 1,
      file: { key: "BTC-USDT-2", rows: 1_002, bytes: 18_002 },
    });
    expect(changes[2]).toMatchObject({ added: 1, removed: 0 });
    expect(next_cursor).toBeNull();
  });

  test("has no file where none came, or where it is gone by now", async () => {
    await archiveMonth({ symbol: "BTC-USDT", at: 100, sequence: 1 });
    await archiveMonth({ symbol: "ETH-USDT", at: 90, sequence: 1, adds: false });
    await env.DB.prepare("DELETE FROM archive_files WHERE symbol = 'BTC-USDT'").run();
    const { changes } = await read("/v1/archive/changes", archiveChangesSchema);
    expect(changes.map(({ added, file }) => [added, file])).toEqual([
      [1, null],
      [0, null],
    ]);
  });

  test("has each change once over all pages, also of one second", async () => {
    const all: string[] = [];
    for (let index = 0; index < 23; index += 1) {
      const symbol = `A${index}-USDT`;
      await archiveMonth({ symbol, at: 1_000 + Math.floor(index / 10), sequence: 1 });
      all.push(`binance:${symbol}:1m`);
    }
    const found: string[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const path = `/v1/archive/changes?limit=5${cursor === "" ? "" : `&cursor=${cursor}`}`;
      const page: { changes: { series: string }[]; next_cursor: string | null } = await read(
        path,
        archiveChangesSchema,
      );
      found.push(...page.changes.map(({ series }) => series));
      cursor = page.next_cursor;
    }
    expect(found).toHaveLength(23);
    expect(found.toSorted()).toEqual(all.toSorted());
  });

  test("reads the rows of a page, however long the history is", async () => {
    for (let index = 0; index < 60; index += 1) {
      await archiveMonth({ symbol: `A${index}-USDT`, at: index, sequence: 1 });
    }
    const first = await get("/v1/archive/changes?limit=5");
    const { next_cursor: cursor } = archiveChangesSchema.parse(await first.json());
    const second = await get(`/v1/archive/changes?limit=5&cursor=${cursor}`);
    for (const { headers } of [first, second]) {
      const rows = Number(/(\d+) rows read/.exec(headers.get("server-timing") ?? "")?.[1]);
      expect(rows).toBeGreaterThan(0);
      expect(rows).toBeLessThanOrEqual(6 * 5);
    }
  });

  test.each([
    ["limit=0", "limit"],
    ["limit=1001", "limit"],
    ["cursor=abc", "cursor"],
    ["series=binance:BTC-USDT:1m", "series"],
  ])("refuses %s", async (query, parameter) => {
    expect(await problemOf(`/v1/archive/changes?${query}`)).toMatchObject({
      status: 400,
      parameter,
    });
  });
});
