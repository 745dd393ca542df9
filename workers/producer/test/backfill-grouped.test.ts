import { env } from "cloudflare:workers";
import { freshProgress, type BackfillJob } from "@candlehouse/shared/core/backfill-job";
import { dayStart } from "@candlehouse/shared/core/missing";
import { insertBackfills, readBackfill } from "@candlehouse/shared/d1/jobs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { stopper } from "../../archiver/test/stoppable.ts";
import type { BackfillContext } from "../src/backfill-context.ts";
import { takeTurn } from "../src/backfill-turn.ts";
import { massive } from "../src/sources/massive.ts";
import { clearWarehouse, contextOf, setInstance } from "./backfill-warehouse.ts";
import { clearFiles, putDamagedFile } from "./damaged-file.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);

const JOB = "0123456789ab";
const DAY = 86_400;
/** Monday to Friday. */
const MONDAY = Date.UTC(2026, 5, 15) / 1_000 / DAY;
const RANGE = { start: dayStart(MONDAY), end: dayStart(MONDAY + 5) };
const NOW = RANGE.end + 2 * 3_600;

beforeEach(clearWarehouse);
afterEach(async () => {
  await clearWarehouse();
  await clearFiles();
});

/** A day of the market at Massive, at the time that its clock shows. */
type AnswerDay = (day: number, attempt: number) => Response;

function barsOf(day: number, tickers: readonly string[], high = 3): object {
  const bar = { v: 10, vw: 2, o: 2, c: 2, h: high, l: 1, t: (dayStart(day) + 20 * 3_600) * 1_000 };
  const results = tickers.map((T) => ({ ...bar, T, n: 5 }));
  const rows = results.length === 0 ? {} : { results };
  return { status: "OK", adjusted: false, resultsCount: results.length, ...rows };
}

function answer(body: object, status = 200, clock = NOW): Response {
  const headers = { date: new Date(clock * 1_000).toUTCString() };
  return new Response(JSON.stringify(body), { status, headers });
}

const ALL = ["AAPL", "MSFT", "OTHER"];

/** What was asked for, and the context in which `answerDay` answers; `loses` names days that the queue loses at first. */
function marketOf(answerDay: AnswerDay, loses: readonly number[] = []) {
  const asked: number[] = [];
  const lost = new Set(loses);
  const { gate } = stopper(undefined);
  const base = contextOf({
    gate,
    fetch: async (request) => {
      const day = Date.parse(/\d{4}-\d\d-\d\d$/.exec(new URL(request.url).pathname)?.[0] ?? "");
      asked.push(day / 1_000 / DAY);
      const unixDay = day / 1_000 / DAY;
      return answerDay(unixDay, asked.filter((one) => one === unixDay).length);
    },
  });
  const context: BackfillContext = {
    ...base,
    source: () => massive,
    realNowMs: () => NOW * 1_000,
    queue: {
      sendBatch: async (messages) => {
        for (const { body } of messages) {
          for (const [symbol, , timestamp, open, high, low, close] of body.candles) {
            const isGood = Number(high) >= Number(low);
            if (isGood && !lost.delete(timestamp / DAY)) {
              await env.DB.prepare(
                `INSERT OR IGNORE INTO price_data
                 (source, symbol, timeframe, timestamp, open, high, low, close, volume_from)
                 VALUES ('massive', ?1, '1d', ?2, ?3, ?4, ?5, ?6, 1)`,
              )
                .bind(symbol, timestamp, open, high, low, close)
                .run();
            }
          }
        }
      },
    },
    askTools: (source) => {
      const tools = base.askTools(source);
      return { ...tools, access: { ...tools.access, key: "key", nowMs: () => NOW * 1_000 } };
    },
  };
  return { asked, context };
}

/** Runs a grouped job of two stocks to its end. */
async function run(context: BackfillContext, id = JOB): Promise<BackfillJob | undefined> {
  const markets = ["AAPL", "MSFT"].map((name) => ({ symbol: `${name}-USD`, nativeSymbol: name }));
  const job: BackfillJob = {
    id,
    batch: "batch",
    source: "massive",
    symbol: null,
    timeframe: "1d",
    state: "queued",
    request: { ...RANGE, markets, isGrouped: true },
    progress: freshProgress(RANGE, "fetch"),
    message: null,
    instance: null,
    createdAt: NOW,
    startedAt: null,
    updatedAt: NOW,
    finishedAt: null,
  };
  await insertBackfills(env.DB, [job]);
  await setInstance(id, "first");
  for (let over = false, turns = 0; !over; turns += 1) {
    expect(turns).toBeLessThan(200);
    ({ over } = await takeTurn(context, id, "first"));
  }
  return readBackfill(env.DB, id);
}

