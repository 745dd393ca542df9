import { stopper } from "../../archiver/test/stoppable.ts";
import type { Doubt } from "@candlehouse/shared/core/backfill-answer";
import { describe, expect, test } from "vitest";
import { askPages } from "../src/backfill-pages.ts";
import { massive } from "../src/sources/massive.ts";
import { contextOf } from "./backfill-warehouse.ts";

const DAY = 86_400;
/** From here on the plan includes candles. */
const REACH = Date.UTC(2024, 10, 23, 12) / 1_000;
/** The warehouse's clock shows June 2026. */
const WANTED = { start: Date.UTC(2021, 10, 23) / 1_000, end: Date.UTC(2026, 5, 19) / 1_000 };

/** Answers with the days of a stock from `listed` on, as a plan that begins at REACH does. */
function answerAsMassive(listed: number) {
  return async (request: Request): Promise<Response> => {
    const [, from = "", to = ""] =
      /day\/([\d-]+)\/([\d-]+)$/.exec(new URL(request.url).pathname) ?? [];
    const [start, end] = [Date.parse(from) / 1_000, Date.parse(to) / 1_000 + DAY];
    const headers = { date: new Date(Date.UTC(2026, 5, 20, 12)).toUTCString() };
    if (end <= REACH) {
      const message = "Your plan doesn't include this data timeframe.";
      const body = JSON.stringify({ status: "NOT_AUTHORIZED", message });
      return new Response(body, { status: 403, headers });
    }
    const results = [];
    for (let day = start; day < end; day += DAY) {
      const week = new Date(day * 1_000).getUTCDay();
      if (week > 0 && week < 6 && day >= Math.max(listed, REACH)) {
        results.push({ v: 1, o: 1, c: 1, h: 1, l: 1, t: (day + 5 * 3_600) * 1_000, n: 1 });
      }
    }
    const some = results.length > 0 ? { results } : {};
    const body = { adjusted: false, resultsCount: results.length, status: "OK", ...some };
    return new Response(JSON.stringify(body), { headers });
  };
}

/** Asks for all of WANTED, in steps of which each gets `answers`. */
async function askInSteps(listed: number, answers: number) {
  const { gate } = stopper(undefined);
  let left = 0;
  const grant = (ask: number): number | undefined => {
    const granted = Math.min(ask, left);
    left -= granted;
    return ask > 0 && granted === 0 ? undefined : granted;
  };
  const context = contextOf({ fetch: answerAsMassive(listed), gate, grant });
  const tools = context.askTools(massive);
  const keyed = { ...tools, access: { ...tools.access, key: "a key" } };
  let doubted: readonly Doubt[] = [];
  const all = { absent: [] as [number, number][], refused: [] as [number, number][], found: 0 };
  let { start } = WANTED;
  for (let steps = 0; start < WANTED.end; steps += 1) {
    expect(steps).toBeLessThan(100);
    left = answers;
    const wanted = [{ start, end: WANTED.end }];
    const market = { symbol: "AAPL-USD", nativeSymbol: "AAPL", timeframe: "1d" } as const;
    const question = { ...market, wanted, doubted };
    const report = await askPages(massive, question, Infinity, keyed);
    const first = report.open.toSorted((a, b) => a.run.start - b.run.start)[0];
    const until = first?.run.start ?? WANTED.end;
    const known = (run: { start: number; end: number }) => run.end <= until;
    all.absent.push(
      ...report.absent.filter(known).map((run): [number, number] => [run.start, run.end]),
    );
    all.refused.push(
      ...report.refused.filter(known).map((run): [number, number] => [run.start, run.end]),
    );
    all.found += [...report.found.keys()].filter((time) => time < until).length;
    start = until;
    doubted = JSON.parse(JSON.stringify(report.doubted));
  }
  return all;
}

describe("a source that leaves out without a word what is older than its reach", () => {
  test.each([Infinity, 1, 2, 4])("has its edge found, with %d answers a step", async (answers) => {
    const { absent, refused } = await askInSteps(0, answers);
    const tooOld = Math.max(...refused.map(([, end]) => end));
    expect(Math.abs(tooOld - REACH)).toBeLessThanOrEqual(2 * DAY);
    expect(Math.min(...refused.map(([start]) => start))).toBe(WANTED.start);
    expect(absent.filter(([start]) => start < tooOld)).toEqual([]);
    expect(Math.max(...absent.map(([start, end]) => end - start))).toBeLessThanOrEqual(5 * DAY);
  });

  test("is not said to be out of reach where it is silent within it", async () => {
    const listed = Date.UTC(2025, 6, 1) / 1_000;
    const { absent, refused } = await askInSteps(listed, Infinity);
    const tooOld = Math.max(...refused.map(([, end]) => end));
    expect(Math.abs(tooOld - REACH)).toBeLessThanOrEqual(2 * DAY);
    const silent = absent.filter(([start]) => start < listed).map(([start, end]) => end - start);
    expect(silent.reduce((sum, seconds) => sum + seconds, 0)).toBeGreaterThan(200 * DAY);
  });
});
