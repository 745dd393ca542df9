import type { ClockSetting } from "@candlehouse/shared/core/clock";
import type { Series } from "@candlehouse/shared/core/series";
import { describe, expect, test } from "vitest";
import { nextPollMs } from "./poll-plan.ts";

const MINUTES: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
const HOURS: Series = { ...MINUTES, timeframe: "1h" };

/** Open time of a candle, and when the one after it has closed. */
const MARK = Date.UTC(2026, 0, 1, 12) / 1_000;
const CLOSED_MS = (MARK + 120) * 1_000;

function waitAt(nowMs: number, series: readonly Series[] = [MINUTES], speed = 1): number {
  const clock: ClockSetting = { realMs: 0, shownMs: 0, speed };
  const positions = series.map(() => ({ mark: MARK, holes: [] }));
  return nextPollMs(series, positions, { clock, realNowMs: () => nowMs / speed });
}

describe("the next look for candles", () => {
  test("waits for the close and three seconds more, but ten seconds at most", () => {
    expect(waitAt(CLOSED_MS - 1_000)).toBe(4_000);
    expect(waitAt(CLOSED_MS - 60_000)).toBe(10_000);
  });

  test("is each second once the candle is due, and less often the later it is", () => {
    expect([4_000, 60_000, 120_000, 900_000].map((late) => waitAt(CLOSED_MS + late))).toEqual([
      1_000, 1_000, 3_000, 10_000,
    ]);
  });

  test("goes by the series whose candle comes first", () => {
    expect(waitAt(CLOSED_MS - 1_000, [HOURS, MINUTES])).toBe(4_000);
    expect(waitAt(CLOSED_MS - 1_000, [HOURS])).toBe(10_000);
  });

  test("waits as long as that takes by a clock that runs faster", () => {
    expect(waitAt(CLOSED_MS - 57_000, [MINUTES], 60)).toBe(1_000);
    expect(waitAt(CLOSED_MS + 60_000, [MINUTES], 60)).toBe(1_000);
  });
});
