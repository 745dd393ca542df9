import { env } from "cloudflare:workers";
import { readBackfills } from "@candlehouse/shared/d1/jobs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { stopper } from "../../archiver/test/stoppable.ts";
import type { BackfillContext } from "../src/backfill-context.ts";
import { parseBackfillOrder } from "../src/backfill-request.ts";
import { planBackfills, startMessage, type BackfillPlan } from "../src/backfill-start.ts";
import { clearWarehouse, contextOf } from "./backfill-warehouse.ts";

const DAY = 86_400;
/** A Saturday, noon: the candle of the day before closed twelve hours ago, none has opened since. */
const NOW = Date.UTC(2026, 5, 20, 12) / 1_000;

beforeEach(clearWarehouse);
afterEach(clearWarehouse);

async function nobody(): Promise<Response> {
  return new Response("no test asks anybody", { status: 501 });
}

function plan(order: object, now = NOW): Promise<BackfillPlan> {
  const { gate } = stopper(undefined);
  const context: BackfillContext = {
    ...contextOf({ fetch: nobody, gate }),
    realNowMs: () => now * 1_000,
  };
  const body = { source: "binance", symbol: "BTC-USDT", ...order };
  return planBackfills(context, parseBackfillOrder(JSON.stringify(body), now));
}

describe("an order of several timeframes", () => {
  test("leaves out those without a closed candle in its time, and says so", async () => {
    const made = await plan({ timeframes: ["1m", "1d", "1w"], days: 1 });
    expect(made.planned.map(({ job }) => job.timeframe)).toEqual(["1m"]);
    expect(startMessage(made, false)).toMatch(
      /^Started a backfill of binance:BTC-USDT:1m.*; left out, for want of a closed candle in that time: binance:BTC-USDT:1d, binance:BTC-USDT:1w$/,
    );
    const [known] = made.planned;
    expect((await readBackfills(env.DB, known?.job.batch ?? "")).length).toBe(1);
  });

  test.each([
    [{ days: 1 }, "days 1 is not allowed: no candle of binance:BTC-USDT:1d, binance:BTC-USDT:1w"],
    [{ start: NOW - DAY }, `start ${NOW - DAY} is not allowed`],
  ])("is refused where none is left: %j", async (range, message) => {
    await expect(plan({ timeframes: ["1d", "1w"], ...range })).rejects.toThrow(message);
  });
});

/** Whether the second order, given later, is the backfill that the first one made. */
async function isKnown(first: object, then: object, laterSeconds: number): Promise<boolean> {
  await clearWarehouse();
  await plan({ timeframe: "1m", ...first });
  const again = await plan({ timeframe: "1m", ...then }, NOW + laterSeconds);
  return again.planned.every((one) => one.isKnown);
}

describe("an order that is repeated later", () => {
  test("is the open backfill that ends less than a day earlier", async () => {
    expect(await isKnown({ days: 30 }, { days: 30 }, 0)).toBe(true);
    expect(await isKnown({ days: 30 }, { days: 30 }, DAY - 60)).toBe(true);
    expect(await isKnown({ days: 30 }, { days: 30 }, DAY)).toBe(false);
  });

  test("is another one where its end is named, or it starts earlier", async () => {
    const start = NOW - 30 * DAY;
    expect(await isKnown({ start }, { start }, 600)).toBe(true);
    expect(await isKnown({ start }, { start, end: NOW + 600 }, 600)).toBe(false);
    expect(await isKnown({ start }, { start: start - 60 }, 600)).toBe(false);
  });

  test("is one that ends less than three candles earlier, of long candles", async () => {
    const [first, then] = [
      { timeframe: "1d", days: 30 },
      { timeframe: "1d", days: 30 },
    ];
    expect(await isKnown(first, then, 2 * DAY)).toBe(true);
    expect(await isKnown(first, then, 3 * DAY)).toBe(false);
  });

  test("is another one where the open one does less than three quarters of it", async () => {
    expect(await isKnown({ days: 1 }, { days: 1 }, 5 * 3_600)).toBe(true);
    expect(await isKnown({ days: 1 }, { days: 1 }, 7 * 3_600)).toBe(false);
  });
});
