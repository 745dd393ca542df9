import type { Candle } from "@candlehouse/shared/core/candle";
import { decimalOf, isStoredDecimal } from "@candlehouse/shared/core/decimal";
import {
  CandlehouseError,
  InvalidInputError,
  SourceAnswerError,
  SourceBlockedError,
  SourceOffError,
  SourceRateLimitedError,
  SourceUnavailableError,
} from "@candlehouse/shared/core/errors";
import { traitsOf } from "@candlehouse/shared/core/source-traits";
import {
  addCandles,
  closeTimeOf,
  openTimeOf,
  TIMEFRAMES,
  type Timeframe,
} from "@candlehouse/shared/core/timeframe";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tellsOpenCandles } from "../../src/sources/open-window.ts";
import {
  pageSizeOf,
  type CandleRequest,
  type HttpAnswer,
  type ParsedAnswer,
  type Source,
} from "../../src/sources/source.ts";
import { answerOf, htmlAnswer, TEN_PM } from "./answers.ts";
import type { Dialect, Draft } from "./dialects.ts";
import { draftsAt, pages, replaceSomewhere, type Page } from "./pages.ts";

const KEY = "key-of-a-test";
const SYMBOL = "BTC-USD";

/** What every source must do, whatever its dialect. */
export function testSource(source: Source, dialect: Dialect): void {
  describe(`source ${source.id}`, () => {
    testRequests(source);
    testCandles(source, dialect);
    testGarbage(source, dialect);
    testErrors(source);
  });
}

/** A request for the window of `source`'s market. */
export function requestFor(
  source: Source,
  timeframe: Timeframe,
  start: number,
  count: number,
): CandleRequest {
  const symbol = symbolOf(source);
  const nativeSymbol = source.nativeSymbol(symbol) ?? "";
  return { symbol, nativeSymbol, timeframe, start, end: addCandles(start, timeframe, count) };
}

/** A market that `source` has: a stock where markets close at night. */
function symbolOf(source: Source): string {
  if (traitsOf(source.id).sessions) {
    return "AAPL-USD";
  }
  return source.nativeSymbol(SYMBOL) === undefined ? "BTC-USDT" : SYMBOL;
}

function testRequests(source: Source): void {
  it.each(source.timeframes)(
    "asks for %s candles with the same plain data each time",
    (timeframe) => {
      const request = requestFor(source, timeframe, openTimeOf(TEN_PM, timeframe), 3);
      for (const host of source.hosts) {
        const once = source.toHttpRequest(request, host, KEY);
        expect(once).toEqual(source.toHttpRequest(request, host, KEY));
        expect(once.host).toBe(host);
        expect(once.path).toMatch(/^\/[\w/.-]+$/);
        expect(once.headers["User-Agent"]).toBe("candlehouse/0.1");
        expect(Object.values(once.query)).not.toContain("");
      }
    },
  );

  it("refuses a window that one answer cannot hold", () => {
    const [host = ""] = source.hosts;
    for (const timeframe of source.timeframes) {
      const start = openTimeOf(TEN_PM, timeframe);
      const most = pageSizeOf(source, timeframe);
      for (const count of [-1, 0, most + 1]) {
        const request = requestFor(source, timeframe, start, count);
        expect(() => source.toHttpRequest(request, host, KEY)).toThrow(InvalidInputError);
      }
      const whole = requestFor(source, timeframe, start, most);
      expect(source.toHttpRequest(whole, host, KEY).host).toBe(host);
    }
  });

  it.each(TIMEFRAMES.filter((timeframe) => !source.timeframes.includes(timeframe)))(
    "refuses %s, which the source does not give",
    (timeframe) => {
      const [host = ""] = source.hosts;
      const request = requestFor(source, timeframe, openTimeOf(TEN_PM, timeframe), 1);
      expect(() => source.toHttpRequest(request, host, KEY)).toThrow(`timeframe "${timeframe}"`);
    },
  );
}

