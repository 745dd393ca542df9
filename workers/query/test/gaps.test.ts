import { env } from "cloudflare:workers";
import type { Gap } from "@candlehouse/shared/core/gap";
import { applyGapPlan } from "@candlehouse/shared/d1/gaps";
import { beforeAll, describe, expect, test } from "vitest";
import { createApp } from "../src/app.ts";
import { completenessSchema, coverageSchema, gapsSchema } from "../src/gap-schemas.ts";
import { asJson, getWith, problemIn } from "./answers.ts";
import { candleAt, collectSeries, storeCandles } from "./candle-rows.ts";

const DAY = 86_400;
const START = Date.UTC(2023, 10, 14) / 1_000;
const BTC = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" } as const;
const ADA = { source: "coinbase", symbol: "ADA-USD", timeframe: "1m" } as const;
const OLD = { source: "cryptocompare", symbol: "BTC-USD", timeframe: "1m" } as const;

function gap(series: Gap["series"], start: number, changes: Partial<Gap> = {}): Gap {
  return {
    series,
    start,
    end: start + 600,
    missing: 10,
    runs: 1,
    class: "unknown",
    state: "open",
    evidence: {
      asked_at: START,
      outcome: "answered",
      found: 5,
      siblings: { series: 1, expected: 10, found: 10 },
      first_held: START,
      last_held: START + DAY,
      reach_start: null,
      code: null,
      reason: 'It said "none", and no more.',
    },
    attempts: 0,
    foundAt: START,
    updatedAt: START,
    ...changes,
  };
}

const GAPS = [
  gap(BTC, START),
  gap(BTC, START + 6_000, { class: "source_outage", state: "unfillable" }),
  gap(BTC, START + DAY, { state: "failed", attempts: 2 }),
  gap(ADA, START, { class: "no_trades", state: "unfillable", runs: 3, missing: 4 }),
  gap(OLD, START, { class: "source_limit", state: "unfillable" }),
];

beforeAll(async () => {
  for (const { series, ...one } of GAPS) {
    await applyGapPlan(env.DB, series, { put: [{ series, ...one }], remove: [] });
  }
  await collectSeries(BTC, { tier: 2 });
  const held = Array.from({ length: 1_440 }, (_, place) => START + place * 60).filter(
    (time) => time >= START + 600 && (time < START + 6_000 || time >= START + 6_600),
  );
  await storeCandles(
    BTC,
    [START - 60, ...held].map((time) => candleAt(time)),
  );
});

function get(path: string): Promise<Response> | Response {
  return createApp().request(path, {}, env);
}

async function gapsAt(query: string) {
  const response = await get(`/v1/gaps${query}`);
  expect(response.status).toBe(200);
  return gapsSchema.parse(await response.json());
}

describe("GET /v1/gaps", () => {
  test("lists the records by series and start, with their evidence", async () => {
    const { gaps, next_cursor } = await gapsAt("");
    expect(gaps.map(({ series, start }) => [series, start - START])).toEqual([
      ["binance:BTC-USDT:1m", 0],
      ["binance:BTC-USDT:1m", 6_000],
      ["binance:BTC-USDT:1m", DAY],
      ["coinbase:ADA-USD:1m", 0],
      ["cryptocompare:BTC-USD:1m", 0],
    ]);
    expect(gaps[0]).toMatchObject({ tier: 2, fillable: true, evidence: GAPS[0]?.evidence });
    expect(gaps[3]).toMatchObject({ tier: null, fillable: false, runs: 3, missing: 4 });
    expect(next_cursor).toBeNull();
  });

  test.each([
    ["?source=binance", 3],
    ["?symbol=ADA-USD", 1],
    ["?timeframe=1h", 0],
    ["?tier=2", 3],
    ["?class=source_limit", 1],
    ["?state=unfillable", 3],
    ["?fillable=true", 2],
    ["?fillable=false", 3],
    [`?start=${START + 6_600}`, 1],
    [`?end=${START + 6_000}`, 3],
    [`?source=binance&state=failed&start=${START}`, 1],
  ])("%s lets %i of five through", async (query, count) => {
    expect((await gapsAt(query)).gaps).toHaveLength(count);
  });

  test("comes newest first on request, in pages of any length", async () => {
    const newest = "?order=newest";
    const whole = (await gapsAt(newest)).gaps.map(({ series, start }) => [series, start - START]);
    expect(whole).toEqual([
      ["binance:BTC-USDT:1m", DAY],
      ["binance:BTC-USDT:1m", 6_000],
      ["binance:BTC-USDT:1m", 0],
      ["coinbase:ADA-USD:1m", 0],
      ["cryptocompare:BTC-USD:1m", 0],
    ]);
    const paged: unknown[] = [];
    let last: string | null = "";
    while (last !== null) {
      const page = await gapsAt(`${newest}&limit=2${last === "" ? "" : `&cursor=${last}`}`);
      paged.push(...page.gaps.map(({ series, start }) => [series, start - START]));
      last = page.next_cursor;
    }
    expect(paged).toEqual(whole);
    const { next_cursor } = await gapsAt(`${newest}&limit=2`);
    const problem = await problemIn(await get(`/v1/gaps?limit=2&cursor=${next_cursor}`));
    expect(problem).toMatchObject({ status: 400, parameter: "cursor" });
  });

  test("comes in pages that together are all of it", async () => {
    const starts: unknown[] = [];
    let cursor: string | null = "";
    for (let page = 0; cursor !== null; page += 1) {
      const { gaps, next_cursor } = await gapsAt(
        `?limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`,
      );
      starts.push(...gaps.map(({ series, start }) => `${series} ${start}`));
      cursor = next_cursor;
      expect(page).toBeLessThan(3);
    }
    expect(new Set(starts).size).toBe(5);
  });

  test("is CSV with the columns that tools know", async () => {
    // Thirty seconds into a minute: the candle that runs counts as one of those up to now.
    const shownMs = Date.UTC(2026, 0, 5, 12, 0, 30);
    const CLOCK = JSON.stringify({ realMs: Date.now(), shownMs, speed: 1e-9 });
    const response = await getWith("/v1/gaps?format=csv&symbol=BTC-USD", { CLOCK });
    expect(response.headers.get("content-type")).toContain("text/csv");
    const [header, line, end, ...rest] = (await response.text()).split("\r\n");
    expect([end, rest]).toEqual(["", []]);
    expect(header).toBe(
      "asset_ticker,tier,interval_minutes,gap_start,gap_end,missing_candles,candles_from_today,overflow_candles,source,symbol,timeframe,class,state,reason",
    );
    const cells = line?.split(",") ?? [];
    expect(cells.slice(0, 6)).toEqual([
      "BTC",
      "",
      "1",
      "2023-11-14T00:00:00Z",
      "2023-11-14T00:10:00Z",
      "10",
    ]);
    // All but the last week of minutes is beyond what this source gives.
    expect(Number(cells[6]) - Number(cells[7])).toBe(7 * 1_440 + 1);
    expect(line).toContain('unfillable,"It said ""none"", and no more."');
    const page = await get("/v1/gaps?format=csv&limit=1");
    expect(page.headers.get("x-next-cursor")).toMatch(/^[\w-]+$/);
  });

  test.each([
    ["?class=lost", "class"],
    ["?state=lost", "state"],
    ["?fillable=yes", "fillable"],
    ["?tier=5", "tier"],
    ["?format=xml", "format"],
    ["?cursor=x", "cursor"],
    ["?nothing=1", "nothing"],
  ])("refuses %s", async (query, parameter) => {
    const problem = await problemIn(await get(`/v1/gaps${query}`));
    expect(problem).toMatchObject({ status: 400, parameter });
  });
});

