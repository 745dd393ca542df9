import { env, exports } from "cloudflare:workers";
import { newTally, type LedgerCounts, type Work } from "@candlehouse/shared/core/ledger";
import { addToLedger } from "@candlehouse/shared/d1/ledger";
import { readBackfill } from "@candlehouse/shared/d1/jobs";
import { countD1 } from "@candlehouse/shared/ledger/count-d1";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { BudgetMemory, parseBudget, readBudget } from "../src/backfill-budget.ts";
import { backfillContext, type BackfillContext } from "../src/backfill-context.ts";
import { describeBatch } from "../src/backfill-report.ts";
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

const output = vi.spyOn(console, "log").mockImplementation(() => undefined);

const HOUR = 3_600;
/** In the middle of June: what was done then is of the running month. */
const DONE_AT = RANGE.start - 8 * 86_400;
const INCLUDED = 50_000_000;

async function didWork(work: Work, counts: LedgerCounts, at = DONE_AT): Promise<void> {
  await addToLedger(env.DB, work, counts, at).run();
}

/**
 * A context with a budget of `usd`, as an isolate that has just begun has it. Of what is asked for at
 * once, the limiter grants as `grant` says.
 */
function withBudget(
  usd: number,
  asked: Request[] = [],
  grant: (ask: number) => number | undefined = (ask) => ask,
): BackfillContext {
  const fetch = answerAs(() => undefined);
  const context = contextOf({
    grant,
    fetch: (request) => {
      asked.push(request);
      return fetch(request);
    },
  });
  return { ...context, budget: { usd, memory: new BudgetMemory() } };
}

function slowedEvents(): Record<string, unknown>[] {
  return output.mock.calls
    .map(([line]): Record<string, unknown> => JSON.parse(String(line)))
    .filter(({ event }) => event === "backfill.slowed");
}

async function runToEnd(context: BackfillContext): Promise<void> {
  for (let turns = 0, over = false; !over; turns += 1) {
    expect(turns).toBeLessThan(100);
    ({ over } = await takeTurn(context, JOB, "me"));
  }
}

async function messageNow(context: BackfillContext): Promise<string> {
  const job = await readBackfill(env.DB, JOB);
  return (await describeBatch(context, JOB, job === undefined ? [] : [job])).message;
}

beforeEach(async () => {
  await clearWarehouse();
  await env.DB.prepare("DELETE FROM cost_ledger").run();
  output.mockClear();
  await putJob(JOB, "me");
});

afterEach(clearWarehouse);

describe("a backfill in a month whose budget is used up", () => {
  beforeEach(() => didWork("import", { rows_written: INCLUDED + 5_000_000 }));

  test("waits, asks nothing, says so, and goes on when the budget is raised", async () => {
    const asked: Request[] = [];
    const poor = withBudget(10, asked);
    expect(await takeTurn(poor, JOB, "me")).toEqual({
      over: false,
      waitMs: HOUR * 1_000,
      found: 0,
    });
    expect(await takeTurn(poor, JOB, "me")).toMatchObject({ over: false, waitMs: HOUR * 1_000 });
    expect(asked).toEqual([]);
    expect(await messageNow(poor)).toBe(
      "held by the budget: the month comes to $10.00 without any more of it, of $10.00 (BUDGET_USD); it goes on when that is raised, or on 2026-07-01",
    );
    expect(await readBudget(poor)).toMatchObject({ usd: 10, state: "held" });
    // Said once, however often it waits.
    expect(slowedEvents()).toMatchObject([{ job: JOB, state: "held", committedUsd: 10 }]);

    const rich = withBudget(20, asked);
    await runToEnd(rich);
    expect(asked.length).toBeGreaterThan(0);
    expect(await heldTimes()).toEqual(marketMinutes());
    expect(await readBackfill(env.DB, JOB)).toMatchObject({
      state: "complete",
      progress: { slowed: null },
    });
    expect(slowedEvents()).toMatchObject([{ state: "held" }, { state: "full", reason: null }]);
    expect(await readBudget(rich)).toEqual({ usd: 20, state: "full", reason: null });
  });

  test("goes on in the next month", async () => {
    const context = withBudget(10);
    await takeTurn(context, JOB, "me");
    const july = { ...context, realNowMs: () => Date.UTC(2026, 6, 1, 0, 5) };
    await runToEnd(july);
    expect(await readBackfill(env.DB, JOB)).toMatchObject({ state: "complete" });
  });

  test("does not wait to look at what came of what it asked for", async () => {
    await env.DB.prepare(
      "UPDATE jobs SET progress = json_set(progress, '$.phase', 'settle', '$.hasAsked', json('true'))",
    ).run();
    expect(await takeTurn(withBudget(10), JOB, "me")).not.toMatchObject({ waitMs: HOUR * 1_000 });
    expect(slowedEvents()).toEqual([]);
  });
});

describe("a backfill in a month whose budget runs short", () => {
  test("pauses after each window, so that the rest lasts to the month's end", async () => {
    await env.DB.prepare("UPDATE jobs SET progress = json_set(progress, '$.phase', 'fetch')").run();
    await didWork("import", { rows_written: INCLUDED });
    await didWork("backfill", { runs: 100, rows_written: 4_998_000, steps: 100 });
    const asked: Request[] = [];
    // A request a step.
    let left = 1;
    const given = withBudget(10, asked, (ask) => {
      const granted = Math.min(ask, left);
      left -= granted;
      return ask > 0 && granted === 0 ? undefined : granted;
    });
    let nowMs = given.realNowMs();
    const context = { ...given, realNowMs: () => nowMs };
    const { waitMs } = await takeTurn(context, JOB, "me");
    expect(asked.length).toBe(1);
    expect(waitMs).toBe(HOUR * 1_000);
    expect(await messageNow(context)).toContain("slowed by the budget: ");
    expect(slowedEvents()).toMatchObject([{ state: "slowed" }]);
    // It looks at the budget each hour, and asks for nothing before its pause is over.
    nowMs += waitMs;
    left = 1;
    await takeTurn(context, JOB, "me");
    expect(asked.length).toBe(1);
    const told = (await readBackfill(env.DB, JOB))?.progress.slowed?.until ?? 0;
    nowMs = told * 1_000;
    await takeTurn(context, JOB, "me");
    expect(asked.length).toBe(2);
  });
});

describe("the budget", () => {
  test("is read once for many windows while much of it is left, and counted in the ledger", async () => {
    await didWork("collect", { rows_written: 1_000 });
    const tally = newTally();
    const given = withBudget(10);
    const context = { ...given, db: countD1(given.db, tally) };
    await readBudget(context);
    const once = tally.rows_read;
    expect(once).toBeGreaterThan(0);
    for (let looks = 0; looks < 5; looks += 1) {
      await readBudget(context);
    }
    expect(tally.rows_read).toBe(once);
  });

  test("is none where the variable is empty, and nothing but an amount", async () => {
    expect(parseBudget("")).toBeNull();
    expect(parseBudget(undefined)).toBeNull();
    expect(parseBudget("12.50")).toMatchObject({ usd: 12.5 });
    expect(() => parseBudget("ten")).toThrow("BUDGET_USD");
    expect(() => parseBudget("-1")).toThrow("BUDGET_USD");
    // Collection looks at the backfills each minute, and goes on whatever the variable says.
    const context = backfillContext({ ...env, BUDGET_USD: "much" }, exports);
    expect(() => context.budget).toThrow("BUDGET_USD");
    expect(await readBudget({ ...withBudget(10), budget: null })).toBeNull();
  });
});
