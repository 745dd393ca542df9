import { env } from "cloudflare:workers";
import { readBackfill } from "@candlehouse/shared/d1/jobs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { takeTurn } from "../src/backfill-turn.ts";
import {
  answerAs,
  clearWarehouse,
  contextOf,
  heldTimes,
  JOB,
  marketMinutes,
  putJob,
  RANGE,
} from "./backfill-warehouse.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);

beforeEach(clearWarehouse);
afterEach(clearWarehouse);

/** What a request asks for, in minutes since the start of the range; the end is inclusive. */
function minutesOf(request: Request): { first: number; last: number } {
  const query = new URL(request.url).searchParams;
  const minuteAt = (name: string): number =>
    Math.floor((Number(query.get(name)) / 1_000 - RANGE.start) / 60);
  return { first: minuteAt("startTime"), last: minuteAt("endTime") };
}

/** Runs a job against a market of which the answers that `rowsOf` knows have so many rows alone. */
async function run(rowsOf: (request: Request) => number | undefined): Promise<void> {
  let rows: number | undefined;
  const answer = answerAs(() => rows);
  const fetch = (request: Request): Promise<Response> => {
    rows = rowsOf(request);
    return answer(request);
  };
  await putJob(JOB, "me");
  const context = contextOf({ fetch });
  for (let over = false; !over;) {
    ({ over } = await takeTurn(context, JOB, "me"));
  }
}

async function expectAll(): Promise<void> {
  const market = marketMinutes();
  expect(await heldTimes()).toEqual(market);
  expect(await readBackfill(env.DB, JOB)).toMatchObject({
    state: "complete",
    progress: { tally: { absent: 2_880 - market.length, open: 0 } },
  });
}

describe("candles that a market has are never taken to be absent", () => {
  test.each([
    ["empty", 0],
    ["cut after one row", 1],
  ])("where the answers about a page are %s, however often", async (_, rows) => {
    let spoiled = 0;
    await run((request) => {
      const { first, last } = minutesOf(request);
      const isMeant = first <= 1_500 && last >= 1_500 && spoiled < 12;
      spoiled += isMeant ? 1 : 0;
      return isMeant ? rows : undefined;
    });
    expect(spoiled).toBe(12);
    await expectAll();
  });

  test("where the source answers with nothing at all for a while", async () => {
    let requests = 0;
    await run(() => {
      requests += 1;
      return requests > 1 && requests <= 24 ? 0 : undefined;
    });
    expect(requests).toBeGreaterThan(24);
    await expectAll();
  });

  test("where the last minutes of a window are left out, and then nothing comes", async () => {
    const rows = [570, 0, 0, 0];
    await run((request) => (minutesOf(request).last === 2_879 ? rows.shift() : undefined));
    expect(rows).toEqual([]);
    await expectAll();
  });
});
