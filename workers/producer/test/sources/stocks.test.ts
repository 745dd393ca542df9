import { SourceAnswerError } from "@candlehouse/shared/core/errors";
import type { Candle } from "@candlehouse/shared/core/candle";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import * as fc from "fast-check";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sourceOf } from "../../src/sources/registry.ts";
import type { GroupedDays } from "../../src/sources/source.ts";
import { answerOf } from "./answers.ts";
import { DIALECTS, newYorkMidnight } from "./dialects.ts";
import { draftsAt, replaceSomewhere } from "./pages.ts";
import { requestFor } from "./test-source.ts";

const DAY = 86_400;
const FIXTURES = join(import.meta.dirname, "../../../../../shared/fixtures/massive");
const ABSENT = "skipped where the folder of recordings beside the repository is absent";

/** Midnight in UTC of a date. */
function midnight(date: string): number {
  return Date.parse(date) / 1_000;
}

function parseMassive(
  timeframe: Timeframe,
  start: number,
  count: number,
  body: unknown,
  now = start + 900 * DAY,
): readonly Candle[] {
  const request = requestFor(sourceOf("massive"), timeframe, start, count);
  return sourceOf("massive").parseCandles(request, answerOf(body, now)).candles;
}

function massiveBody(dates: readonly string[]): unknown {
  return DIALECTS.massive.encode(draftsAt(dates.map(midnight)), "1d", midnight("2100-01-01"));
}

function recorded(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(FIXTURES, name), "utf8")) as Record<string, unknown>;
}

describe("a day of Massive", () => {
  it.each([
    ["winter", "2024-01-16", 5],
    ["summer", "2024-07-16", 4],
    ["the Friday before clocks change", "2024-03-08", 5],
    ["the Monday after", "2024-03-11", 4],
  ])("begins at midnight in New York and is stored by its date: %s", (_season, date, hours) => {
    expect(newYorkMidnight(midnight(date)) - midnight(date)).toBe(hours * 3_600);
    const candles = parseMassive("1d", midnight(date), 1, massiveBody([date]));
    expect(candles.map(({ timestamp }) => timestamp)).toEqual([midnight(date)]);
  });

  it("is closed when trading after hours has ended, in winter an hour after midnight in UTC", () => {
    const friday = midnight("2024-01-19");
    const countAt = (now: number): number =>
      parseMassive("1d", friday, 1, massiveBody(["2024-01-19"]), now).length;
    expect(countAt(midnight("2024-01-20") + 3_600)).toBe(0);
    expect(countAt(midnight("2024-01-20") + 4_499)).toBe(0);
    expect(countAt(midnight("2024-01-20") + 4_500)).toBe(1);
  });

  it("is refused where it begins at another hour, as those of other markets do", () => {
    const body = { adjusted: false, results: [bar(midnight("2024-01-19") * 1_000)] };
    expect(() => parseMassive("1d", midnight("2024-01-19"), 1, body)).toThrow(
      /where midnight in New York belongs/,
    );
  });
});

function bar(t: number, more: object = {}): object {
  return { v: 10, vw: 1.5, o: 1, c: 2, h: 2, l: 1, t, n: 3, ...more };
}

describe("parseCandles of Massive", () => {
  const start = midnight("2024-01-19") + 15 * 3_600;
  const good = { adjusted: false, resultsCount: 1, results: [bar(start * 1_000)], status: "OK" };

  it("takes an answer without results for none only where it says so", () => {
    const { results: _results, ...rest } = good;
    expect(parseMassive("1h", start, 1, { ...rest, resultsCount: 0 })).toEqual([]);
    expect(() => parseMassive("1h", start, 1, rest)).toThrow(SourceAnswerError);
  });

  it("refuses an answer that was cut, and one that is adjusted for splits", () => {
    expect(parseMassive("1h", start, 1, good)).toHaveLength(1);
    const cut = { ...good, next_url: "https://api.massive.com/v2/aggs/ticker/AAPL?cursor=abc" };
    expect(() => parseMassive("1h", start, 1, cut)).toThrow(/next_url .* where a whole answer/);
    for (const adjusted of [true, undefined]) {
      expect(() => parseMassive("1h", start, 1, { ...good, adjusted })).toThrow(/adjusted/);
    }
  });

  it("has no trades where the bar has no count, and leaves the average price alone", () => {
    const { n: _n, ...uncounted } = bar(start * 1_000) as { n: number };
    const [candle] = parseMassive("1h", start, 1, { ...good, results: [uncounted] });
    expect(candle).toMatchObject({ trades: null, volume_from: 10, volume_to: null });
  });
});

function grouped(): GroupedDays {
  const days = sourceOf("massive").grouped;
  if (days === null) {
    throw new Error("massive has no grouped days");
  }
  return days;
}

