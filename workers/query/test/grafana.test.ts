import type { Gap } from "@candlehouse/shared/core/gap";
import type { Series } from "@candlehouse/shared/core/series";
import { applyGapPlan } from "@candlehouse/shared/d1/gaps";
import { env, exports } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import {
  metricsSchema,
  optionsSchema,
  panelAnswersSchema,
  panelRowsSchema,
  tagKeysSchema,
  tagValuesSchema,
  variableSchema,
} from "../src/grafana/schemas.ts";
import { get, problemIn, problemOf, read } from "./answers.ts";
import { candleAt, collectSeries, storeCandles } from "./candle-rows.ts";

const MINUTE = 60;
const DAY = 86_400;
const START = Date.UTC(2023, 0, 2) / 1_000;
const BTC: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
const ETH: Series = { source: "kraken", symbol: "ETH-USD", timeframe: "1h" };
const SOL: Series = { source: "kraken", symbol: "SOL-USD", timeframe: "1h" };
const PATH = "/grafana/candles?series=binance:BTC-USDT:1m";
const at = (minute: number): number => START + minute * MINUTE;

const OUTAGE: Gap = {
  series: BTC,
  start: at(600),
  end: at(610),
  missing: 10,
  runs: 1,
  class: "source_outage",
  state: "unfillable",
  evidence: {
    asked_at: START,
    outcome: "answered",
    found: 5,
    siblings: { series: 1, expected: 10, found: 0 },
    first_held: START,
    last_held: START + DAY,
    reach_start: null,
    code: null,
    reason: "The source was silent.",
  },
  attempts: 0,
  foundAt: START,
  updatedAt: START,
};

beforeAll(async () => {
  for (const series of [BTC, ETH, SOL]) {
    await collectSeries(series);
  }
  await storeCandles(
    BTC,
    Array.from({ length: 600 }, (_, place) => candleAt(at(place))),
  );
  await storeCandles(ETH, [
    candleAt(START, { close: "1500.123456789012345", high: 1_600, low: 1_400, volume_from: null }),
    candleAt(at(60)),
    candleAt(START + 2 * DAY),
    candleAt(START + 3 * DAY),
  ]);
  await applyGapPlan(env.DB, BTC, { put: [OUTAGE], remove: [] });
});

