import { parseLiveId } from "@candlehouse/shared/core/live-position-id";
import { livePositionSince } from "@candlehouse/shared/core/live-position";
import type { Series } from "@candlehouse/shared/core/series";
import { addCandles } from "@candlehouse/shared/core/timeframe";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { candleEvents, inPieces, type FoundCandle, type LiveEvents } from "./live-events.ts";
import { liveStateAt, type LiveState } from "./live-state.ts";

const FIRST = Date.UTC(2026, 0, 1) / 1_000;
const NOW = Date.UTC(2026, 5, 1) / 1_000;
const SERIES: readonly Series[] = [
  { source: "binance", symbol: "BTC-USDT", timeframe: "1m" },
  { source: "kraken", symbol: "BTC-USD", timeframe: "1h" },
];

function begin(): LiveState {
  return liveStateAt(
    SERIES,
    SERIES.map(({ timeframe }) => livePositionSince(FIRST, timeframe)),
  );
}

/** The candle of the series at `index` that opens `step` candles after FIRST. */
function foundAt(index: number, step: number): FoundCandle {
  const timestamp = addCandles(FIRST, SERIES[index]?.timeframe ?? "1m", step);
  const price = 27_500.1;
  const prices = { open: price, high: price, low: price, close: price };
  return { index, candle: { timestamp, ...prices, volume_from: 1, volume_to: null, trades: 3 } };
}

/** All texts of `events`, and the state in the end. */
function taken(events: LiveEvents): { readonly texts: string[]; readonly state: LiveState } {
  const texts: string[] = [];
  for (;;) {
    const { value, done } = events.next();
    if (done === true) {
      return { texts, state: value };
    }
    texts.push(value);
  }
}

describe("the events of candles", () => {
  test("are made one by one as they are taken", () => {
    let looked = 0;
    function* candles(): Generator<FoundCandle, void> {
      for (let step = 0; step < 1_000; step += 1) {
        looked += 1;
        yield foundAt(0, step);
      }
    }
    const events = candleEvents(begin(), candles());
    events.next();
    expect(looked).toBe(1);
    const pieces = inPieces(events);
    expect(pieces.next()).toMatchObject({ done: false });
    expect(looked).toBeLessThan(150);
  });

  test("have ids that name how far all series are, whichever moved", () => {
    const anyFound = fc
      .tuple(fc.constantFrom(0, 1), fc.nat(1_500))
      .map(([index, step]) => foundAt(index, step));
    fc.assert(
      fc.property(fc.array(anyFound, { maxLength: 80 }), (found) => {
        let state = begin();
        for (const one of found) {
          const { texts, state: next } = taken(candleEvents(state, [one]));
          const ids = texts.slice(-1).map((text) => /^id: (\S+)$/m.exec(text)?.[1] ?? "none");
          // Nothing comes of a candle that was sent before.
          const named = ids.map((id) => parseLiveId(id, SERIES, NOW, "last_event_id"));
          expect(named).toEqual(next === state ? [] : [next.positions]);
          state = next;
        }
      }),
    );
  });

  test("are the same in pieces, of which each holds whole events", () => {
    const found = Array.from({ length: 400 }, (_, step) => foundAt(step % 2, step));
    const single = taken(candleEvents(begin(), found));
    const pieces = taken(inPieces(candleEvents(begin(), found)));
    expect(pieces.texts.join("")).toBe(single.texts.join(""));
    expect(pieces.state).toEqual(single.state);
    expect(pieces.texts.length).toBeGreaterThan(1);
    expect(pieces.texts.every((text) => text.endsWith("}\n\n"))).toBe(true);
  });
});
