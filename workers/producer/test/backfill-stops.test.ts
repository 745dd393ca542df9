import { env } from "cloudflare:workers";
import { readBackfill } from "@candlehouse/shared/d1/jobs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { drawsOf } from "../../../tests/fuzz/draw.ts";
import { stopper, type StopMode } from "../../archiver/test/stoppable.ts";
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
  setInstance,
} from "./backfill-warehouse.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);

const STOPS = 20;

beforeEach(clearWarehouse);
afterEach(clearWarehouse);

/** Runs steps until the job is over, or all stops at call number `at`; returns whether it is over. */
async function run(
  instance: string,
  fetch: (request: Request) => Promise<Response>,
  at: number,
  mode: StopMode,
): Promise<boolean> {
  const { gate, stopped } = stopper({ at, mode });
  const context = contextOf({ fetch, gate });
  for (;;) {
    const over = await takeTurn(context, JOB, instance).then(
      (turn) => turn.over,
      (error: unknown) => {
        if (!stopped()) {
          throw error;
        }
        return null;
      },
    );
    if (over !== false) {
      return over === true && !stopped();
    }
  }
}

/** The market's candles and no others are held, and the job says so. */
async function expectDone(): Promise<void> {
  const had = marketMinutes();
  expect(await heldTimes()).toEqual(had);
  const job = await readBackfill(env.DB, JOB);
  const absent = (RANGE.end - RANGE.start) / 60 - had.length;
  expect(job).toMatchObject({
    state: "complete",
    progress: { tally: { absent, rejected: 0, beyondReach: 0, open: 0 } },
  });
  const { results } = await env.DB.prepare("SELECT outcome, absent FROM asked_ranges").all<{
    outcome: string;
    absent: number;
  }>();
  expect(results.every(({ outcome }) => outcome === "answered")).toBe(true);
  expect(results.reduce((sum, row) => sum + row.absent, 0)).toBe(absent);
}

describe("a backfill that is stopped at any call, and gone on with by another instance", () => {
  test(
    "holds what the market had in the end, and nothing else, at whichever call it was",
    { timeout: 60_000 },
    async () => {
      let calls = 0;
      for (let over = false; !over; calls += 1) {
        const fetch = answerAs((request) => (request === 4 ? 30 : undefined));
        await clearWarehouse();
        await putJob(JOB, "first");
        // Every other call still takes effect, and its answer is lost.
        over = await run("first", fetch, calls + 1, calls % 2 === 0 ? "before" : "after");
        await setInstance(JOB, "second");
        expect(await run("second", fetch, Infinity, "before")).toBe(true);
        await expectDone();
      }
      expect(calls).toBeGreaterThan(20);
    },
  );

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "comes to the same after up to twenty of them at random (seed %i)",
    { timeout: 60_000 },
    async (seed) => {
      const draw = drawsOf(seed);
      // One answer in seven is cut short.
      const fetch = answerAs(() => (draw() < 1 / 7 ? Math.floor(draw() * 40) : undefined));
      await putJob(JOB, "first");
      let stops = 0;
      for (let instance = "first", over = false; !over; instance = `after stop ${stops}`) {
        await setInstance(JOB, instance);
        const at = stops < STOPS ? 1 + Math.floor(draw() * 18) : Infinity;
        over = await run(instance, fetch, at, draw() < 0.5 ? "before" : "after");
        stops += over ? 0 : 1;
      }
      expect(stops).toBeGreaterThanOrEqual(1);
      await expectDone();
    },
  );

  test("is left alone by an instance whose place was taken", async () => {
    const fetch = answerAs(() => undefined);
    await putJob(JOB, "second");
    expect(await run("first", fetch, Infinity, "before")).toBe(true);
    expect(await heldTimes()).toEqual([]);
    expect(await run("second", fetch, Infinity, "before")).toBe(true);
    await expectDone();
  });

  test("comes to the same where two instances work on it in turns", async () => {
    const fetch = answerAs(() => undefined);
    await putJob(JOB, "a");
    const context = contextOf({ fetch });
    for (let turns = 0, over = false; !over; turns += 1) {
      const instance = turns % 2 === 0 ? "a" : "b";
      await setInstance(JOB, instance);
      const [result] = await Promise.all([
        takeTurn(context, JOB, instance),
        takeTurn(context, JOB, instance),
      ]);
      ({ over } = result);
    }
    await expectDone();
  });
});
