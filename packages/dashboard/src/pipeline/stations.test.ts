import type { Source, Stats } from "@candlehouse/client";
import { describe, expect, it } from "vitest";
import { planStations, queueState, type Station } from "./stations.ts";

const NOW = 1_795_400_000;

const NOTHING = {
  runs: 0,
  candles: 0,
  inserted: 0,
  ignored: 0,
  revised: 0,
  retried: 0,
  dead: 0,
  duration_ms: 0,
};

const STATS: Stats = {
  at: NOW,
  hours: [],
  totals: { hour: NOTHING, day: NOTHING },
  candles_per_second: null,
  queues: [
    { queue: "candles", backlog_messages: 0, backlog_bytes: 0, oldest_message_at: null },
    { queue: "candles-dlq", backlog_messages: 9, backlog_bytes: 90, oldest_message_at: 0 },
  ],
  dead_letters: { open: 0, replayed: 0, discarded: 0, oldest_open_at: null },
  archive: {
    files: 0,
    fragments: 0,
    candles: 0,
    bytes: 0,
    series: 0,
    damaged: 0,
    oldest_verified_at: null,
    newest_verified_at: null,
    last_change_at: null,
  },
  alerts: { firing: 0, critical: 0 },
  jobs: { open_backfills: 0, open_imports: 0 },
  meta: { durationMs: 1 },
};

const SOURCE: Source = {
  source: "binance",
  state: "ok",
  since: NOW - 60,
  reason_code: null,
  reason: null,
  last_success_at: NOW - 60,
  last_error_at: null,
  series: 10,
  late: 0,
  last_error: null,
  hosts: [
    {
      host: "api.binance.com",
      state: "open",
      silent_until: null,
      reason: null,
      strikes: 0,
      used_ratio: 0.1,
      burst: 100,
      per_second: 10,
    },
  ],
};

function stationOf(
  id: Station["id"],
  stats: Partial<Stats>,
  sources: readonly Source[] = [SOURCE],
): Station | undefined {
  return planStations({ ...STATS, ...stats }, sources, NOW).find((one) => one.id === id);
}

describe("the way of the candles", () => {
  it("goes from the sources to the archive, the dead letters last", () => {
    expect(planStations(STATS, [SOURCE], NOW).map(({ id }) => id)).toEqual([
      "sources",
      "queue",
      "consumer",
      "hot",
      "archive",
      "letters",
    ]);
  });

  it("says nothing bad of a system that has just begun", () => {
    const tones = planStations(STATS, [], NOW).map(({ tone }) => tone);
    expect(tones).not.toContain("bad");
    expect(tones).not.toContain("warning");
  });

  it("shows a source that fails as a warning, and all of them as bad", () => {
    const failing: Source = { ...SOURCE, source: "kraken", state: "failing" };
    expect(stationOf("sources", {}, [SOURCE, failing])).toMatchObject({
      tone: "warning",
      word: "1 failing",
      figure: "1 of 2",
    });
    expect(stationOf("sources", {}, [failing])).toMatchObject({ tone: "bad" });
  });

  it("does not count a source that was never asked among those that should answer", () => {
    const never: Source = { ...SOURCE, source: "massive", state: null, since: null, series: 0 };
    expect(stationOf("sources", {}, [SOURCE, never])).toMatchObject({
      tone: "good",
      figure: "1 of 1",
    });
  });

  it("tells of a source whose host is not asked although no fetch failed", () => {
    const hosts = SOURCE.hosts?.map((host) => ({ ...host, state: "silent" as const })) ?? null;
    expect(stationOf("sources", {}, [{ ...SOURCE, hosts }])).toMatchObject({
      tone: "warning",
      word: "1 held back",
    });
  });

  it("takes the backlog from the queue of candles alone", () => {
    expect(stationOf("queue", {})).toMatchObject({ tone: "good", word: "Empty", figure: "0" });
    expect(stationOf("queue", { queues: [] })).toMatchObject({ tone: "plain", figure: "–" });
  });

  it("shows what the consumer gave up in the last hour", () => {
    const totals = { hour: { ...NOTHING, runs: 5, inserted: 900, dead: 1 }, day: NOTHING };
    expect(stationOf("consumer", { totals })).toMatchObject({ tone: "warning", figure: "900" });
  });

  it("calls D1 bad only where every series is late", () => {
    const late: Source = { ...SOURCE, late: 10 };
    expect(stationOf("hot", {}, [SOURCE, late])).toMatchObject({ tone: "warning" });
    expect(stationOf("hot", {}, [late])).toMatchObject({ tone: "bad", word: "10 series late" });
  });

  it("shows damage in the archive before anything else of it", () => {
    const archive = { ...STATS.archive, files: 3, candles: 1_200_000, bytes: 4_000, damaged: 1 };
    expect(stationOf("archive", { archive })).toMatchObject({
      tone: "bad",
      word: "1 damaged",
      figure: "1.2M",
      notes: ["4 kB in 3 files"],
    });
  });
});

function waiting(seconds: number): Stats["queues"][number] {
  return {
    queue: "candles",
    backlog_messages: 3,
    backlog_bytes: 300,
    oldest_message_at: NOW - seconds,
  };
}

describe("a queue", () => {
  it.each([
    [30, "good", "Keeps up"],
    [600, "warning", "Behind"],
    [3_600, "bad", "Far behind"],
  ])("whose oldest message waits %d s is %s", (seconds, tone, word) => {
    expect(queueState(waiting(seconds), NOW)).toEqual({ tone, word });
  });

  it("is not behind where a clock is a moment ahead", () => {
    expect(queueState(waiting(-5), NOW)).toEqual({ tone: "good", word: "Keeps up" });
  });
});