async function heldDays(symbol: string): Promise<number[]> {
  const { results } = await env.DB.prepare(
    "SELECT timestamp FROM price_data WHERE symbol = ?1 ORDER BY timestamp",
  )
    .bind(symbol)
    .all<{ timestamp: number }>();
  return results.map(({ timestamp }) => timestamp / DAY - MONDAY);
}

const NONE = { absent: 0, rejected: 0, beyondReach: 0, open: 0 };

describe("a backfill of days of all markets", () => {
  test("asks again for a day that the source's clock has not closed yet", async () => {
    const settled = RANGE.end + massive.settleSeconds;
    const { context, asked } = marketOf((day, attempt) =>
      answer(barsOf(day, ALL), 200, attempt === 1 ? settled - 1 : settled),
    );
    const job = await run(context);
    expect(job).toMatchObject({ state: "complete", progress: { tally: NONE } });
    expect(await heldDays("MSFT-USD")).toEqual([0, 1, 2, 3, 4]);
    expect(asked.filter((day) => day === MONDAY + 4).length).toBe(2);
  });

  test("believes that a weekday has no market at all when it is answered twice", async () => {
    const { context, asked } = marketOf((day, attempt) => {
      const isHoliday = day === MONDAY + 3;
      const isMistake = day <= MONDAY + 1 && attempt === 1;
      return answer(barsOf(day, isHoliday || isMistake ? [] : ALL));
    });
    const job = await run(context);
    expect(await heldDays("AAPL-USD")).toEqual([0, 1, 2, 4]);
    expect(job).toMatchObject({ state: "complete", progress: { tally: { ...NONE, absent: 2 } } });
    expect(asked.map((day) => day - MONDAY).toSorted((a, b) => a - b)).toEqual([
      0, 0, 1, 1, 2, 3, 3, 4,
    ]);
  });

  test("does not ask again for a day on which others traded, nor for one of a weekend", async () => {
    const { context, asked } = marketOf((day) => answer(barsOf(day, ["OTHER"])));
    const job = await run(context);
    expect(job?.progress.tally).toEqual({ ...NONE, absent: 10 });
    expect(asked.length).toBe(5);
  });

  test("keeps in mind in later rounds what was beyond reach and what came rejected", async () => {
    const tooOld = {
      status: "NOT_AUTHORIZED",
      message: "Your plan doesn't include this data timeframe.",
    };
    const { context, asked } = marketOf(
      (day) => {
        if (day === MONDAY) {
          return answer(tooOld, 403);
        }
        return answer(barsOf(day, ALL, day === MONDAY + 1 ? 0.5 : 3));
      },
      // Of both stocks, one candle of Wednesday is lost on its way: another round asks for it.
      [MONDAY + 2],
    );
    const job = await run(context);
    expect(asked.filter((day) => day === MONDAY + 2).length).toBeGreaterThan(1);
    expect(job).toMatchObject({
      state: "incomplete",
      progress: { tally: { absent: 0, rejected: 2, beyondReach: 2, open: 0 } },
    });
    const { results } = await env.DB.prepare(
      'SELECT DISTINCT outcome FROM asked_ranges WHERE start <= ?1 AND "end" > ?1',
    )
      .bind(dayStart(MONDAY))
      .all();
    expect(results).toEqual([{ outcome: "beyond_reach" }]);
  });

  test("fetches what it can where a file of one of the series is damaged", async () => {
    await putDamagedFile(
      { source: "massive", symbol: "AAPL-USD", timeframe: "1d" },
      "2026",
      dayStart(MONDAY + 1),
    );
    const { context } = marketOf((day) => answer(barsOf(day, ALL)));
    const job = await run(context);
    expect(await heldDays("MSFT-USD")).toEqual([0, 1, 2, 3, 4]);
    expect(await heldDays("AAPL-USD")).toEqual([]);
    expect(job).toMatchObject({ state: "incomplete", progress: { tally: { ...NONE, open: 5 } } });
    expect(job?.progress.errors).toMatchObject([{ code: "archive_damaged" }]);
    const { results } = await env.DB.prepare(
      "SELECT symbol, outcome, code FROM asked_ranges",
    ).all();
    expect(results).toEqual([{ symbol: "AAPL-USD", outcome: "failed", code: "archive_damaged" }]);
  });
});
