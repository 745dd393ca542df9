import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TimeRange } from "./cold-plan.ts";
import { InvalidInputError } from "./errors.ts";
import { formatLiveId, parseLiveId } from "./live-position-id.ts";
import {
  isUnsent,
  LIVE_HOLES_MAX,
  LIVE_REACH_CANDLES,
  LIVE_START_CANDLES,
  livePositionNow,
  livePositionSince,
  makeRoom,
  unsentRanges,
  withSent,
  type LivePosition,
} from "./live-position.ts";
import type { Series } from "./series.ts";
import { addCandles, openTimeOf, type Timeframe } from "./timeframe.ts";

const NOW = Date.UTC(2026, 10, 23, 3) / 1_000;
const MINUTE = openTimeOf(NOW, "1m");
const BTC: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
const ETH: Series = { source: "kraken", symbol: "ETH-USD", timeframe: "1M" };

/** What a stream makes of candles that come one by one. */
interface Followed {
  readonly position: LivePosition;
  readonly sent: readonly number[];
  readonly givenUp: readonly TimeRange[];
}

/** What becomes of a stream at `position` when the candles at `timestamps` come. */
function follow(
  position: LivePosition,
  timestamps: readonly number[],
  timeframe: Timeframe,
): Followed {
  let at = position;
  const sent: number[] = [];
  const givenUp: TimeRange[] = [];
  for (const timestamp of timestamps) {
    if (isUnsent(at, timestamp, timeframe)) {
      const room = makeRoom(at, timestamp, timeframe);
      at = room.position;
      givenUp.push(...(room.givenUp === undefined ? [] : [room.givenUp]));
      if (isUnsent(at, timestamp, timeframe)) {
        at = withSent(at, timestamp, timeframe);
        sent.push(timestamp);
      }
    }
  }
  return { position: at, sent, givenUp };
}

/** A position to which the candles at `timestamps` came, of those that were still to be sent. */
function after(
  position: LivePosition,
  timestamps: readonly number[],
  timeframe: Timeframe,
): LivePosition {
  return follow(position, timestamps, timeframe).position;
}

/** The position that `id` names for BTC; where it is refused as it should be, any. */
function positionOrRefusal(id: string): LivePosition {
  try {
    const [position] = parseLiveId(id, [BTC], NOW, "Last-Event-ID");
    if (position === undefined || formatLiveId([BTC], [position]) !== id) {
      throw new Error(`${id} was read as something else`);
    }
    return position;
  } catch (error) {
    if (error instanceof InvalidInputError && error.parameter === "Last-Event-ID") {
      return { mark: 0, holes: [] };
    }
    throw error;
  }
}

const anyTimeframe = fc.constantFrom<Timeframe>("1m", "5m", "1h", "1d", "3d", "1w", "1M");

/** Positions as streams leave them: candles that came in any order, from some time on. */
function anyPositionOf(timeframe: Timeframe): fc.Arbitrary<LivePosition> {
  return fc
    .tuple(
      fc.integer({ min: 0, max: 400 }),
      fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 120 }),
    )
    .map(([back, steps]) => {
      const first = addCandles(openTimeOf(NOW, timeframe), timeframe, -back - 250);
      const times = steps.map((step) => addCandles(first, timeframe, step));
      return after(livePositionSince(first, timeframe), times, timeframe);
    });
}

