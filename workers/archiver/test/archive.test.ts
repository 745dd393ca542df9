import { env } from "cloudflare:workers";
import type { Candle } from "@candlehouse/shared/core/candle";
import type { Series } from "@candlehouse/shared/core/series";
import { changeText } from "@candlehouse/shared/core/archive";
import { readChain } from "@candlehouse/shared/d1/archive-chain";
import { readPartitionState } from "@candlehouse/shared/d1/archive-manifest";
import { sha256Hex } from "@candlehouse/shared/hash/sha256";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { archivePartition, type Steps } from "../src/archive-partition.ts";
import { loggedEvents } from "./logged-events.ts";
import { gated, type Gate } from "./stoppable.ts";
import {
  candleAt,
  candlesAt,
  contextAt,
  listObjects,
  OCTOBER,
  paramsOf,
  PARTITION,
  putHot,
  readAll,
  readRevisions,
  seriesOf,
  stepsOf,
  TODAY,
} from "./warehouse.ts";

const output = vi.spyOn(console, "log").mockImplementation(() => undefined);
const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);

beforeEach(() => {
  output.mockClear();
  errors.mockClear();
});

function archive(series: Series, nowSeconds = TODAY, steps: Steps = stepsOf()) {
  return archivePartition(contextAt(nowSeconds), paramsOf(series), steps);
}

/** A partition whose candles 0 to 100 are archived; its file's key. */
async function archived(name: string): Promise<{ series: Series; key: string }> {
  const series = seriesOf(name);
  await putHot(series, candlesAt(0, 100));
  const { key } = await archive(series, TODAY - 86_400);
  return { series, key: key ?? "" };
}

