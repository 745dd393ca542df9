import { applyD1Migrations, createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { shardOf } from "@candlehouse/shared/core/shard";
import { SOURCES } from "@candlehouse/shared/core/source";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { joinDatabases } from "@candlehouse/shared/d1/databases";
import {
  listGaps,
  listNewestGaps,
  listRepairs,
  type GapPosition,
} from "@candlehouse/shared/d1/list-gaps";
import { markStatement } from "@candlehouse/shared/d1/mark-statement";
import { readSeries } from "@candlehouse/shared/d1/read-series";
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import worker from "../src/index.ts";

const THREE: readonly D1Database[] = [env.FIRST_DB, env.SECOND_DB, env.THIRD_DB];

beforeAll(async () => {
  for (const [number, db] of THREE.entries()) {
    await applyD1Migrations(db, env.TEST_MIGRATIONS);
    await db.prepare(markStatement({ number, count: THREE.length })).run();
  }
});

const SERIES: fc.Arbitrary<Series[]> = fc.uniqueArray(
  fc.record({
    source: fc.constantFrom(...SOURCES.slice(0, 3)),
    symbol: fc.constantFrom("BTC-USD", "ETH-USD", "ETH-USDT", "A-USD", "A1-USD", "ZEC-EUR"),
    timeframe: fc.constantFrom(...TIMEFRAMES.slice(0, 4)),
  }),
  { selector: formatSeries, minLength: 1, maxLength: 25 },
);

/** Puts `list`, with a gap or two each, where it is in three databases, and all of it in one. */
async function fill(list: readonly Series[], seeds: readonly number[]): Promise<void> {
  for (const db of [...THREE, env.DB]) {
    await db.batch(["series", "gaps"].map((table) => db.prepare(`DELETE FROM ${table}`)));
    const own = list.filter((one) => db === env.DB || THREE[shardOf(one, 3)] === db);
    const statements = own.flatMap((one) => {
      const { source, symbol, timeframe } = one;
      const seed = seeds[list.indexOf(one) % seeds.length] ?? 0;
      const add = db
        .prepare(
          "INSERT INTO series (source, symbol, timeframe, native_symbol, tier) VALUES (?, ?, ?, 'X', ?)",
        )
        .bind(source, symbol, timeframe, 1 + (seed % 4));
      const gaps = [seed % 5, 5 + (seed % 3)].map((place) =>
        db
          .prepare(
            `INSERT INTO gaps VALUES (?, ?, ?, ?, ?, 1, 1, 'unknown', 'open', '{}', ?, 0, ?)`,
          )
          .bind(source, symbol, timeframe, place * 60, place * 60 + 60, seed % 3, seed % 7),
      );
      return [add, ...gaps];
    });
    if (statements.length > 0) {
      await db.batch(statements);
    }
  }
}

/** All pages of a list, one after the other. */
async function pagesOf<Row, Position>(
  list: (after: Position | undefined) => Promise<{ readonly rows: readonly Row[] }>,
  positionOf: (row: Row) => Position,
): Promise<Row[][]> {
  const pages: Row[][] = [];
  for (let after: Position | undefined; ;) {
    const { rows } = await list(after);
    const last = rows.at(-1);
    if (last === undefined) {
      return pages;
    }
    pages.push([...rows]);
    after = positionOf(last);
  }
}

function gapPosition(gap: { readonly series: Series; readonly start: number }): GapPosition {
  return { ...gap.series, start: gap.start };
}

describe("lists of three databases", () => {
  test("have the pages that one database has", { timeout: 120_000 }, async () => {
    const three = joinDatabases(THREE);
    const bothHave = async (ask: (db: D1Database) => Promise<unknown>): Promise<void> => {
      expect(await ask(three)).toEqual(await ask(env.DB));
    };
    await fc.assert(
      fc.asyncProperty(
        SERIES,
        fc.array(fc.nat({ max: 100 }), { minLength: 1 }),
        fc.integer({ min: 4, max: 12 }),
        async (list, seeds, limit) => {
          await fill(list, seeds);
          await bothHave((db) =>
            pagesOf(
              (after: Series | undefined) => readSeries(db, {}, { after, limit }),
              (row) => row,
            ),
          );
          await bothHave((db) =>
            pagesOf(
              (after: Series | undefined) => readSeries(db, { tier: 2 }, { after, limit }),
              (row) => row,
            ),
          );
          for (const gaps of [listGaps, listNewestGaps]) {
            await bothHave((db) =>
              pagesOf((after: GapPosition | undefined) => gaps(db, {}, after, limit), gapPosition),
            );
          }
          await bothHave(async (db) => (await listRepairs(db, {}, limit)).rows);
        },
      ),
      { numRuns: 5 },
    );
  });
});

/** The status that the Worker answers with which is bound to `db` alone. */
async function askOne(db: D1Database, path: string): Promise<number> {
  // Past what another test's answer has left in this isolate.
  const request = new Request<unknown, IncomingRequestCfProperties>(
    `https://candlehouse.test${path}`,
    { headers: { "cache-control": "no-cache" } },
  );
  const answer = await worker.fetch(request, { ...env, DB: db }, createExecutionContext());
  await answer.arrayBuffer();
  return answer.status;
}

describe("one of three databases, bound alone", () => {
  test.each([
    "/health",
    "/v1/series",
    "/v1/gaps",
    "/v1/completeness",
    "/v1/archive",
    "/v1/costs",
    "/binance/api/v3/exchangeInfo",
  ])("is not taken for all of them: %s", async (path) => {
    expect(await Promise.all(THREE.map((db) => askOne(db, path)))).toEqual([503, 503, 503]);
    expect(await askOne(env.DB, path)).toBe(200);
  });
});
