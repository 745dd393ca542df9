import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { scanPage, type ScanOrder } from "../src/scan-page.ts";
import {
  answered,
  clearAll,
  collect,
  DAY,
  gapLines,
  gapRows,
  MINUTE,
  monitorAt,
  NOW,
  putCold,
  putHot,
  seriesOf,
  timesOf,
  TODAY,
} from "./holdings.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);

beforeEach(clearAll);
afterEach(clearAll);

const BTC = seriesOf("BTC-USDT");
const ETH = seriesOf("ETH-USDT");
const END = NOW - 900;
const WHOLE: ScanOrder["scope"] = { kind: "range" };
const ALL: ScanOrder = { filter: { enabled: true }, scope: WHOLE };
const START = TODAY - 2 * DAY;
const OUTAGE = [START + 12 * 3_600, START + 12 * 3_600 + 80 * MINUTE] as const;

function scan(order: ScanOrder = ALL, now = NOW) {
  return scanPage(monitorAt(now), order);
}

/** As if each record were written after the look at the bounds of those there. */
function prepareBlind(sql: string): D1PreparedStatement {
  return env.DB.prepare(sql.includes("MIN(start) AS start, MAX") ? `${sql} AND false` : sql);
}

/** `[start, state]` of the gaps of one candle. */
async function statesOfSingles(): Promise<(readonly [number, string])[]> {
  return (await gapRows())
    .filter(({ missing }) => missing === 1)
    .map(({ start, state }) => [start, state] as const);
}