function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  return exports.default.fetch(
    new Request(`https://candlehouse.test${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    }),
  );
}

async function cacheControlOf(range: string): Promise<string | null> {
  const response = await get(`${PATH}&${range}`);
  await response.body?.cancel();
  return response.headers.get("cache-control");
}

const RANGE = {
  from: new Date(START * 1_000).toISOString(),
  to: new Date(at(600) * 1_000).toISOString(),
  raw: { from: "now-10h", to: "now" },
};

async function query(body: object) {
  const response = await post("/grafana/query", { range: RANGE, ...body });
  expect(response.status).toBe(200);
  return panelAnswersSchema.parse(await response.json());
}

describe("GET /grafana/candles", () => {
  test("is a root array of flat rows that a candlestick panel maps", async () => {
    const rows = await read(`${PATH}&from=${START}&to=${at(2)}`, panelRowsSchema);
    expect(rows).toEqual(
      ["2023-01-02T00:00:00Z", "2023-01-02T00:01:00Z"].map((time) => ({
        time,
        open: 27_500.1,
        high: 27_510,
        low: 27_499.99,
        close: 27_505.5,
        volume: 1.25,
      })),
    );
  });

  test.each([
    ["ms", START * 1_000],
    ["s", START],
    ["iso", "2023-01-02T00:00:00Z"],
  ])("writes times as %s", async (time, first) => {
    const [row] = await read(`${PATH}&from=${START}&to=${at(1)}&time=${time}`, panelRowsSchema);
    expect(row?.time).toBe(first);
  });

  test.each([
    [`from=${START * 1_000}&to=${at(3) * 1_000}`, 3],
    ["from=2023-01-02T00:00:00.000Z&to=2023-01-02T00:03:00.000Z", 3],
    [`from=${START}&to=${at(3)}`, 3],
    [`from=${at(-10)}&to=${START}`, 0],
    ["from=2090-01-01", 0],
    ["maxDataPoints=5", 5],
  ])("takes the times in %s, and answers an array of %i", async (times, rows) => {
    expect(await read(`${PATH}&${times}`, panelRowsSchema)).toHaveLength(rows);
  });

  test("makes the interval coarser where a panel could not show so many", async () => {
    const whole = `${PATH}&from=${START}&to=${at(600)}`;
    expect(await read(`${whole}&maxDataPoints=600`, panelRowsSchema)).toHaveLength(600);
    const rows = await read(`${whole}&maxDataPoints=100`, panelRowsSchema);
    expect(rows).toHaveLength(40);
    expect(rows[1]).toMatchObject({ time: "2023-01-02T00:15:00Z", volume: 18.75 });
    const year = `${PATH}&from=${START}&to=${START + 365 * DAY}`;
    expect((await read(year, panelRowsSchema))[0]?.volume).toBe(1.25 * 360);
  });

  test("has rows though no candle of the length that would fit begins in the range", async () => {
    const path = `/grafana/candles?series=kraken:ETH-USD:1h&from=${START + 2 * DAY}&to=${START + 4 * DAY}`;
    // Three-day candles begin on the 3rd and on the 6th.
    const rows = await read(`${path}&maxDataPoints=1`, panelRowsSchema);
    expect(rows.map(({ time }) => time)).toEqual(["2023-01-04T00:00:00Z"]);
  });

  test("says what its parts cost, and how it came about", async () => {
    const response = await get(`${PATH}&from=${START}&to=${at(600)}&interval=1h`);
    await response.body?.cancel();
    expect(response.headers.get("server-timing")).toMatch(
      /^d1;dur=.*, r2;.*, serve;.*, encode;.*, plan;desc="1m to 1h, d1"$/,
    );
  });

  test("tells several series apart in a column, and sorts them by time", async () => {
    const rows = await read(
      `/grafana/candles?series=binance:BTC-USDT:1m,kraken:ETH-USD:1h&from=${START}&to=${at(61)}&interval=1h`,
      panelRowsSchema,
    );
    expect(rows.map(({ time, series }) => [time, series])).toEqual([
      ["2023-01-02T00:00:00Z", "binance:BTC-USDT:1m"],
      ["2023-01-02T00:00:00Z", "kraken:ETH-USD:1h"],
      ["2023-01-02T01:00:00Z", "binance:BTC-USDT:1m"],
      ["2023-01-02T01:00:00Z", "kraken:ETH-USD:1h"],
    ]);
  });

  test("writes every digit, and null as null", async () => {
    const response = await get(`/grafana/candles?series=kraken:ETH-USD:1h&to=${at(1)}`);
    expect(await response.text()).toContain('"close":1500.123456789012345,"volume":null}');
  });

  test.each([
    ["application/json;q=0.9,text/plain", "application/json"],
    ["text/csv; charset=utf-8", "text/csv"],
    ["*/*", "application/json"],
    ["image/png", "application/json"],
    ["", "application/json"],
  ])("accepts Accept: %s", async (accept, type) => {
    const response = await get(`${PATH}&maxDataPoints=1`, { accept });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain(type);
    await response.body?.cancel();
  });

  test("is CSV on request, with the same columns", async () => {
    const one = await get(`${PATH}&from=${START}&to=${at(1)}&format=csv&time=s`);
    expect(await one.text()).toBe(
      `time,open,high,low,close,volume\r\n${START},27500.1,27510,27499.99,27505.5,1.25\r\n`,
    );
    const two = await get(`${PATH},kraken:ETH-USD:1h&from=${START}&to=${at(1)}&format=csv&time=s`);
    expect(await two.text()).toContain(`,1500.123456789012345,,kraken:ETH-USD:1h\r\n`);
  });

  test("is empty, and no error, where a known series has nothing", async () => {
    const response = await get("/grafana/candles?series=kraken:SOL-USD:1h");
    expect([response.status, await response.text()]).toEqual([200, "[]"]);
  });

  test("may be kept for ever where its range is over and complete, and else only briefly", async () => {
    expect(await cacheControlOf(`from=${START}&to=${at(60)}`)).toContain("immutable");
    expect(await cacheControlOf(`from=${START}&to=${at(601)}`)).toBe("public, max-age=5");
    expect(await cacheControlOf(`from=${START}`)).toBe("public, max-age=5");
  });

  test.each([
    ["/grafana/candles", "series"],
    ["/grafana/candles?series=BTC", "series"],
    ["/grafana/candles?series=kraken:ETH-USD:1h,kraken:ETH-USD:1h", "series"],
    [`${PATH}&from=yesterday`, "from"],
    [`${PATH}&from=2023-01-03&to=2023-01-02`, "from"],
    [`${PATH}&interval=7m`, "interval"],
    ["/grafana/candles?series=kraken:ETH-USD:1h&interval=5m", "interval"],
    [`${PATH}&interval=1m&from=2023-01-01&to=2023-02-01`, "interval"],
    [`${PATH}&maxDataPoints=0`, "maxDataPoints"],
    [`${PATH}&time=days`, "time"],
    [`${PATH}&fill=prev`, "fill"],
  ])("refuses %s and names the parameter", async (path, parameter) => {
    expect(await problemOf(path)).toMatchObject({ status: 400, parameter });
  });

  test("does not know a series of which there is nothing", async () => {
    expect(await problemOf("/grafana/candles?series=kraken:NO-USD:1h")).toMatchObject({
      status: 404,
    });
  });
});

describe("the simPod JSON data source", () => {
  test("finds what it looks for to be connected", async () => {
    for (const path of ["/grafana", "/grafana/"]) {
      const response = await get(path);
      expect([path, response.status, await response.json()]).toEqual([path, 200, { status: "ok" }]);
    }
  });

  test("may ask from a page of another site", async () => {
    const preflight = await exports.default.fetch(
      new Request("https://candlehouse.test/grafana/query", {
        method: "OPTIONS",
        headers: {
          origin: "https://grafana.test",
          "access-control-request-method": "POST",
          "access-control-request-headers": "content-type",
        },
      }),
    );
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-methods")).toContain("POST");
    expect(preflight.headers.get("access-control-allow-headers")).toContain("Content-Type");
    const answer = await post("/grafana/tag-keys", {}, { origin: "https://grafana.test" });
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
  });

  test("is offered each series with its settings, and their options", async () => {
    const metrics = metricsSchema.parse(await (await post("/grafana/metrics", {})).json());
    expect(metrics.map(({ value }) => value)).toEqual([
      "binance:BTC-USDT:1m",
      "kraken:ETH-USD:1h",
      "kraken:SOL-USD:1h",
    ]);
    const optionsOf = async (body: object) => {
      const response = await post("/grafana/metric-payload-options", body);
      return optionsSchema.parse(await response.json()).map(({ value }) => value);
    };
    expect(await optionsOf({ metric: "kraken:ETH-USD:1h", name: "interval" })).toEqual([
      "auto",
      "1h",
      "2h",
      "4h",
      "6h",
      "8h",
      "12h",
      "1d",
      "3d",
      "1w",
      "1M",
    ]);
    expect(await optionsOf({ name: "field", payload: {} })).toContain("candles");
  });

  test("gets a line for a field, in the finest interval that the panel can show", async () => {
    const target = { target: "binance:BTC-USDT:1m", refId: "A", payload: { field: "volume" } };
    const [hours] = await query({ targets: [target], maxDataPoints: 15 });
    expect(hours).toMatchObject({ target: "binance:BTC-USDT:1m volume", refId: "A" });
    expect(hours).toHaveProperty("datapoints.length", 10);
    expect(hours).toHaveProperty("datapoints.0", [75, START * 1_000]);
    const [quarters] = await query({
      targets: [target],
      maxDataPoints: 2_000,
      intervalMs: 900_000,
    });
    expect(quarters).toHaveProperty("datapoints.length", 40);
    const [fixed] = await query({
      targets: [{ ...target, payload: { interval: "5m" } }],
      maxDataPoints: 15,
    });
    expect(fixed).toHaveProperty("datapoints.length", 120);
    expect(fixed).toMatchObject({ target: "binance:BTC-USDT:1m close" });
  });

  test("is told what the parts of an answer cost, and how it came about", async () => {
    const target = { target: "binance:BTC-USDT:1m", payload: { interval: "1h" } };
    const response = await post("/grafana/query", { range: RANGE, targets: [target] });
    await response.body?.cancel();
    expect(response.headers.get("server-timing")).toMatch(
      /^d1;dur=.*, r2;.*, serve;.*, encode;.*, plan;desc="1m to 1h, d1"$/,
    );
  });

  test("gets whole candles, gaps and completeness as tables", async () => {
    const target = "binance:BTC-USDT:1m";
    const answers = await query({
      range: { from: START, to: START + DAY },
      targets: ["candles", "gaps", "completeness"].map((field) => ({ target, payload: { field } })),
      maxDataPoints: 1_440,
    });
    const tables = answers.flatMap((answer) => ("rows" in answer ? [answer] : []));
    expect(tables.map(({ columns }) => columns.map(({ text }) => text))).toEqual([
      ["time", "open", "high", "low", "close", "volume", "trades"],
      ["start", "end", "series", "missing", "class", "state", "reason"],
      ["series", "expected", "held", "explained", "missing", "ratio"],
    ]);
    expect(tables[0]?.rows).toHaveLength(600);
    expect(tables[0]?.rows[0]).toEqual([
      START * 1_000,
      27_500.1,
      27_510,
      27_499.99,
      27_505.5,
      1.25,
      42,
    ]);
    expect(tables[1]?.rows).toEqual([
      [
        at(600) * 1_000,
        at(610) * 1_000,
        target,
        10,
        "source_outage",
        "unfillable",
        "The source was silent.",
      ],
    ]);
    expect(tables[2]?.rows).toEqual([[target, 1_440, 600, 10, 840, 600 / 1_430]]);
  });

  test("gets the newest of what is missing, however much was filled or quiet before it", async () => {
    const before = Array.from({ length: 1_100 }, (_, place): Gap => {
      const start = at(-10 * place - 10);
      const told: Partial<Gap> =
        place % 2 === 0 ? { state: "filled" } : { class: "no_trades", state: "unfillable" };
      return { ...OUTAGE, series: SOL, start, end: start + MINUTE, missing: 1, ...told };
    });
    const open = [OUTAGE, { ...OUTAGE, start: at(700), end: at(710) }].map((gap): Gap => ({
      ...gap,
      series: SOL,
      state: "open",
    }));
    await applyGapPlan(env.DB, SOL, { put: [...before, ...open], remove: [] });
    const [table] = await query({
      range: { from: START - 30 * DAY, to: START + DAY },
      targets: [{ target: "kraken:SOL-USD:1h", payload: { field: "gaps" } }],
    });
    const rows = table !== undefined && "rows" in table ? table.rows : [];
    expect(rows.map(([start]) => start)).toEqual([at(700) * 1_000, at(600) * 1_000]);
  });

  test("leaves out targets that are hidden, empty, or filtered", async () => {
    const answers = await query({
      targets: [
        { target: "binance:BTC-USDT:1m", payload: null },
        { target: "kraken:ETH-USD:1h", payload: "" },
        { target: "kraken:SOL-USD:1h", hide: true },
        { target: "" },
        { refId: "E" },
      ],
      filters: [{ key: "source", operator: "!=", value: "kraken" }],
    });
    expect(answers).toHaveLength(1);
    expect(await query({ targets: [] })).toEqual([]);
  });

  test("fills variables and filters with what there is", async () => {
    const variable = async (body: object) => {
      const response = await post("/grafana/variable", body);
      return variableSchema.parse(await response.json()).map(({ __value: value }) => value);
    };
    expect(await variable({})).toHaveLength(3);
    expect(await variable({ payload: { target: "symbol", source: "kraken" } })).toEqual([
      "ETH-USD",
      "SOL-USD",
    ]);
    const keys = tagKeysSchema.parse(await (await post("/grafana/tag-keys", {})).json());
    expect(keys.map(({ text }) => text)).toEqual(["source", "symbol", "timeframe"]);
    const values = await post("/grafana/tag-values", { key: "source" });
    expect(tagValuesSchema.parse(await values.json())).toEqual([
      { text: "binance" },
      { text: "kraken" },
    ]);
  });

  const one = { target: "binance:BTC-USDT:1m" };
  test.each([
    ["/grafana/query", "{", "body"],
    ["/grafana/query", [], "body"],
    ["/grafana/query", {}, "range"],
    ["/grafana/query", { range: { from: "now", to: "now" }, targets: [] }, "range.from"],
    ["/grafana/query", { range: { from: at(9), to: START }, targets: [] }, "range.from"],
    ["/grafana/query", { range: RANGE, targets: [{ target: 1 }] }, "targets.0.target"],
    ["/grafana/query", { range: RANGE, targets: [{ target: "BTC" }] }, "targets.0.target"],
    [
      "/grafana/query",
      { range: RANGE, targets: [{ ...one, payload: { field: "price" } }] },
      "targets.0.payload.field",
    ],
    ["/grafana/query", { range: RANGE, targets: Array.from({ length: 21 }, () => one) }, "targets"],
    ["/grafana/query", { range: RANGE, targets: [one], maxDataPoints: -1 }, "maxDataPoints"],
    [
      "/grafana/query",
      { range: RANGE, targets: [one], filters: [{ key: "source", operator: "=~", value: "." }] },
      "filters.0.operator",
    ],
    [
      "/grafana/query",
      {
        range: { from: START, to: START + 365 * DAY },
        targets: [{ ...one, payload: { interval: "1m" } }],
      },
      "targets.0.payload.interval",
    ],
    ["/grafana/metric-payload-options", { name: "colour" }, "name"],
    ["/grafana/tag-values", {}, "key"],
    ["/grafana/variable", { payload: { target: "price" } }, "payload.target"],
  ])("refuses what it cannot mean at %s: %j", async (path, body, parameter) => {
    expect(await problemIn(await post(path, body))).toMatchObject({ status: 400, parameter });
  });

  test("refuses a body that is too large, and a series that nobody knows", async () => {
    expect((await post("/grafana/query", "x".repeat(64_001))).status).toBe(413);
    const unknown = { range: RANGE, targets: [{ target: "kraken:NO-USD:1h" }] };
    expect((await post("/grafana/query", unknown)).status).toBe(404);
    const gaps = [{ target: "kraken:NO-USD:1h", payload: { field: "gaps" } }];
    expect((await post("/grafana/query", { range: RANGE, targets: gaps })).status).toBe(404);
  });
});