describe("grouped days of Massive", () => {
  const day = midnight("2024-01-19") / DAY;
  const endMs = (midnight("2024-01-19") + 21 * 3_600) * 1_000;
  const later = midnight("2024-02-01");
  const good = {
    adjusted: false,
    resultsCount: 2,
    results: [bar(endMs, { T: "AAPL" }), bar(endMs, { T: "BRK.B" })],
  };

  const wanted = new Set(["AAPL", "BRK.B", "GIK"]);

  it("are candles of their date by ticker, whatever time the row has", () => {
    const { candles } = grouped().parseGrouped(day, answerOf(good, later), wanted);
    expect([...candles.keys()]).toEqual(["AAPL", "BRK.B"]);
    expect(candles.get("AAPL")).toEqual({
      timestamp: midnight("2024-01-19"),
      open: 1,
      high: 2,
      low: 1,
      close: 2,
      volume_from: 10,
      volume_to: null,
      trades: 3,
    });
  });

  it("are kept of the wanted markets alone, and the others are counted", () => {
    const { candles, markets } = grouped().parseGrouped(
      day,
      answerOf(good, later),
      new Set(["BRK.B", "MSFT"]),
    );
    expect([...candles.keys()]).toEqual(["BRK.B"]);
    expect(markets).toBe(2);
  });

  it("are none on a day without a session", () => {
    const empty = { adjusted: false, queryCount: 0, resultsCount: 0, status: "OK" };
    const none = { candles: new Map(), markets: 0 };
    expect(grouped().parseGrouped(day, answerOf(empty, later), wanted)).toEqual(none);
  });

  it("are to be asked for again before the source's clock has closed and settled the day", () => {
    const settled = (day + 1) * DAY + 4_500;
    const parse = (now: number) => grouped().parseGrouped(day, answerOf(good, now), wanted);
    expect(() => parse(settled - 1)).toThrow(SourceAnswerError);
    expect(() => parse(settled - 1)).toThrow("massive has not closed 2024-01-19 yet");
    expect(parse(settled).candles.size).toBe(2);
  });

  it.each([
    ["the day before", endMs - DAY * 1_000],
    ["the day after", endMs + DAY * 1_000],
    ["the range's dialect of another day", (midnight("2024-01-18") + 5 * 3_600) * 1_000],
  ])("are refused with a row of %s", (_name, t) => {
    const body = { ...good, results: [bar(t, { T: "AAPL" })] };
    expect(() => grouped().parseGrouped(day, answerOf(body, later), wanted)).toThrow(
      /where the end of a session of 2024-01-19 belongs/,
    );
  });

  it("are refused with a ticker that is there twice", () => {
    const body = { ...good, results: [...good.results, bar(endMs, { T: "AAPL" })] };
    expect(() => grouped().parseGrouped(day, answerOf(body, later), wanted)).toThrow(
      /ticker "AAPL"/,
    );
  });

  it("are candles of the day, or the answer is called unreadable, whatever JSON comes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), replaceSomewhere(good)), (changed) => {
        const candles = readOrNone(
          () => grouped().parseGrouped(day, answerOf(changed, later), wanted).candles,
        );
        const times = [...candles.values()].map(({ timestamp }) => timestamp);
        expect(times.every((time) => time === day * DAY)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it.skipIf(!existsSync(FIXTURES))(`come out of the recorded answer (${ABSENT})`, () => {
    const body = { ...recorded("grouped.us.stocks.2005-04-04.json"), adjusted: false };
    const { candles } = grouped().parseGrouped(
      midnight("2020-10-14") / DAY,
      answerOf(body, later),
      wanted,
    );
    expect(candles.get("GIK")).toMatchObject({
      timestamp: midnight("2020-10-14"),
      open: 9.99,
      high: 10.02,
      volume_from: 895_345,
      trades: 96,
    });
  });
});

function readOrNone(read: () => ReadonlyMap<string, Candle>): ReadonlyMap<string, Candle> {
  try {
    return read();
  } catch (error) {
    if (error instanceof SourceAnswerError) {
      return new Map();
    }
    throw error;
  }
}

describe.skipIf(!existsSync(FIXTURES))(`recorded bars of Massive (${ABSENT})`, () => {
  it("are refused as they are, for they are adjusted for splits", () => {
    const body = recorded("aggs.AAPL.1day.2005-04-01_2005-04-04.json");
    expect(() => parseMassive("1d", midnight("2005-04-01"), 4, body)).toThrow(/adjusted true/);
  });

  it("keep their values, at times that this system believes: before 2009 it believes none", () => {
    const body = recorded("aggs.AAPL.1day.2005-04-01_2005-04-04.json");
    // 2016-04-01 and 2016-04-04 are a Friday and a Monday too, but of one season.
    const times = [midnight("2016-04-01"), midnight("2016-04-04")].map(newYorkMidnight);
    const rows = (body["results"] as readonly object[]).map((row, index) => ({
      ...row,
      t: (times[index] ?? 0) * 1_000,
    }));
    const moved = { ...body, adjusted: false, results: rows };
    expect(parseMassive("1d", midnight("2016-04-01"), 4, moved)).toMatchObject([
      { timestamp: midnight("2016-04-01"), open: 1.5032, close: 1.4604, trades: 82_132 },
      { timestamp: midnight("2016-04-04"), high: 1.4754, low: 1.4343, volume_from: 578_172_308 },
    ]);
  });
});

describe("parseCandles of Finnhub", () => {
  const start = midnight("2024-01-19") + 15 * 3_600;
  const good = { c: [2], h: [2], l: [1], o: [1], s: "ok", t: [start], v: [10] };

  function parseFinnhub(body: unknown): readonly Candle[] {
    const request = requestFor(sourceOf("finnhub"), "1h", start, 1);
    return sourceOf("finnhub").parseCandles(request, answerOf(body, start + DAY)).candles;
  }

  it("reads columns, and no data where Finnhub says so", () => {
    expect(parseFinnhub(good)).toEqual([
      {
        timestamp: start,
        open: 1,
        high: 2,
        low: 1,
        close: 2,
        volume_from: 10,
        volume_to: null,
        trades: null,
      },
    ]);
    expect(parseFinnhub({ s: "no_data" })).toEqual([]);
  });

  it("refuses columns of different lengths", () => {
    for (const column of ["c", "h", "l", "o", "v"] as const) {
      expect(() => parseFinnhub({ ...good, [column]: [] })).toThrow(SourceAnswerError);
      expect(() => parseFinnhub({ ...good, [column]: [1, 2] })).toThrow(SourceAnswerError);
    }
  });
});