describe("a scan", () => {
  test("finds what neither hot rows nor files hold, and that nobody asked for it", async () => {
    await collect(BTC);
    const month = Date.UTC(2026, 9, 1) / 1_000;
    await putCold(BTC, timesOf(month, month + 3 * DAY, [[month + DAY, month + DAY + 600]]));
    const hole = [month + 4 * DAY + 600, month + 4 * DAY + 1_200] as const;
    await putHot(BTC, timesOf(month + 3 * DAY, month + 5 * DAY, [hole]));
    const { totals, next } = await scan({
      ...ALL,
      scope: { kind: "range", end: month + 4 * DAY + 900 },
    });
    expect(next).toBeNull();
    expect(totals).toMatchObject({
      series: 1,
      assets: ["BTC"],
      detected: 2,
      candlesMissing: 20,
      gaps: { open: 2, filled: 0, unfillable: 0, failed: 0 },
      classes: { collector_miss: 20 },
      errors: [],
    });
    expect(await gapLines(month)).toEqual([
      ["BTC-USDT", 1_440, 1_450, 10, "collector_miss", "open"],
      ["BTC-USDT", 5_770, 5_780, 10, "collector_miss", "open"],
    ]);
  });

  test("calls an outage unknown while the series is alone, and by its name once another was silent too", async () => {
    await putHot(BTC, timesOf(START, END, [OUTAGE]));
    await collect(BTC);
    await answered(BTC, START, END, { found: 3_000 });
    await scan();
    expect(await gapLines(START)).toEqual([["BTC-USDT", 720, 800, 80, "unknown", "open"]]);
    await putHot(ETH, timesOf(START, END, [OUTAGE]));
    await scan();
    const [gap] = await gapRows();
    expect(gap).toMatchObject({
      class: "source_outage",
      state: "unfillable",
      missing: 80,
      foundAt: NOW,
      evidence: { outcome: "answered", siblings: { series: 1, expected: 80, found: 0 } },
    });
    expect(await gapRows()).toHaveLength(1);
  });

  test("that finds nothing new writes nothing", async () => {
    await collect(BTC);
    await putHot(BTC, timesOf(START, END, [OUTAGE]));
    await answered(BTC, START, END);
    await scan();
    const before = await gapRows();
    await scan(ALL, NOW + 60 * MINUTE);
    const after = await gapRows();
    // What came since is new; what was there is as it was.
    expect(after.slice(0, 1)).toEqual(before);
  });

  test("marks what was missing and is held as filled", async () => {
    await collect(BTC);
    await putHot(BTC, timesOf(START, END, [OUTAGE]));
    await scan();
    await putHot(BTC, timesOf(OUTAGE[0], OUTAGE[1]));
    const { totals } = await scan({ ...ALL, scope: { kind: "recent", days: 1 } });
    expect(totals).toMatchObject({ candlesFilled: 80, gaps: { filled: 1, open: 0 } });
    expect(await gapLines(START)).toEqual([["BTC-USDT", 720, 800, 80, "collector_miss", "filled"]]);
  });

  test("of the last days looks at older ranges that the source was asked for lately", async () => {
    await collect(BTC);
    const old = TODAY - 19 * DAY;
    await putHot(BTC, [...timesOf(old, old + DAY, [[old + 600, old + 660]]), END - MINUTE]);
    const recent: ScanOrder = { ...ALL, scope: { kind: "recent", days: 0 } };
    await scan(recent);
    expect((await gapRows()).map(({ start }) => start)).toEqual([TODAY]);
    await answered(BTC, old, old + DAY);
    await scan(recent);
    expect(await gapLines(old)).toMatchObject([
      ["BTC-USDT", 10, 11, 1, "unknown", "open"],
      ["BTC-USDT", 19 * 1_440, expect.anything(), expect.anything(), "collector_miss", "open"],
    ]);
  });

  test("of the last days notices what an import brought, though nobody expected it", async () => {
    const series = seriesOf("BTC-USDT", "cryptocompare");
    await collect(series);
    const [first, second] = [TODAY - 50 * DAY, TODAY - 15 * DAY];
    const holes = [
      [first + 600, first + 660],
      [second + 600, second + 660],
    ] as const;
    await putCold(series, timesOf(first - DAY, first + DAY, holes));
    await putHot(series, timesOf(second, second + DAY, holes));
    await scan();
    expect(await statesOfSingles()).toEqual([
      [first + 600, "unfillable"],
      [second + 600, "unfillable"],
    ]);
    const recent: ScanOrder = { ...ALL, scope: { kind: "recent", days: 3 } };
    await scan(recent, NOW + DAY);
    expect((await statesOfSingles()).map((line) => line[1])).toEqual(["unfillable", "unfillable"]);
    await putCold(series, timesOf(first - DAY, first + DAY), NOW + DAY);
    await putHot(series, [second + 600]);
    await scan(recent, NOW + 2 * DAY);
    expect(await statesOfSingles()).toEqual([
      [first + 600, "filled"],
      [second + 600, "filled"],
    ]);
  });

  test("of the last days reads no file that says nothing new", async () => {
    const series = seriesOf("BTC-USDT", "cryptocompare", "1h");
    await collect(series);
    const hole = [TODAY - 100 * DAY, TODAY - 90 * DAY] as const;
    await putCold(series, timesOf(TODAY - 200 * DAY, TODAY - 20 * DAY, [hole], 3_600));
    await putHot(series, timesOf(TODAY - 20 * DAY, NOW, [], 3_600));
    await scan();
    await env.DB.exec(`UPDATE archive_files SET created_at = ${NOW}`);
    const get = vi.fn<() => void>();
    const bucket = { get } as unknown as R2Bucket;
    const order: ScanOrder = { ...ALL, scope: { kind: "recent", days: 3 } };
    await env.DB.exec("UPDATE gaps SET class = 'source_outage', state = 'unfillable'");
    const { totals } = await scanPage(monitorAt(NOW, { bucket }), order);
    expect([totals.errors, totals.candlesMissing, get.mock.calls.length]).toEqual([[], 0, 0]);
  });

  test("explains quiet minutes of a source that has none, a record a day", async () => {
    const quiet = seriesOf("BTC-USD", "coinbase");
    await collect(quiet);
    const holes = [3, 7, 1_500, 1_510].map(
      (minute) => [START + minute * MINUTE, START + (minute + 1) * MINUTE] as const,
    );
    await putHot(quiet, timesOf(START, END, holes));
    await answered(quiet, START, END);
    await scan();
    expect(await gapLines(START)).toEqual([
      ["BTC-USD", 3, 8, 2, "no_trades", "unfillable"],
      ["BTC-USD", 1_500, 1_511, 2, "no_trades", "unfillable"],
    ]);
  });

  test("tells a delisting from an outage by the series that went on", async () => {
    const gone = TODAY - 5 * DAY;
    await collect(BTC);
    await putHot(BTC, timesOf(TODAY - 7 * DAY, gone));
    await putHot(ETH, timesOf(TODAY - 7 * DAY, END));
    await answered(BTC, TODAY - 7 * DAY, END);
    await scan();
    expect(await gapLines(gone)).toEqual([
      ["BTC-USDT", 0, (END - gone) / MINUTE, (END - gone) / MINUTE, "delisted", "unfillable"],
    ]);
  });

  test("says what lies before the listing, beyond the reach, refused and rejected", async () => {
    const series = seriesOf("BTC-USDT", "cryptocompare");
    const listed = TODAY - 3 * DAY;
    await collect(series);
    await putHot(
      series,
      timesOf(listed, END, [
        [listed + 600, listed + 660],
        [listed + 1_200, listed + 1_260],
      ]),
    );
    await answered(series, TODAY - 9 * DAY, TODAY - 8 * DAY, { outcome: "beyond_reach" });
    await answered(series, TODAY - 6 * DAY, listed);
    await answered(series, listed + 600, listed + 660, {
      outcome: "failed",
      code: "source_blocked",
    });
    await answered(series, listed + 1_200, listed + 1_260, { rejected: [listed + 1_200] });
    await scan();
    expect((await gapLines(listed)).map((line) => (line as unknown[]).slice(-2))).toEqual([
      ["source_limit", "unfillable"],
      ["collector_miss", "open"],
      ["not_listed", "unfillable"],
      ["collector_miss", "failed"],
      ["rejected", "failed"],
    ]);
    expect((await gapRows())[3]?.evidence).toMatchObject({ code: "source_blocked" });
  });

  test("goes on with the other series where one has a damaged file", async () => {
    const month = Date.UTC(2026, 9, 1) / 1_000;
    await collect(BTC);
    await collect(ETH);
    await putCold(BTC, timesOf(month, month + DAY, [[month, month + 600]]));
    await putHot(ETH, timesOf(START, END));
    const { objects } = await env.BUCKET.list();
    await Promise.all(objects.map(({ key }) => env.BUCKET.delete(key)));
    const { totals } = await scan({ ...ALL, scope: { kind: "range", start: month, end: END } });
    expect(totals).toMatchObject({
      series: 2,
      errors: [{ series: "binance:BTC-USDT:1m", code: "archive_damaged" }],
    });
    expect((await gapRows()).map(({ series }) => series.symbol)).toEqual(["ETH-USDT"]);
  });

  test("takes a series with a damaged file for no evidence, and goes on", async () => {
    await collect(BTC);
    await putHot(BTC, timesOf(START, END, [OUTAGE]));
    await answered(BTC, START, END);
    await putCold(ETH, timesOf(START, END));
    const { objects } = await env.BUCKET.list();
    await Promise.all(objects.map(({ key }) => env.BUCKET.delete(key)));
    const { totals } = await scan();
    expect(totals).toMatchObject({ classes: { unknown: 80 }, errors: [] });
  });

  test("gives way to another one of the same days, and goes on with other series", async () => {
    const quiet = seriesOf("BTC-USD", "coinbase");
    await collect(quiet);
    await collect(ETH);
    await putHot(quiet, timesOf(START, END));
    await putHot(ETH, timesOf(START, END));
    const db = new Proxy(env.DB, {
      get: (target, name) =>
        name === "prepare" ? prepareBlind : Reflect.get(target, name).bind(target),
    });
    await env.DB.exec(
      `INSERT INTO gaps VALUES ('coinbase', 'BTC-USD', '1m', ${START - 600}, ${START + 600}, 4, 2, 'no_trades', 'unfillable', '{}', 0, 0, 0)`,
    );
    const { totals } = await scanPage(monitorAt(NOW, { db }), ALL);
    expect(totals).toMatchObject({
      series: 2,
      errors: [
        {
          series: "coinbase:BTC-USD:1m",
          code: "storage_unavailable",
          reason: expect.stringContaining("another scan of coinbase:BTC-USD:1m is at work"),
        },
      ],
    });
  });

  test("of many series comes in pages that together are all of them", async () => {
    const symbols = Array.from({ length: 130 }, (_, place) => `A${place}-USDT`);
    for (const symbol of symbols) {
      await collect(seriesOf(symbol));
      await putHot(seriesOf(symbol), [START]);
    }
    let [pages, series] = [0, 0];
    for (let after: ScanOrder["after"]; ;) {
      const { totals, next } = await scan({
        ...ALL,
        scope: { kind: "range", end: START + 600 },
        after,
      });
      pages += 1;
      series += totals.series;
      if (next === null) {
        break;
      }
      after = next;
    }
    expect([pages > 1, series]).toEqual([true, 130]);
    expect(await gapRows()).toHaveLength(130);
  });
});
