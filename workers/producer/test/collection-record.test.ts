import { newTally } from "@candlehouse/shared/core/ledger";
import { recordShard, type ShardRecord } from "@candlehouse/shared/d1/collection-record";
import { countD1 } from "@candlehouse/shared/ledger/count-d1";
import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";

const NOW = 1_795_348_800;
const SERIES = 500;

const NOTHING: ShardRecord = {
  source: "binance",
  nowSeconds: NOW,
  silent: [],
  failed: [],
  caughtUp: [],
  recovered: [],
  state: "ok",
  code: null,
  reason: null,
};

/** The series `index` of the source. */
function seriesAt(index: number) {
  return { symbol: `C${index}-USDT`, timeframe: "1m" } as const;
}

beforeEach(async () => {
  const symbols = Array.from({ length: SERIES }, (_, index) => seriesAt(index).symbol);
  await env.DB.prepare(
    `INSERT INTO series (source, symbol, timeframe, native_symbol, tier, failure_count,
       catch_up_from, catch_up_until)
     SELECT source.value, symbol.value, '1m', symbol.value, 1, 1, ?2 - 6000, ?2 - 60
     FROM json_each('["binance", "kraken"]') AS source, json_each(?1) AS symbol`,
  )
    .bind(JSON.stringify(symbols), NOW)
    .run();
});

/** Records `change`: which series are not as they were then, and the rows that were read. */
async function record(change: Partial<ShardRecord>) {
  const tally = newTally();
  await recordShard(countD1(env.DB, tally), { ...NOTHING, ...change });
  const { results } = await env.DB.prepare(
    `SELECT source, symbol, asked_until, failure_count, retry_at, catch_up_from, catch_up_until
     FROM series WHERE asked_until IS NOT NULL OR failure_count <> 1 OR catch_up_from <> ?1 - 6000
       OR catch_up_from IS NULL ORDER BY source, symbol`,
  )
    .bind(NOW)
    .all();
  return { changed: results, rowsRead: tally.rows_read };
}

test("what a shard leaves costs the series that it is about, and not all of the source", async () => {
  const some = [seriesAt(7), seriesAt(490)];
  const silent = some.map((one) => ({ ...one, askedUntil: NOW - 600 }));
  const failed = some.map((one) => ({
    ...one,
    code: "source_unavailable" as const,
    reason: "no",
    failureCount: 2,
    retryAt: NOW + 90,
  }));
  const caughtUp = some.map((one) => ({ ...one, until: NOW - 3_000 }));
  const changes: Partial<ShardRecord>[] = [
    { silent },
    { failed },
    { caughtUp },
    { recovered: some },
  ];
  for (const change of changes) {
    const { changed, rowsRead } = await record(change);
    expect(changed.map(({ source, symbol }) => [source, symbol])).toEqual([
      ["binance", "C490-USDT"],
      ["binance", "C7-USDT"],
    ]);
    // The state of the source, and a few rows for each of the two.
    expect(rowsRead).toBeLessThan(20);
  }
});