describe("a live position", () => {
  test("lets each candle be sent once, in whatever order they come and however often they are met", () => {
    fc.assert(
      fc.property(
        anyTimeframe,
        fc.array(fc.integer({ min: 0, max: 23 }), { maxLength: 200 }),
        fc.nat(60),
        (timeframe, arrivals, breakEvery) => {
          const series = [{ ...BTC, timeframe }];
          const first = addCandles(openTimeOf(NOW, timeframe), timeframe, -60);
          let position = livePositionSince(first, timeframe);
          const sent: number[] = [];
          for (const [count, step] of arrivals.entries()) {
            const timestamp = addCandles(first, timeframe, step);
            if (isUnsent(position, timestamp, timeframe)) {
              position = withSent(position, timestamp, timeframe);
              sent.push(timestamp);
            }
            if (breakEvery > 0 && count % breakEvery === 0) {
              const id = formatLiveId(series, [position]);
              [position = position] = parseLiveId(id, series, NOW, "last_event_id");
            }
          }
          const came = [...new Set(arrivals)].map((step) => addCandles(first, timeframe, step));
          expect(sent.toSorted((a, b) => a - b)).toEqual(came.toSorted((a, b) => a - b));
        },
      ),
    );
  });

  test("that begins now sends none of the newest stored candles, and those that are missing between them", () => {
    const stored = [1, 2, 5, 6].map((back) => MINUTE - back * 60).toReversed();
    const position = livePositionNow(stored, "1m", NOW);
    expect(position.mark).toBe(MINUTE - 60);
    const unsent = Array.from({ length: 8 }, (_, back) => back).filter((back) =>
      isUnsent(position, MINUTE - back * 60, "1m"),
    );
    expect(unsent).toEqual([0, 3, 4, 7]);
    const oldest = MINUTE - LIVE_START_CANDLES * 60;
    expect(isUnsent(position, oldest, "1m")).toBe(true);
    expect(isUnsent(position, oldest - 60, "1m")).toBe(false);
  });

  test("of a series without a candle sends the recent ones that come, and no history", () => {
    const position = livePositionNow([], "1m", NOW);
    expect(isUnsent(position, MINUTE - LIVE_START_CANDLES * 60, "1m")).toBe(true);
    expect(isUnsent(position, MINUTE - (LIVE_START_CANDLES + 1) * 60, "1m")).toBe(false);
  });

  test("that begins at a time sends what opens at it or later", () => {
    const position = livePositionSince(MINUTE - 30, "1m");
    expect(isUnsent(position, MINUTE, "1m")).toBe(true);
    expect(isUnsent(position, MINUTE - 60, "1m")).toBe(false);
    expect(livePositionSince(0, "1M").mark).toBeGreaterThan(0);
  });

  test("never takes what lies off the grid for a candle", () => {
    expect(isUnsent(livePositionSince(MINUTE - 600, "1m"), MINUTE - 30, "1m")).toBe(false);
  });

  test("that leaps over more than it remembers tells all that it gives up, and keeps the newest part", () => {
    const begin = livePositionSince(MINUTE - 60 * 5_000, "1m");
    const { position, sent, givenUp } = follow(begin, [MINUTE], "1m");
    const kept = MINUTE - (60 * LIVE_REACH_CANDLES) / 2;
    expect(givenUp).toEqual([{ from: MINUTE - 60 * 5_000, to: kept }]);
    expect(sent).toEqual([MINUTE]);
    expect(position).toEqual({ mark: MINUTE, holes: [{ from: kept, to: MINUTE }] });
  });

  test("that leaps over as much as it remembers gives nothing up", () => {
    const begin = livePositionSince(MINUTE - 60 * LIVE_REACH_CANDLES, "1m");
    expect(follow(begin, [MINUTE], "1m")).toMatchObject({ sent: [MINUTE], givenUp: [] });
  });

  test("of a series with many holes gives half of them up at once, and seldom", () => {
    const every2nd = Array.from({ length: 200 }, (_, index) => MINUTE - 24_000 + index * 120);
    const { position, sent, givenUp } = follow(
      livePositionSince(MINUTE - 24_000, "1m"),
      every2nd,
      "1m",
    );
    expect(sent).toEqual(every2nd);
    expect(givenUp.length).toBeLessThanOrEqual(200 / (LIVE_HOLES_MAX / 2));
    expect(position.holes.length).toBeGreaterThanOrEqual(LIVE_HOLES_MAX / 2);
  });

  test("never passes over a candle in silence: it is sent, or lies in what is told to be given up", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Timeframe>("1m", "1h", "1d"),
        fc.array(
          fc.oneof(
            fc.integer({ min: 0, max: 2_600 }),
            fc.integer({ min: 0, max: 60 }).map((step) => 1_500 + step),
          ),
          { maxLength: 150 },
        ),
        (timeframe, arrivals) => {
          const first = addCandles(openTimeOf(NOW, timeframe), timeframe, -2_700);
          const times = arrivals.map((step) => addCandles(first, timeframe, step));
          const begin = livePositionSince(first, timeframe);
          const { sent, givenUp } = follow(begin, times, timeframe);
          expect(new Set(sent).size).toBe(sent.length);
          for (const time of times) {
            const isTold = givenUp.some(({ from, to }) => time >= from && time < to);
            expect(isTold || sent.includes(time)).toBe(true);
          }
        },
      ),
    );
  });

  test("is bounded after each candle, and before it once something is given up", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2_600 }), { maxLength: 150 }), (arrivals) => {
        const first = MINUTE - 60 * 2_700;
        let position = livePositionSince(first, "1m");
        for (const step of arrivals) {
          const timestamp = first + step * 60;
          const room = makeRoom(position, timestamp, "1m");
          position = after(position, [timestamp], "1m");
          for (const bounded of [room.position, position]) {
            // What is too far back or too much is refused when it is read back.
            expect(bounded.holes.length).toBeLessThanOrEqual(LIVE_HOLES_MAX);
            const id = formatLiveId([BTC], [bounded]);
            expect(parseLiveId(id, [BTC], NOW, "last_event_id")).toEqual([bounded]);
          }
        }
      }),
    );
  });

  test("that begins now remembers every hole between the candles that it looks through", () => {
    const every2nd = Array.from(
      { length: LIVE_START_CANDLES },
      (_, back) => MINUTE - 60 - back * 120,
    );
    const position = livePositionNow(every2nd.toReversed(), "1m", NOW);
    expect(position.holes).toHaveLength(LIVE_START_CANDLES / 2);
  });

  test("asks for the holes and for all that comes after the mark", () => {
    const position = after(livePositionSince(MINUTE - 300, "1m"), [MINUTE - 240, MINUTE], "1m");
    expect(unsentRanges(position, "1m")).toEqual([
      { from: MINUTE - 300, to: MINUTE - 240 },
      { from: MINUTE - 180, to: MINUTE },
      { from: MINUTE + 60, to: Number.MAX_SAFE_INTEGER },
    ]);
  });
});