function testCandles(source: Source, dialect: Dialect): void {
  it("gives the closed candles of the window, every digit kept, and apart from them the open ones", () => {
    fc.assert(
      fc.property(pages(source, dialect), (page) => {
        const { request, answer } = ask(source, dialect, page);
        const parsed = source.parseCandles(request, answer);
        expectContract(source, request, answer, parsed);
        const { closed, open } = expectedOf(source, dialect, page, request);
        expect(parsed.candles.map(toText)).toEqual(closed);
        // Of the others nobody asks the open candle, and not all of them have it as a candle.
        const told = tellsOpenCandles(source) ? parsed.openCandles.map(toText) : open;
        expect(told).toEqual(open);
      }),
      { numRuns: 200 },
    );
  });

  it("holds a candle back until its settle delay has passed", () => {
    const [timeframe = "1m"] = source.timeframes;
    const start = openTimeOf(TEN_PM, timeframe);
    const request = requestFor(source, timeframe, start, 1);
    const drafts = draftsAt([-2, -1, 0, 1].map((step) => addCandles(start, timeframe, step)));
    const settled = closeTimeOf(start, timeframe) + source.settleSeconds;
    const countAt = (now: number): number =>
      source.parseCandles(request, answerOf(dialect.encode(drafts, timeframe, now), now)).candles
        .length;
    expect(countAt(settled - 1)).toBe(0);
    expect(countAt(settled)).toBe(1);
  });

  it("drops a row that is sent twice, and refuses two that differ", () => {
    const [timeframe = "1m"] = source.timeframes;
    const start = openTimeOf(TEN_PM, timeframe);
    const request = requestFor(source, timeframe, start, 2);
    const times = [-2, -1, 0, 1].map((step) => addCandles(start, timeframe, step));
    const drafts = draftsAt(times);
    const now = addCandles(start, timeframe, 2) + source.settleSeconds + 1;
    const parse = (list: readonly Draft[]): ParsedAnswer =>
      source.parseCandles(request, answerOf(dialect.encode(list, timeframe, now), now));
    const [, , twin] = drafts;
    const more = twin === undefined ? [] : [twin];
    expect(parse([...drafts, ...more]).candles).toHaveLength(2);
    const other = more.map((draft) => ({ ...draft, high: "99999" }));
    expect(() => parse([...drafts, ...other])).toThrow(SourceAnswerError);
  });
}

