const FIRST_DELAY_SECONDS = 10;
const GROWTH = 5;
/** An hour: a hundred attempts at it outlast the four days that a queue retains a message. */
const DELAY_SECONDS_MAX = 3_600;

/**
 * How long a message waits, in seconds, after its delivery number `attempts` (from 1) failed. The
 * three retries of the candles queue take 10, 50 and 250 s: five minutes that D1 may be away.
 */
export function retryDelaySeconds(attempts: number): number {
  return Math.min(FIRST_DELAY_SECONDS * GROWTH ** (attempts - 1), DELAY_SECONDS_MAX);
}
