import type { Candle } from "../core/candle.ts";
import { hasSameValues } from "../core/merge-candles.ts";
import type { CandleBlock } from "./candle-block.ts";

/** What is known of a row: no candle of its time, such a one, or only ones with other values. */
export const ROW_NEW = 0;
export const ROW_HELD = 1;
export const ROW_DIFFERS = 2;
/** An earlier row of the same file has its time, with other values. */
export const ROW_CONTRADICTS = 3;

/**
 * Notes in `states` which rows of `block` the candles of `held` have; both are ascending, and of
 * `held` several may have one time. What was found to be held stays so, and what differs is
 * `otherwise`, unless it contradicts its own file: that weighs more.
 */
export function compareRows(
  block: CandleBlock,
  held: readonly Candle[],
  states: Uint8Array,
  otherwise: typeof ROW_DIFFERS | typeof ROW_CONTRADICTS,
): void {
  let place = 0;
  for (let row = 0; row < block.rows; row += 1) {
    const timestamp = block.timestamps[row] ?? 0;
    let candle = held[place];
    while (candle !== undefined && candle.timestamp < timestamp) {
      place += 1;
      candle = held[place];
    }
    // A time may have several revisions.
    for (; candle?.timestamp === timestamp && states[row] !== ROW_HELD; candle = held[place]) {
      if (hasSameValues(candle, block.candleAt(row))) {
        states[row] = ROW_HELD;
      } else if (states[row] !== ROW_CONTRADICTS) {
        states[row] = otherwise;
      }
      place += 1;
    }
  }
}

/** The places of the rows that are in one of `wanted`. */
export function rowsIn(states: Uint8Array, ...wanted: readonly number[]): number[] {
  const places: number[] = [];
  for (const [row, state] of states.entries()) {
    if (wanted.includes(state)) {
      places.push(row);
    }
  }
  return places;
}