/** What `run` threw. */
async function failureOf(run: Promise<unknown>): Promise<Error> {
  try {
    await run;
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}

describe("archiving", () => {
  test("moves what has aged to a file of the partition, value by value, and tells what it did", async () => {
    const series = seriesOf("MOVE");
    const young = { ...candleAt(0), timestamp: paramsOf(series).until };
    await putHot(series, [...candlesAt(0, 2_500), young]);
    const outcome = await archive(series);
    const { hot, cold, keys } = await readAll(series);
    expect(cold).toEqual(candlesAt(0, 2_500));
    expect(hot).toEqual([young]);
    expect(await listObjects(series)).toEqual(keys);
    expect(outcome).toEqual({
      key: keys[0],
      rows: 2_500,
      added: 2_500,
      same: 0,
      revised: 0,
      deleted: 2_500,
    });
    expect(loggedEvents(output, "archive.stored")).toMatchObject([
      { series: "binance:MOVE-USDT:1m", partition: PARTITION, ...outcome },
    ]);
  });

  test("changes nothing when it is run again", async () => {
    const { series } = await archived("AGAIN");
    const before = await readPartitionState(env.DB, series, PARTITION);
    expect(await archive(series)).toMatchObject({ key: null, added: 0, deleted: 0 });
    expect(await readPartitionState(env.DB, series, PARTITION)).toEqual(before);
  });

  test("adds days to the file and keeps the one before it as replaced", async () => {
    const { series, key } = await archived("DAYS");
    await putHot(series, candlesAt(100, 200));
    await archive(series);
    expect((await readAll(series)).cold).toEqual(candlesAt(0, 200));
    const { results } = await env.DB.prepare(
      "SELECT key, replaced_at FROM archive_files WHERE symbol = ?1 AND state = 'replaced'",
    )
      .bind(series.symbol)
      .all();
    expect(results).toEqual([{ key, replaced_at: TODAY }]);
  });

  test("records each change as a link of a chain", async () => {
    const { series } = await archived("CHAIN");
    await putHot(series, candlesAt(100, 110));
    await archive(series);
    const chain = await readChain(env.DB, series, PARTITION);
    expect(chain).toHaveLength(2);
    let hash = "0".repeat(64);
    for (const row of chain) {
      expect(row.beforeHash).toBe(hash);
      hash = sha256Hex(changeText(row, { sequence: row.sequence - 1, hash }));
      expect(row.afterHash).toBe(hash);
    }
  });

  test("reads hot candles in more than one page", async () => {
    const series = seriesOf("PAGES");
    await putHot(series, candlesAt(0, 10_000));
    await putHot(series, candlesAt(10_000, 20_100));
    expect(await archive(series)).toMatchObject({ rows: 20_100, added: 20_100, deleted: 20_100 });
    const { cold, hot } = await readAll(series);
    expect(cold).toEqual(candlesAt(0, 20_100));
    expect(hot).toEqual([]);
  });
});

describe("a late candle of an archived day", () => {
  test("is added to the file where it is new", async () => {
    const series = seriesOf("NEW");
    await putHot(series, [...candlesAt(0, 50), ...candlesAt(51, 100)]);
    await archive(series, TODAY - 86_400);
    await putHot(series, [candleAt(50)]);
    await archive(series);
    expect(await readAll(series)).toMatchObject({ hot: [], cold: candlesAt(0, 100) });
  });

  test("with the same values is deleted from D1, and writes no file", async () => {
    const { series, key } = await archived("SAME");
    await putHot(series, [candleAt(5), candleAt(6)]);
    expect(await archive(series)).toMatchObject({ key, added: 0, same: 2, deleted: 2 });
    expect(await readAll(series)).toMatchObject({ hot: [], cold: candlesAt(0, 100) });
    expect(await readRevisions(series)).toEqual([]);
  });

  test("with other values becomes a revision; the archived one stays", async () => {
    const { series } = await archived("OTHER");
    const restated = candleAt(5, 77.125);
    await putHot(series, [restated]);
    expect(await archive(series)).toMatchObject({ revised: 1, deleted: 1 });
    expect(await readAll(series)).toMatchObject({ hot: [], cold: candlesAt(0, 100) });
    expect(await readRevisions(series)).toEqual([{ ...restated, seen_at_ms: TODAY * 1_000 }]);
  });

  test("is dated before the revisions that came while it was the stored one", async () => {
    const { series } = await archived("ORDER");
    const [second, third] = [candleAt(5, 2), candleAt(5, 3)];
    await putHot(series, [second]);
    await putRevision(series, third, TODAY * 1_000 - 5_000);
    await archive(series);
    expect(await readRevisions(series)).toEqual([
      { ...second, seen_at_ms: TODAY * 1_000 - 5_001 },
      { ...third, seen_at_ms: TODAY * 1_000 - 5_000 },
    ]);
  });

  test("is the newest revision where another one was recorded the day before", async () => {
    const { series } = await archived("TWICE");
    for (const [day, volume] of [111, 222, 333].entries()) {
      await putHot(series, [candleAt(5, volume)]);
      expect(await archive(series, TODAY + day * 86_400)).toMatchObject({ revised: 1, deleted: 1 });
    }
    const revisions = await readRevisions(series);
    expect(revisions.map(({ volume_from, seen_at_ms }) => [volume_from, seen_at_ms])).toEqual(
      [111, 222, 333].map((volume, day) => [volume, (TODAY + day * 86_400) * 1_000]),
    );
    const chain = await readChain(env.DB, series, PARTITION);
    expect(chain.slice(1)).toMatchObject([1, 2, 3].map(() => ({ added: [], removed: [] })));
  });

  test("is dated before what came after it, also when the candle was restated before", async () => {
    const { series } = await archived("TWICEORDER");
    await putHot(series, [candleAt(5, 2)]);
    await archive(series);
    const seenAtMs = (TODAY + 3_600) * 1_000;
    await putHot(series, [candleAt(5, 3)]);
    await putRevision(series, candleAt(5, 4), seenAtMs);
    await archive(series, TODAY + 86_400);
    expect((await readRevisions(series)).map(({ volume_from }) => volume_from)).toEqual([2, 3, 4]);
  });

  test("that arrives after the file was written stays in D1 until the next run", async () => {
    const { series } = await archived("BETWEEN");
    await putHot(series, [...candlesAt(100, 103), candleAt(104)]);
    const late = [candleAt(50, 77.125), candleAt(103)];
    await archive(
      series,
      TODAY,
      stepsBefore("delete 1", () => putHot(series, late)),
    );
    expect((await readAll(series)).hot).toEqual(late);
    await archive(series);
    expect(await readAll(series)).toMatchObject({ hot: [], cold: candlesAt(0, 105) });
    expect(await readRevisions(series)).toMatchObject([{ volume_from: 77.125 }]);
  });

  test("with other values stays in D1 where it arrives while its candle is archived", async () => {
    const { series } = await archived("MEANWHILE");
    await putHot(series, candlesAt(100, 103));
    const restate = async () => {
      await env.DB.prepare(
        "UPDATE price_data SET volume_from = 5 WHERE symbol = ?1 AND trades = 101",
      )
        .bind(series.symbol)
        .run();
    };
    await archive(series, TODAY, stepsBefore("delete 1", restate));
    expect((await readAll(series)).hot).toEqual([candleAt(101, 5)]);
  });
});

/** Steps that do something first when they come to the step `name`. */
function stepsBefore(name: string, first: () => Promise<unknown>): Steps {
  const steps = stepsOf();
  return {
    async do(stepName, step) {
      if (stepName === name) {
        await first();
      }
      return steps.do(stepName, step);
    },
  };
}

async function putRevision(series: Series, candle: Candle, seenAtMs: number): Promise<void> {
  const { timestamp, open, high, low, close, volume_from, volume_to, trades } = candle;
  const key = [series.source, series.symbol, series.timeframe, timestamp, seenAtMs];
  await env.DB.prepare(
    `INSERT INTO candle_revisions (source, symbol, timeframe, timestamp, seen_at_ms, open, high, low,
       close, volume_from, volume_to, trades) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
    .bind(...key, open, high, low, close, volume_from, volume_to, trades)
    .run();
}

describe("deleting what is archived", () => {
  test("stops where the file that was read is not the current one any more", async () => {
    const { series } = await archived("OVERTAKEN");
    await putHot(series, candlesAt(100, 150));
    // What the delete step reads is replaced before it deletes.
    const gate: Gate = async (name, call) => {
      const result = await call();
      if (name === "arrayBuffer" && isDeleting) {
        isDeleting = false;
        await putHot(series, candlesAt(150, 160));
        await archive(series, TODAY + 1);
      }
      return result;
    };
    let isDeleting = false;
    const stores = { bucket: gated(env.BUCKET, gate) };
    const steps = stepsBefore("delete 1", async () => {
      isDeleting = true;
    });
    const run = () => archivePartition(contextAt(TODAY, stores), paramsOf(series), steps);
    expect((await failureOf(run())).message).toMatch(/was replaced while its candles were being/);
    expect(await run()).toMatchObject({ rows: 160 });
    expect(await readAll(series)).toMatchObject({ hot: [], cold: candlesAt(0, 160) });
  });
});

describe("a file that comes back while its object is being deleted", () => {
  test.each(["deleting", "gone"])("is written again where it is %s", async (what) => {
    const { series, key } = await occupied(`CLAIM${what.toUpperCase()}`, (bytes) => bytes);
    await putLeaving(series, key);
    // The clean-up deletes the object after the run has found it there and right.
    const steps = stepsBefore("swap 1", async () => {
      await env.BUCKET.delete(key);
      const sql =
        what === "gone"
          ? "DELETE FROM archive_files WHERE key = ?1"
          : "UPDATE archive_files SET state = 'deleting' WHERE key = ?1";
      await env.DB.prepare(sql).bind(key).run();
    });
    const forgotten: Steps = {
      async do(name, step) {
        if (name === "write 2") {
          await env.DB.prepare("DELETE FROM archive_files WHERE key = ?1").bind(key).run();
        }
        return steps.do(name, step);
      },
    };
    expect(await archive(series, TODAY, forgotten)).toMatchObject({ key, deleted: 100 });
    expect(await readAll(series)).toMatchObject({ hot: [], cold: candlesAt(0, 100) });
  });
});

/** The row of a file that was replaced. */
async function putLeaving({ source, symbol, timeframe }: Series, key: string): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO archive_files (source, symbol, timeframe, partition, key, state, format, rows,
       first_timestamp, last_timestamp, bytes, footer_length, content_hash, file_hash, footer_hash,
       day_counts, created_at, replaced_at)
     VALUES (?1, ?2, ?3, ?4, ?5, 'replaced', 1, 1, 0, 0, 1, 1, '', '', '', '[]', 0, 0)`,
  )
    .bind(source, symbol, timeframe, PARTITION, key)
    .run();
}

describe("two archivers at once", () => {
  test.each(["verify 1", "swap 1", "delete 1"])(
    "lose and double nothing when the second runs before the first one's step %s",
    async (step) => {
      const { series } = await archived(`TWO${step.replace(" ", "").toUpperCase()}`);
      await putHot(series, candlesAt(100, 150));
      const steps = stepsBefore(step, async () => {
        await putHot(series, candlesAt(150, 160));
        await archive(series, TODAY + 1);
      });
      await archive(series, TODAY, steps);
      expect(await readAll(series)).toMatchObject({ hot: [], cold: candlesAt(0, 160) });
      const chain = await readChain(env.DB, series, PARTITION);
      expect(chain.map(({ sequence }) => sequence)).toEqual(chain.map((_, index) => index + 1));
    },
  );

  test("lose and double nothing when each step of one meets the same step of the other", async () => {
    const { series } = await archived("BOTH");
    await putHot(series, candlesAt(100, 150));
    await Promise.all([archive(series), archive(series), archive(series, TODAY + 1)]);
    expect(await readAll(series)).toMatchObject({ hot: [], cold: candlesAt(0, 150) });
  });

  test("give up after five rounds, and lose nothing, where the partition never rests", async () => {
    const { series } = await archived("RESTLESS");
    await putHot(series, candlesAt(100, 101));
    let next = 101;
    const steps = stepsOf();
    const restless: Steps = {
      async do(name, step) {
        if (name.startsWith("swap")) {
          await putHot(series, [candleAt(next)]);
          next += 1;
          await archive(series, TODAY + next);
          await putHot(series, [candleAt(next)]);
          next += 1;
        }
        return steps.do(name, step);
      },
    };
    const failure = await failureOf(archive(series, TODAY, restless));
    expect(failure.message).toMatch(/RESTLESS-USDT:1m 2026-10 could not be archived in 5 rounds/);
    expect((await readAll(series)).candles).toEqual(candlesAt(0, next));
  });
});

describe("a current file that is damaged", () => {
  const damages: Record<string, (bytes: Uint8Array) => Uint8Array | null> = {
    changed: (bytes) => bytes.map((byte, index) => (index === 100 ? byte ^ 1 : byte)),
    cut: (bytes) => bytes.slice(0, -5),
    missing: () => null,
  };

  test.each(Object.entries(damages))(
    "because it is %s stops its partition: nothing is changed, the file is named",
    async (what, damage) => {
      const { series, key } = await archived(`BAD${what.toUpperCase()}`);
      const object = await env.BUCKET.get(key);
      const bytes = new Uint8Array((await object?.arrayBuffer()) ?? []);
      const damaged = damage(bytes);
      await (damaged === null ? env.BUCKET.delete(key) : env.BUCKET.put(key, damaged));
      await putHot(series, candlesAt(100, 150));
      const before = await readPartitionState(env.DB, series, PARTITION);

      const failure = await failureOf(archive(series));

      const { head, files } = await readPartitionState(env.DB, series, PARTITION);
      expect(head).toEqual(before.head);
      expect(files).toEqual([{ ...before.files[0], damage: expect.any(String) }]);
      expect(failure.message).toBe(`archive_damaged: ${key}: ${files[0]?.damage}`);
      expect(await countHot(series)).toBe(50);
      expect(loggedEvents(errors, "archive.damaged")).toMatchObject([
        { series: `binance:${series.symbol}:1m`, partition: PARTITION, key },
      ]);
    },
  );

  test("after the swap keeps the hot candles in D1", async () => {
    const { series } = await archived("BADLATE");
    await putHot(series, candlesAt(100, 150));
    const steps = stepsBefore("delete 1", async () => {
      const [key = ""] = (await readPartitionState(env.DB, series, PARTITION)).files.map(
        (file) => file.key,
      );
      await env.BUCKET.put(key, "no Parquet");
    });
    const failure = await failureOf(archive(series, TODAY, steps));
    expect(failure.message).toMatch(/^archive_damaged: candles\/.*: bytes 10 to \d+ are missing$/);
    expect(await countHot(series)).toBe(50);
  });
});

/** A partition that is not archived yet, with `content` under the key that its file will have. */
async function occupied(name: string, content: (bytes: Uint8Array) => Uint8Array | null) {
  const { series, key } = await archived(name);
  const object = await env.BUCKET.get(key);
  const bytes = new Uint8Array((await object?.arrayBuffer()) ?? []);
  // As before the first run, but for the object.
  for (const table of ["archive_files", "archive_changes"]) {
    await env.DB.prepare(`DELETE FROM ${table} WHERE symbol = ?1`).bind(series.symbol).run();
  }
  await putHot(series, candlesAt(0, 100));
  const put = content(bytes);
  await (put === null ? env.BUCKET.delete(key) : env.BUCKET.put(key, put));
  return { series, key };
}

describe("an object that lies where the new file goes", () => {
  test("is as good as the new file where it is that file", async () => {
    const { series, key } = await occupied("THERE", (bytes) => bytes);
    const uploaded = (await env.BUCKET.head(key))?.version;
    expect(await archive(series)).toMatchObject({ key, deleted: 100 });
    expect((await env.BUCKET.head(key))?.version).toBe(uploaded);
    expect(await readAll(series)).toMatchObject({ hot: [], cold: candlesAt(0, 100) });
  });

  test.each([
    ["changed", (bytes: Uint8Array) => bytes.map((byte, index) => (index === 9 ? byte ^ 4 : byte))],
    ["cut", (bytes: Uint8Array) => bytes.slice(0, 200)],
    ["empty", () => new Uint8Array()],
  ])("is written again where it is %s", async (what, content) => {
    const { series, key } = await occupied(`REPAIR${what.toUpperCase()}`, content);
    expect(await archive(series)).toMatchObject({ key, deleted: 100 });
    expect(await readAll(series)).toMatchObject({ hot: [], cold: candlesAt(0, 100) });
    expect(loggedEvents(errors, "archive.rewritten")).toMatchObject([{ key }]);
  });

  test("is written again where it is spoiled before it is read back", async () => {
    const series = seriesOf("SPOILED");
    await putHot(series, candlesAt(0, 100));
    const steps = stepsBefore("verify 1", async () => {
      for (const key of await listObjects(series)) {
        await env.BUCKET.put(key, "spoiled");
      }
    });
    expect(await archive(series, TODAY, steps)).toMatchObject({ deleted: 100 });
    expect(await readAll(series)).toMatchObject({ hot: [], cold: candlesAt(0, 100) });
    expect(loggedEvents(errors, "archive.rewritten")).toHaveLength(2);
  });
});

async function countHot({ symbol }: Series): Promise<number> {
  const count = await env.DB.prepare(
    "SELECT COUNT(*) AS count FROM price_data WHERE symbol = ?1 AND timestamp >= ?2",
  )
    .bind(symbol, OCTOBER)
    .first<number>("count");
  return count ?? 0;
}
