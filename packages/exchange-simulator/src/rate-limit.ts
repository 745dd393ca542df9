/** A bucket of tokens that refills with (simulated) time. */
export interface TokenBucket {
  /** Takes one token at `nowMs`; false when there is none. */
  take(nowMs: number): boolean;
}

/** A bucket that holds `burst` tokens and gets `perSecond` new ones each second. */
export function createTokenBucket(burst: number, perSecond: number): TokenBucket {
  let tokens = burst;
  let filledAtMs: number | undefined;
  return {
    take(nowMs) {
      // A clock that was set back refills nothing, and counts on from where it now is.
      const passedMs = Math.max(0, nowMs - (filledAtMs ?? nowMs));
      tokens = Math.min(burst, tokens + (passedMs / 1000) * perSecond);
      filledAtMs = nowMs;
      if (tokens < 1) {
        return false;
      }
      tokens -= 1;
      return true;
    },
  };
}

/** Counts weight in windows that start at whole multiples of their length. */
export interface WindowCounter {
  /** Adds `weight` at `nowMs` and returns what the window then holds. */
  add(nowMs: number, weight: number): number;
  /** What the window of `nowMs` holds. */
  used(nowMs: number): number;
  /** Milliseconds until the window of `nowMs` ends. */
  leftMs(nowMs: number): number;
}

export function createWindowCounter(windowMs: number): WindowCounter {
  let windowStart = -1;
  let count = 0;
  function roll(nowMs: number): void {
    const start = Math.floor(nowMs / windowMs);
    if (start !== windowStart) {
      windowStart = start;
      count = 0;
    }
  }
  return {
    add(nowMs, weight) {
      roll(nowMs);
      count += weight;
      return count;
    },
    used(nowMs) {
      roll(nowMs);
      return count;
    },
    leftMs: (nowMs) => windowMs - (nowMs % windowMs),
  };
}