describe("the id of an event", () => {
  test("names the positions of all series, and says them back", () => {
    fc.assert(
      fc.property(
        anyTimeframe.chain((timeframe) =>
          fc.tuple(fc.constant(timeframe), anyPositionOf(timeframe), anyPositionOf("1M")),
        ),
        ([timeframe, one, other]) => {
          const series = [{ ...BTC, timeframe }, ETH];
          const id = formatLiveId(series, [one, other]);
          expect(id).toMatch(/^[0-9a-z._]+$/);
          expect(parseLiveId(id, series, NOW, "last_event_id")).toEqual([one, other]);
        },
      ),
    );
  });

  test("of twenty series with all the holes there can be is read back", () => {
    const series = Array.from({ length: 20 }, (_, index) => ({ ...BTC, symbol: `A${index}-USD` }));
    const every42nd = Array.from({ length: 40 }, (_, index) => MINUTE - 60 * 42 * index);
    const position = after(
      livePositionSince(MINUTE - 60 * 2_000, "1m"),
      every42nd.toReversed(),
      "1m",
    );
    const positions = series.map(() => position);
    const id = formatLiveId(series, positions);
    expect(id.length).toBeLessThan(8_192);
    expect(parseLiveId(id, series, NOW, "last_event_id")).toEqual(positions);
  });

  test("of other series is refused, and the error says so", () => {
    const id = formatLiveId([BTC], [{ mark: MINUTE, holes: [] }]);
    for (const series of [[ETH], [BTC, ETH], [{ ...BTC, timeframe: "3m" as const }]]) {
      expect(() => parseLiveId(id, series, NOW, "last_event_id")).toThrow(
        /last_event_id .* it belongs to a stream of other series/,
      );
    }
  });

  test("that nobody gave out is refused, or names a position that is bounded as all are", () => {
    const genuine = formatLiveId([BTC], [{ mark: MINUTE, holes: [] }]);
    const [, hash = ""] = genuine.split(".");
    const anyPart = fc
      .array(fc.nat(1_200), { minLength: 1, maxLength: 60 })
      .map((runs) => [MINUTE, ...runs].map((run) => run.toString(36)).join("_"));
    const anyId = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string().map((text) => `1.${hash}.${text}`),
      fc.nat(NOW * 2).map((mark) => `1.${hash}.${mark.toString(36)}`),
      anyPart.map((part) => `1.${hash}.${part}`),
    );
    fc.assert(
      fc.property(anyId, (id) => {
        const { mark, holes } = positionOrRefusal(id);
        expect(mark).toBeLessThanOrEqual(NOW + 60);
        expect(holes.length).toBeLessThanOrEqual(LIVE_HOLES_MAX);
        expect(mark - (holes[0]?.from ?? mark)).toBeLessThanOrEqual(60 * LIVE_REACH_CANDLES);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ["", "nothing"],
    ["1", "no series"],
    ["2.abc.def", "another version"],
    [`1.${"z".repeat(10_000)}`, "too long"],
  ])("%s is refused: %s", (id) => {
    expect(() => parseLiveId(id, [BTC], NOW, "last_event_id")).toThrow(InvalidInputError);
  });

  test("whose mark lies in the future or off the grid is refused", () => {
    for (const mark of [MINUTE + 120, MINUTE + 1]) {
      const id = formatLiveId([BTC], [{ mark, holes: [] }]);
      expect(() => parseLiveId(id, [BTC], NOW, "last_event_id")).toThrow(InvalidInputError);
    }
  });
});
