import { isUnsent, makeRoom, withSent } from "@candlehouse/shared/core/live-position";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import { candleEvent, resetEvent } from "./event-text.ts";
import { movedTo, type LiveState } from "./live-state.ts";

/** Events as text, made as they are taken; in the end the state after them. */
export type LiveEvents = Generator<string, LiveState, void>;

/** A candle of the series at `index`. */
export interface FoundCandle {
  readonly index: number;
  readonly candle: ServedCandle;
}

/**
 * The events that `found` lead to from `begin` on: a candle that was not sent yet is one, and before
 * one for which a position has no room comes a reset of what is given up.
 */
export function* candleEvents(begin: LiveState, found: Iterable<FoundCandle>): LiveEvents {
  let state = begin;
  for (const one of found) {
    state = yield* eventsOf(state, one);
  }
  return state;
}

function* eventsOf(begin: LiveState, { index, candle }: FoundCandle): LiveEvents {
  const series = begin.series[index];
  const position = begin.positions[index];
  const { timestamp } = candle;
  if (
    series === undefined ||
    position === undefined ||
    !isUnsent(position, timestamp, series.timeframe)
  ) {
    return begin;
  }
  const room = makeRoom(position, timestamp, series.timeframe);
  let state = begin;
  if (room.givenUp !== undefined) {
    state = movedTo(state, index, series, room.position);
    yield resetEvent(state, series, room.givenUp);
  }
  if (isUnsent(room.position, timestamp, series.timeframe)) {
    const sent = withSent(room.position, timestamp, series.timeframe);
    state = movedTo(state, index, series, sent);
    yield candleEvent(state, series, candle);
  }
  return state;
}

/** Characters of text that are handed on at once. */
const PIECE_LENGTH = 16_384;

/** The text of `events` in pieces of whole events: each one by itself would cost a turn. */
export function* inPieces(events: LiveEvents): LiveEvents {
  let text = "";
  for (;;) {
    const { value, done } = events.next();
    if (done === true) {
      if (text !== "") {
        yield text;
      }
      return value;
    }
    text += value;
    if (text.length >= PIECE_LENGTH) {
      yield text;
      text = "";
    }
  }
}