function testGarbage(source: Source, dialect: Dialect): void {
  const [timeframe = "1m"] = source.timeframes;
  const start = openTimeOf(TEN_PM, timeframe);
  const request = requestFor(source, timeframe, start, 5);
  const now = addCandles(start, timeframe, 5) + source.settleSeconds;

  it.each([
    ["HTML", undefined],
    ["null", null],
    ["a text", "candles"],
    ["a number", 42],
    ["an object without candles", { ok: true }],
    ["a list of nothing", [null]],
    ["a list of texts", ["candle"]],
  ])("calls %s unreadable", (_name, body) => {
    expect(() => source.parseCandles(request, answerOf(body, now))).toThrow(SourceAnswerError);
  });

  it("reads any JSON as candles that keep the contract, or calls it unreadable", () => {
    const steps = [-2, -1, 0, 1, 2, 3, 4];
    const drafts = draftsAt(steps.map((step) => addCandles(start, timeframe, step)));
    const good = dialect.encode(drafts, timeframe, now);
    const bodies = fc.oneof(fc.jsonValue(), replaceSomewhere(good));
    fc.assert(
      fc.property(bodies, (body) => {
        const answer = answerOf(body, now);
        const parsed = parseOrEmpty(source, request, answer);
        expect(parsed.candles.length).toBeLessThanOrEqual(5);
        expectContract(source, request, answer, parsed);
      }),
      { numRuns: 300 },
    );
  });

  it("reads an error, or none, out of any answer", () => {
    const statuses = fc.constantFrom(200, 400, 401, 403, 404, 418, 429, 451, 500, 520);
    const headers = fc.record({ "retry-after": fc.stringMatching(/^[ -~]{0,20}$/) });
    fc.assert(
      fc.property(fc.jsonValue(), statuses, headers, (body, status, header) => {
        const error = source.readError(answerOf(body, now, status, header));
        expect(error === undefined || error instanceof CandlehouseError).toBe(true);
        expect(status === 200 || error !== undefined).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
}

function testErrors(source: Source): void {
  const now = 1_700_000_000;

  it("takes a good answer for no error", () => {
    expect(source.readError(answerOf([], now))).toBeUndefined();
  });

  it("keeps the silence that a source asks for, in seconds or until a date of its clock", () => {
    const date = new Date((now + 90) * 1_000).toUTCString();
    for (const [header, expected] of [
      ["7", 7_000],
      [date, 90_000],
    ] as const) {
      const error = source.readError(answerOf({}, now, 429, { "retry-after": header }));
      expect(error).toBeInstanceOf(SourceRateLimitedError);
      expect(error).toMatchObject({ retryable: true, retryAfterMs: expected });
    }
  });

  it.each([
    [403, SourceBlockedError],
    [451, SourceBlockedError],
    [401, SourceOffError],
    [418, SourceRateLimitedError],
    [429, SourceRateLimitedError],
    [500, SourceUnavailableError],
    [503, SourceUnavailableError],
    [520, SourceUnavailableError],
    [529, SourceUnavailableError],
    [400, SourceAnswerError],
  ])("reads a page of HTML with status %i by its status", (status, expected) => {
    const error = source.readError(htmlAnswer(status, now));
    expect(error).toBeInstanceOf(expected);
    expect(error?.message).toContain(`${source.id} answered ${status}`);
  });
}

/** What `source` reads, or nothing at all where it calls the answer unreadable; throws what else it throws. */
function parseOrEmpty(source: Source, request: CandleRequest, answer: HttpAnswer): ParsedAnswer {
  try {
    return source.parseCandles(request, answer);
  } catch (error) {
    if (error instanceof SourceAnswerError && error.message.startsWith(`${source.id} answered`)) {
      return {
        candles: [],
        openCandles: [],
        coveredStart: request.start,
        coveredEnd: request.start,
      };
    }
    throw error;
  }
}

/** The request and the answer of a generated page. */
function ask(
  source: Source,
  dialect: Dialect,
  page: Page,
): { readonly request: CandleRequest; readonly answer: HttpAnswer } {
  const request = requestFor(source, page.timeframe, page.start, page.count);
  const body = dialect.encode(page.drafts, page.timeframe, page.nowSeconds);
  return { request, answer: answerOf(body, page.nowSeconds) };
}

/** The texts of the candles that `page` must give, reckoned from the drafts alone. */
function expectedOf(
  source: Source,
  dialect: Dialect,
  page: Page,
  { start, end }: CandleRequest,
): { readonly closed: readonly unknown[]; readonly open: readonly unknown[] } {
  const { timeframe, nowSeconds } = page;
  const drafts = page.drafts.filter(({ timestamp }) => timestamp >= start && timestamp < end);
  const isClosed = ({ timestamp }: Draft) =>
    closeTimeOf(timestamp, timeframe) + source.settleSeconds <= nowSeconds;
  const textOf = (draft: Draft) => ({
    timestamp: draft.timestamp,
    open: draft.open,
    high: draft.high,
    low: draft.low,
    close: draft.close,
    volume_from: dialect.gives.volume_from ? draft.volume : null,
    volume_to: dialect.gives.volume_to ? draft.quoteVolume : null,
    trades: dialect.gives.trades ? draft.trades : null,
  });
  return {
    closed: drafts.filter(isClosed).map(textOf),
    open: drafts.filter((draft) => !isClosed(draft)).map(textOf),
  };
}

/** `candle` with its decimals as texts. */
export function toText(candle: Candle): unknown {
  return {
    timestamp: candle.timestamp,
    open: decimalOf(candle.open),
    high: decimalOf(candle.high),
    low: decimalOf(candle.low),
    close: decimalOf(candle.close),
    volume_from: candle.volume_from === null ? null : decimalOf(candle.volume_from),
    volume_to: candle.volume_to === null ? null : decimalOf(candle.volume_to),
    trades: candle.trades,
  };
}

/**
 * Oldest first, unique, in the window, closed, in stored form, and not beyond what is covered; what
 * is not closed comes after that, and apart.
 */
export function expectContract(
  source: Source,
  request: CandleRequest,
  answer: HttpAnswer,
  { candles, openCandles, coveredStart, coveredEnd }: ParsedAnswer,
): void {
  expect(coveredStart).toBeGreaterThanOrEqual(request.start);
  expect(coveredEnd).toBeGreaterThanOrEqual(coveredStart);
  expect(coveredEnd).toBeLessThanOrEqual(request.end);
  let previous = coveredStart - 1;
  for (const candle of candles) {
    expect(candle.timestamp).toBeGreaterThan(previous);
    expect(candle.timestamp).toBeLessThan(coveredEnd);
    const settled = closeTimeOf(candle.timestamp, request.timeframe) + source.settleSeconds;
    expect(settled).toBeLessThanOrEqual(answer.nowSeconds);
    for (const value of [candle.open, candle.high, candle.low, candle.close]) {
      expect(isStoredDecimal(value)).toBe(true);
    }
    for (const value of [candle.volume_from, candle.volume_to]) {
      expect(value === null || isStoredDecimal(value)).toBe(true);
    }
    previous = candle.timestamp;
  }
  previous = coveredEnd - 1;
  for (const { timestamp } of openCandles) {
    expect(timestamp).toBeGreaterThan(previous);
    expect(timestamp).toBeLessThan(request.end);
    previous = timestamp;
  }
}
