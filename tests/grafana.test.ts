import type * as Grafana from "@grafana/data";
import type { DataFrame, Field } from "@grafana/data";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSystem, type System } from "./system.ts";

// The package is CommonJS, and its ES module build does not load outside a bundler.
const grafana = createRequire(import.meta.url)("@grafana/data") as typeof Grafana;

/** Twenty seconds into a minute: the minute before has settled. */
const NOW_MS = Date.UTC(2026, 2, 2, 10, 0, 20);
const END_MS = NOW_MS - 20_000;
const START_MS = END_MS - 240 * 60_000;
const SERIES = "binance:BTC-USDT:1m";

/** What Grafana sends with each query of a panel. */
const PANEL = {
  app: "dashboard",
  requestId: "Q100",
  timezone: "utc",
  panelId: 2,
  range: {
    from: new Date(START_MS).toISOString(),
    to: new Date(END_MS).toISOString(),
    raw: { from: "now-4h", to: "now" },
  },
  interval: "30s",
  intervalMs: 30_000,
  maxDataPoints: 1_000,
  scopedVars: { __interval: { text: "30s", value: "30s" } },
  startTime: NOW_MS,
  filters: [],
};

/** One query of Infinity, as a dashboard holds it. */
interface InfinityTarget {
  readonly url: string;
  readonly url_options: { readonly params: readonly { readonly key: string; value: string }[] };
  readonly root_selector: string;
  readonly columns: readonly { readonly selector: string; readonly type: string }[];
}

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly type: string;
    readonly targets: readonly InfinityTarget[];
  }[];
  readonly templating: {
    readonly list: readonly {
      readonly name: string;
      readonly query: string | { readonly infinityQuery: InfinityTarget };
    }[];
  };
}

/**
 * Which field the candlestick panel takes for each of its roles, by its own rule: the display name
 * in lower case is one of these. Time is the first field of type time.
 */
const ROLES = {
  open: ["open", "o"],
  high: ["high", "h", "max"],
  low: ["low", "l", "min"],
  close: ["close", "c"],
  volume: ["volume", "v"],
} as const;

function mapCandlestick(frame: DataFrame): Record<string, Field | undefined> {
  const byRole = Object.entries(ROLES).map(([role, names]) => [
    role,
    frame.fields.find((field) =>
      names.some((name) => name === grafana.getFieldDisplayName(field, frame).toLowerCase()),
    ),
  ]);
  const time = frame.fields.find(({ type }) => type === grafana.FieldType.time);
  return { time, ...(Object.fromEntries(byRole) as Record<string, Field | undefined>) };
}

