import { env } from "cloudflare:workers";
import { readBackfill } from "@candlehouse/shared/d1/jobs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { stopper } from "../../archiver/test/stoppable.ts";
import { takeTurn } from "../src/backfill-turn.ts";
import {
  answerAs,
  clearWarehouse,
  contextOf,
  heldTimes,
  putJob,
  RANGE,
} from "./backfill-warehouse.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);

const JOB = "0123456789ab";
const TURNS_MAX = 200;

beforeEach(clearWarehouse);
afterEach(clearWarehouse);

/** Minutes 900 to 2300 of the range are quiet: longer than a page, and at the end of one. */
function isQuiet(time: number): boolean {
  const minute = (time - RANGE.start) / 60;
  return minute >= 900 && minute < 2_300;
}

function minuteOf(request: Request): number {
  const query = new URL(request.url).searchParams;
  return (Number(query.get("startTime")) / 1_000 - RANGE.start) / 60;
}

/** Takes turns until the job is over; of each, `answers` requests are granted. */
async function run(fetch: (request: Request) => Promise<Response>, answers: number) {
  const { gate } = stopper(undefined);
  let left = answers;
  const grant = (ask: number): number | undefined => {
    const granted = Math.min(ask, left);
    left -= granted;
    return ask > 0 && granted === 0 ? undefined : granted;
  };
  await putJob(JOB, "me");
  const context = contextOf({ fetch, gate, grant });
  for (let turns = 1; turns <= TURNS_MAX; turns += 1) {
    left = answers;
    const { over } = await takeTurn(context, JOB, "me");
    if (over) {
      return turns;
    }
  }
  throw new Error(`not over after ${TURNS_MAX} turns`);
}

describe("a backfill that gets few answers a step", () => {
  test.each([1, 2, 3, 5])("gets through a long quiet stretch with %i", async (answers) => {
    await run(
      answerAs(() => undefined, isQuiet),
      answers,
    );
    const held = await heldTimes();
    expect(held.length).toBe(2_880 - 1_400);
    expect(await readBackfill(env.DB, JOB)).toMatchObject({
      state: "complete",
      progress: { doubted: [], tally: { absent: 1_400, open: 0 } },
    });
  });

  test("works on where a job of an older version stood, which remembers no doubts", async () => {
    const { gate } = stopper(undefined);
    await putJob(JOB, "me");
    await env.DB.prepare(
      "UPDATE jobs SET progress = json_remove(progress, '$.doubted', '$.partial')",
    ).run();
    const context = contextOf({ fetch: answerAs(() => undefined), gate });
    for (let over = false; !over;) {
      ({ over } = await takeTurn(context, JOB, "me"));
    }
    expect(await readBackfill(env.DB, JOB)).toMatchObject({ state: "complete" });
  });
});

describe("a page that can never be read", () => {
  test("is tried alone, and those behind it are not asked for each time", async () => {
    const good = answerAs(() => undefined);
    let behind = 0;
    let unreadable = 0;
    await run(async (request) => {
      const minute = minuteOf(request);
      if (minute > -2 && minute < 500) {
        unreadable += 1;
        return new Response("<html>", { headers: { date: new Date().toUTCString() } });
      }
      behind += minute >= 500 ? 1 : 0;
      return good(request);
    }, Infinity);
    expect(await readBackfill(env.DB, JOB)).toMatchObject({ state: "incomplete" });
    expect((await heldTimes()).length).toBeGreaterThan(1_500);
    expect(unreadable).toBeGreaterThan(10);
    // Once along with it, and once when it is passed over.
    expect(behind).toBe(4);
  });
});