describe("GET /v1/coverage", () => {
  test("tells what each day holds", async () => {
    const path = `/v1/coverage?series=binance:BTC-USDT:1m&start=${START - DAY}&end=${START + 2 * DAY}`;
    const { days } = coverageSchema.parse(await (await get(path)).json());
    expect(days).toEqual([
      { day: "2023-11-13", expected: 1_440, hot: 1, cold: 0, held: 1 },
      { day: "2023-11-14", expected: 1_440, hot: 1_420, cold: 0, held: 1_420 },
      { day: "2023-11-15", expected: 1_440, hot: 0, cold: 0, held: 0 },
    ]);
  });

  test("begins with the first day that has a candle", async () => {
    const { days } = coverageSchema.parse(
      await (await get(`/v1/coverage?series=binance:BTC-USDT:1m&end=${START + DAY}`)).json(),
    );
    expect(days.map(({ day }) => day)).toEqual(["2023-11-13", "2023-11-14"]);
  });

  test.each([
    ["", 400],
    ["?series=binance:BTC-USDT:1m&series=binance:ETH-USDT:1m", 400],
    ["?series=binance:NIX-USDT:1m", 404],
    ["?series=binance:BTC-USDT:1m&start=1970-01-01", 400],
    [`?series=binance:BTC-USDT:1m&start=${START + DAY}&end=${START}`, 400],
    [`?series=binance:BTC-USDT:1m&start=${START}&end=${START}`, 400],
  ])("refuses %j", async (query, status) => {
    expect(await problemIn(await get(`/v1/coverage${query}`))).toMatchObject({ status });
  });
});

describe("GET /v1/completeness", () => {
  test("tells what is held, what is missing and what of that is explained", async () => {
    const path = `/v1/completeness?start=${START}&end=${START + DAY}`;
    const body = completenessSchema.parse(await (await get(path)).json());
    const counts = {
      expected: 1_440,
      held: 1_420,
      explained: 10,
      missing: 20,
      ratio: 1_420 / 1_430,
    };
    expect(body.series).toEqual([
      { series: "binance:BTC-USDT:1m", tier: 2, start: START, end: START + DAY, ...counts },
    ]);
    expect(body.intervals).toEqual([{ timeframe: "1m", series: 1, ...counts }]);
    expect(body.total).toEqual(counts);
  });

  test("of a series that is not there is of none", async () => {
    const body = completenessSchema.parse(await (await get("/v1/completeness?tier=4")).json());
    expect(body).toMatchObject({ series: [], intervals: [], total: { expected: 0, ratio: null } });
  });

  test("refuses a range that ends before it begins", async () => {
    const problem = await problemIn(await get(`/v1/completeness?start=${START}&end=${START}`));
    expect(problem).toMatchObject({ status: 400, parameter: "end" });
  });
});

describe("what the monitor does", () => {
  test.each(["scan", "repair"])("is asked by POST /v1/gaps/%s with its body", async (name) => {
    const body = '{"series":"binance:BTC-USDT:1m"}';
    const response = await createApp().request(
      `/v1/gaps/${name}`,
      asJson({ method: "POST", body }),
      { ...env, OPEN_WRITES: "local" },
    );
    expect(await response.json()).toMatchObject({
      asked: `POST /v1/gaps/${name}`,
      type: "application/json",
      bytes: body.length,
    });
    const closed = await createApp().request(`/v1/gaps/${name}`, { method: "POST", body }, env);
    expect(await problemIn(closed)).toMatchObject({ status: 403, code: "writes_closed" });
  });
});