describe("Grafana", () => {
  let system: System;

  beforeAll(async () => {
    system = await startSystem({ startMs: NOW_MS, speed: 0 });
    await system.addSeries(
      { source: "binance", symbol: "BTC-USDT", timeframe: "1m" },
      { source: "kraken", symbol: "BTC-USD", timeframe: "1m" },
    );
    await system.tick();
    await system.until("the candles are stored", async () => {
      const [row] = await system.rows<{ binance: number; kraken: number }>(
        `SELECT SUM(source = 'binance') AS binance, SUM(source = 'kraken') AS kraken FROM price_data`,
      );
      return (row !== undefined && row.binance >= 300 && row.kraken >= 300) || undefined;
    });
  });

  afterAll(() => system.close());

  async function getJson<Body>(path: string): Promise<Body> {
    const answer = await system.get(path);
    expect([path, answer.status]).toEqual([path, 200]);
    return (await answer.json()) as Body;
  }

  async function ask(targets: readonly object[], changes: object = {}): Promise<DataFrame[]> {
    const answer = await system.post("/grafana/query", { ...PANEL, targets, ...changes });
    expect(answer.status).toBe(200);
    return ((await answer.json()) as object[]).map((data) => grafana.toDataFrame(data));
  }

  test("maps flat candles to a candlestick without a setting", async () => {
    const path = `/grafana/candles?series=${SERIES}&from=${START_MS}&to=${END_MS}`;
    const rows = await getJson<Record<string, unknown>[]>(path);
    const frame = grafana.toDataFrame(rows);
    expect(frame.length).toBe(240);
    const fields = mapCandlestick(frame);
    expect(fields["time"]?.name).toBe("time");
    expect(Object.keys(ROLES).map((role) => fields[role]?.name)).toEqual(Object.keys(ROLES));
    expect(Object.keys(ROLES).map((role) => fields[role]?.type)).toEqual([
      "number",
      "number",
      "number",
      "number",
      "number",
    ]);
    const times = (fields["time"]?.values ?? []).map((time) => Date.parse(String(time)));
    expect(times).toEqual(Array.from({ length: 240 }, (_, place) => START_MS + place * 60_000));
  });

  test.each([
    ["ms", START_MS],
    ["s", START_MS / 1_000],
  ])("finds the time in rows whose times are %s", async (time, first) => {
    const path = `/grafana/candles?series=${SERIES}&from=${START_MS}&to=${END_MS}&time=${time}`;
    const frame = grafana.toDataFrame(await getJson<object[]>(path));
    const field = mapCandlestick(frame)["time"];
    expect([field?.name, field?.values[0]]).toEqual(["time", first]);
  });

  test("gets lines that begin and end with the range", async () => {
    const [close, volume] = await ask([
      { target: SERIES, refId: "A", payload: {} },
      { target: SERIES, refId: "B", payload: { field: "volume", interval: "1h" } },
    ]);
    expect(close?.refId).toBe("A");
    expect(close?.fields.map(({ type }) => type)).toEqual(["time", "number"]);
    expect([close?.length, volume?.length]).toEqual([240, 4]);
    expect([close?.fields[0]?.values[0], close?.fields[0]?.values.at(-1)]).toEqual([
      START_MS,
      END_MS - 60_000,
    ]);
    const value = close?.fields[1];
    expect(value && grafana.getFieldDisplayName(value, close)).toBe(`${SERIES} close`);
  });

  test("gets a table of candles that the candlestick panel maps as well", async () => {
    const [frame] = await ask([{ target: SERIES, refId: "A", payload: { field: "candles" } }]);
    const fields = mapCandlestick(frame ?? grafana.toDataFrame([]));
    expect(fields["time"]?.type).toBe("time");
    expect(Object.keys(ROLES).map((role) => fields[role]?.type)).toEqual(
      Object.keys(ROLES).map(() => "number"),
    );
    expect(frame?.length).toBe(240);
  });

  test("gets fewer points where a panel can show fewer", async () => {
    const target = { target: SERIES, refId: "A", payload: { field: "high" } };
    const [narrow] = await ask([target], { maxDataPoints: 20 });
    const [coarse] = await ask([target], { intervalMs: 3_600_000 });
    expect([narrow?.length, coarse?.length]).toEqual([16, 4]);
  });

  test("gets gaps and completeness as tables with times", async () => {
    const [gaps, completeness] = await ask([
      { target: SERIES, refId: "A", payload: { field: "gaps" } },
      { target: SERIES, refId: "B", payload: { field: "completeness" } },
    ]);
    expect(gaps?.fields.slice(0, 2).map(({ name, type }) => [name, type])).toEqual([
      ["start", "time"],
      ["end", "time"],
    ]);
    expect(completeness?.fields.map(({ name }) => name)).toContain("ratio");
    expect(completeness?.length).toBe(1);
  });

  describe("the dashboard in docs/grafana", () => {
    const dashboard = JSON.parse(
      readFileSync(new URL("../docs/grafana/candlehouse.json", import.meta.url), "utf8"),
    ) as Dashboard;

    /** What the dashboard's variables are when it is opened on the series. */
    const values: Readonly<Record<string, string>> = {
      source: "binance",
      symbol: "BTC-USDT",
      timeframe: "1m",
      interval: "auto",
      __timeFrom: String(START_MS),
      __timeTo: String(END_MS),
    };

    /** The rows that Infinity would find in the answer to `target`. */
    async function rowsOf(target: InfinityTarget): Promise<Record<string, unknown>[]> {
      const search = new URLSearchParams(
        target.url_options.params.map(({ key, value }): [string, string] => [
          key,
          value.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole),
        ]),
      );
      const body = await getJson<Record<string, unknown>>(`${target.url}?${search.toString()}`);
      const rows = target.root_selector === "" ? body : body[target.root_selector];
      expect(Array.isArray(rows)).toBe(true);
      return rows as Record<string, unknown>[];
    }

    test.each(dashboard.panels.map((panel) => [panel.title, panel] as const))(
      "asks in its panel %s for what there is",
      async (_, panel) => {
        for (const target of panel.targets) {
          for (const row of (await rowsOf(target)).slice(0, 5)) {
            for (const { selector } of target.columns) {
              const value = selector
                .split(".")
                .reduce<unknown>((of, name) => (of as Record<string, unknown>)[name], row);
              expect([selector, value === undefined]).toEqual([selector, false]);
            }
          }
        }
      },
    );

    test("has rows in its candlestick, lateness and completeness panels", async () => {
      const counts = await Promise.all(
        ["candlestick", "Lateness", "Completeness"].map(async (name) => {
          const panel = dashboard.panels.find(({ title, type }) => type === name || title === name);
          return panel?.targets[0] === undefined ? 0 : (await rowsOf(panel.targets[0])).length;
        }),
      );
      expect(counts).toEqual([240, 1, 1]);
    });

    test("finds the values of its variables", async () => {
      const found: [string, unknown][] = [];
      for (const { name, query } of dashboard.templating.list) {
        if (typeof query !== "string") {
          const rows = await rowsOf(query.infinityQuery);
          const [column] = query.infinityQuery.columns;
          found.push([name, rows[0]?.[column?.selector ?? ""]]);
        }
      }
      expect(found).toEqual([
        ["source", "binance"],
        ["symbol", "BTC-USDT"],
        ["timeframe", "1m"],
      ]);
    });
  });
});
