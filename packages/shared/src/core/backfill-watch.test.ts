import { describe, expect, test } from "vitest";
import { freshProgress, type BackfillJob } from "./backfill-job.ts";
import { nextInstance, planWatch, STALLS_MAX, type WatchedJob } from "./backfill-watch.ts";
import type { SourceId } from "./source.ts";

function jobOf(id: string, source: SourceId = "binance", stalls = 0): BackfillJob {
  const range = { start: 1_690_000_020, end: 1_690_100_040 };
  return {
    id,
    batch: "batch",
    source,
    symbol: "BTC-USDT",
    timeframe: "1m",
    state: "running",
    request: { ...range, markets: [{ symbol: "BTC-USDT", nativeSymbol: "B" }], isGrouped: false },
    progress: { ...freshProgress(range, "fetch"), stalls, instances: 3 },
    message: null,
    instance: null,
    createdAt: 0,
    startedAt: null,
    updatedAt: 0,
    finishedAt: null,
  };
}

function watched(
  job: BackfillJob,
  state?: NonNullable<WatchedJob["instance"]>["state"],
): WatchedJob {
  return { job, instance: state === undefined ? null : { state, error: "its last words" } };
}

const NOW_MS = 1_800_000_000_000;

const idsOf = (start: readonly { readonly job: BackfillJob }[]): string[] =>
  start.map(({ job }) => job.id);

describe("the watch over backfills", () => {
  test("starts the oldest of those that wait, two of a source at once", () => {
    const jobs = ["a", "b", "c"].map((id) => watched(jobOf(id)));
    const kraken = watched(jobOf("k", "kraken"));
    expect(idsOf(planWatch([...jobs, kraken], NOW_MS).start)).toEqual(["a", "b", "k"]);
  });

  test("leaves alone what works, and counts it", () => {
    const jobs = [watched(jobOf("new")), watched(jobOf("also new"))];
    const plan = planWatch([...jobs, watched(jobOf("old"), "working")], NOW_MS);
    expect(idsOf(plan.start)).toEqual(["new"]);
  });

  test.each(["ended", "lost", "silent"] as const)(
    "gives a job a new instance whose old one is %s",
    (state) => {
      expect(idsOf(planWatch([watched(jobOf("a"), state)], NOW_MS).start)).toEqual(["a"]);
    },
  );

  test("gives a job up whose instances ended again and again without any progress", () => {
    const job = jobOf("a", "binance", STALLS_MAX);
    expect(planWatch([watched(job, "ended")], NOW_MS)).toEqual({
      start: [],
      giveUp: [{ job, error: "its last words" }],
    });
  });

  test.each(["lost", "silent"] as const)(
    "never gives a job up for instances that are %s, and does not count them",
    (state) => {
      const job = jobOf("a", "binance", STALLS_MAX);
      expect(planWatch([watched(job, state)], NOW_MS)).toEqual({
        start: [{ job, stalled: false }],
        giveUp: [],
      });
    },
  );

  test("counts an instance that ended, and leaves its place to others while it pauses", () => {
    const after = (stalls: number, passedMs: number): WatchedJob => {
      const { progress, ...job } = jobOf(`${stalls}`, "binance", stalls);
      return watched({ ...job, progress: { ...progress, beatMs: NOW_MS - passedMs } }, "ended");
    };
    const [other, another] = ["b", "c"].map((id) => watched(jobOf(id)));
    expect(planWatch([after(0, 0)], NOW_MS).start).toMatchObject([{ stalled: true }]);
    expect(planWatch([after(2, 240_000)], NOW_MS).start).toMatchObject([{ stalled: true }]);
    const paused = [after(2, 239_999), other, another].flatMap((one) => one ?? []);
    expect(idsOf(planWatch(paused, NOW_MS).start)).toEqual(["b", "c"]);
  });

  test("tries a job that cannot go on for a day, at least once an hour", () => {
    let stalls = 0;
    let startedMs = NOW_MS;
    let longestMs = 0;
    for (let ms = NOW_MS; ms < NOW_MS + 7 * 86_400_000; ms += 60_000) {
      const job = jobOf("a", "binance", stalls);
      const progress = { ...job.progress, beatMs: startedMs };
      const plan = planWatch([watched({ ...job, progress }, "ended")], ms);
      if (plan.giveUp.length > 0) {
        break;
      }
      if (plan.start.length > 0) {
        longestMs = Math.max(longestMs, ms - startedMs);
        startedMs = ms;
        stalls += 1;
      }
    }
    expect(stalls).toBe(STALLS_MAX);
    expect(startedMs - NOW_MS).toBeGreaterThanOrEqual(86_400_000);
    expect(startedMs - NOW_MS).toBeLessThan(86_400_000 + 2 * 3_600_000);
    expect(longestMs).toBe(3_600_000);
  });

  test("names instances by the job and their number", () => {
    expect(nextInstance(jobOf("0123456789ab"))).toBe("backfill-0123456789ab-4");
  });
});
