import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { marketCandles, servedCandles } from "./market-candles.ts";
import { startSystem, type System } from "./system.ts";

const DAY_SECONDS = 86_400;
const NOW = Date.UTC(2026, 5, 20, 12) / 1_000;
/** `BACKFILL_DAYS=730` does what the gate does not take the time for: two years. */
const DAYS = Number(process.env["BACKFILL_DAYS"] ?? 300);
const START = NOW - DAYS * DAY_SECONDS;
const SERIES = "binance:BTC-USDT:1m";

/** A market that was taken off the list and put on it again: neither minutes nor days. */
const HOLE = { start: Date.UTC(2026, 2, 4, 9, 30) / 1_000, end: Date.UTC(2026, 3, 22, 17) / 1_000 };

/** A simulated hour, for which a host is left alone that refuses our country, takes 3.6 s. */
const SPEED = 1_000;

interface Job {
  readonly id: string;
  readonly state: string;
  readonly candles_due: number;
  readonly candles_stored: number;
  readonly candles_absent: number;
  readonly errors: readonly { readonly code: string; readonly count: number }[];
  readonly message: string | null;
  readonly finished_at: number | null;
}

describe(
  `${DAYS} days of minutes from a source that does everything wrong`,
  { timeout: 300_000 },
  () => {
    let system: System;
    let job: Job;
    /** What the source was asked. */
    let asked: URLSearchParams[] = [];

    beforeAll(async () => {
      system = await startSystem({ startMs: NOW * 1_000, speed: SPEED });
      const { simulator } = system;
      // An answer that is cut, or empty, lacks a candle beside the stretch that came before and was
      // asked for along with it. Where none did, three or four silent answers in a row are taken for
      // absence: that befalls less than one in 10,000 runs. That one of the faults that the job must
      // have met comes to none, whose chances are 0.03 each in some 370 requests, does 1 in 80,000.
      const always = { times: null, symbol: "BTCUSDT" } as const;
      const hole = { startMs: HOLE.start * 1_000, endMs: HOLE.end * 1_000 };
      simulator.inject({ kind: "absent", symbol: "BTCUSDT", ...hole });
      const headers = { "retry-after": "7" };
      simulator.inject({ ...always, kind: "status", status: 429, headers, probability: 0.03 });
      simulator.inject({ ...always, kind: "status", status: 503, probability: 0.03 });
      // Each costs ten real seconds: that is how long an answer is waited for.
      simulator.inject({ ...always, kind: "cut", times: 2, probability: 0.04 });
      simulator.inject({ ...always, kind: "garbage", probability: 0.03 });
      simulator.inject({ ...always, kind: "truncate", rows: 137, probability: 0.06 });
      simulator.inject({ ...always, kind: "truncate", rows: 1, probability: 0.02 });
      simulator.inject({ ...always, kind: "truncate", rows: 0, probability: 0.006 });
      const api = { host: "api.binance.com", symbol: "BTCUSDT", times: 2, probability: 0.03 };
      simulator.inject({ ...api, kind: "status", status: 451 });
      const data = { ...api, host: "data-api.binance.vision" };
      simulator.inject({ ...data, kind: "status", status: 451 });
      const answer = await system.post("/v1/backfills", {
        source: "binance",
        symbol: "BTC-USDT",
        timeframe: "1m",
        start: START,
        end: NOW,
      });
      const { id } = (await answer.json()) as { id: string };
      job = await untilEnded(system, id);
      asked = system.simulator.requests().map(({ query }) => new URLSearchParams(query));
    }, 300_000);

    afterAll(() => system.close());

    test("ends by itself, and says what is missing", () => {
      const minutes = (NOW - START) / 60;
      expect(job).toMatchObject({ state: "complete", candles_due: minutes });
      expect(job.candles_stored + job.candles_absent).toBe(minutes);
      expect(job.candles_absent).toBeGreaterThanOrEqual((HOLE.end - HOLE.start) / 60);
      expect(job.message).toContain(
        `${job.candles_absent} that binance was asked for and does not have`,
      );
      const codes = job.errors.map(({ code }) => code);
      expect(codes).toEqual(
        expect.arrayContaining([
          "source_rate_limited",
          "source_blocked",
          "source_unavailable",
          "source_answer_unreadable",
        ]),
      );
    });

    test("holds exactly what the market had, digit for digit", async () => {
      system.simulator.clearFaults();
      const had = await marketCandles(system.simulator.url, "BTCUSDT", START, NOW, HOLE);
      const held = await servedCandles(system, SERIES, START, NOW);
      expect(held.length).toBe(job.candles_stored);
      const [isHeld, isThere] = [new Set(held), new Set(had)];
      const lost = had.filter((line) => !isHeld.has(line));
      const invented = held.filter((line) => !isThere.has(line));
      // Where some are, how many and which, and what was asked for around them, says why.
      const [first = "", last = ""] = [lost[0], lost.at(-1)].map((line) => line?.split(",")[0]);
      const asks = await system.rows(
        'SELECT * FROM asked_ranges WHERE "end" >= ? AND start <= ? ORDER BY start LIMIT 20',
        Number(first),
        Number(last),
      );
      expect({
        lost: lost.length,
        first,
        last,
        asks: lost.length === 0 ? [] : asks,
        invented: invented.slice(0, 5),
      }).toEqual({ lost: 0, first: "", last: "", asks: [], invented: [] });
      expect(held.join("\n") === had.join("\n")).toBe(true);
      const missing = job.candles_due - had.length;
      expect(job.candles_absent).toBe(missing);
    });

    test("tells the hole from what else is missing, once another market shows that the source was there", async () => {
      const week = 7 * DAY_SECONDS;
      const around = { start: HOLE.start - week, end: HOLE.end + week };
      const sibling = { source: "binance", symbol: "ETH-USDT", timeframe: "1m", ...around };
      const { id } = (await (await system.post("/v1/backfills", sibling)).json()) as { id: string };
      expect((await untilEnded(system, id)).state).toBe("complete");
      const order = { series: SERIES, start: START, end: NOW };
      const answer = await system.post("/v1/gaps/scan", order);
      expect(answer.status).toBe(200);
      const { classes } = (await answer.json()) as { classes: Record<string, number> };
      // Whole days are scanned: minutes after the job's end, which nobody has asked for, are among it.
      const { collector_miss: after = 0, ...known } = classes;
      expect(after).toBeLessThanOrEqual(DAY_SECONDS / 60 / 2);
      expect(known["delisted"]).toBe((HOLE.end - HOLE.start) / 60);
      const all = Object.values(known).reduce((sum, candles) => sum + candles, 0);
      expect(all).toBe(job.candles_absent);
    });

    test("does not ask for days on which there is no daily candle", () => {
      const inHole = asked.filter((query) => {
        const start = Number(query.get("startTime")) / 1_000;
        const [first, last] = [HOLE.start + 2 * DAY_SECONDS, HOLE.end - 2 * DAY_SECONDS];
        return query.get("interval") === "1m" && start > first && start < last;
      });
      expect(inHole).toEqual([]);
    });

    test("keeps the reason why minutes are missing", async () => {
      const asks = await system.rows<{ outcome: string; absent: number; reason: string | null }>(
        "SELECT outcome, absent, reason FROM asked_ranges ORDER BY start",
      );
      expect(asks.every(({ outcome }) => outcome === "answered")).toBe(true);
      expect(asks).toContainEqual({
        outcome: "answered",
        absent: 46 * 1_440,
        reason: "binance has no daily candle on these 46 days",
      });
    });

    test("asks for nothing when it is run again, but for what was absent", async () => {
      system.simulator.clearRequests();
      const answer = await system.post("/v1/backfills", {
        source: "binance",
        symbol: "BTC-USDT",
        timeframe: "1m",
        start: NOW - 200 * DAY_SECONDS,
        end: NOW - 199 * DAY_SECONDS,
      });
      const { id } = (await answer.json()) as { id: string };
      expect(await untilEnded(system, id)).toMatchObject({ state: "complete", candles_stored: 0 });
      expect(system.simulator.requests()).toEqual([]);
    });
  },
);

/** Waits until the one job of the batch `id` has ended. */
async function untilEnded(system: System, id: string): Promise<Job> {
  for (const giveUpMs = Date.now() + 220_000; Date.now() < giveUpMs;) {
    const answer = await system.get(`/v1/backfills/${id}`);
    const { jobs } = (await answer.json()) as { jobs: Job[] };
    const [job] = jobs;
    if (job !== undefined && job.finished_at !== null) {
      return job;
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`backfill ${id} did not end`);
}
