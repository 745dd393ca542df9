/** The timeframes of this system. `1m` is a minute, `1M` a calendar month. */
export const TIMEFRAMES = [
  "1m",
  "3m",
  "5m",
  "15m",
  "30m",
  "1h",
  "2h",
  "4h",
  "6h",
  "8h",
  "12h",
  "1d",
  "3d",
  "1w",
  "1M",
] as const;

export type Timeframe = (typeof TIMEFRAMES)[number];

const MINUTE_SECONDS = 60;
const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;

/** How candles of a timeframe lie on the time axis. */
interface Grid {
  /** Seconds between two open times; for months, the longest there is. */
  readonly stepSeconds: number;
  /** Unix seconds of one open time of the grid. */
  readonly originSeconds: number;
}

/**
 * Weeks open on Monday (1970-01-05), and three-day candles where Binance opens them: on unix days
 * 1, 4, 7 … Neither is a multiple of the step counted from the epoch.
 */
const GRIDS: Record<Exclude<Timeframe, "1M">, Grid> = {
  "1m": { stepSeconds: MINUTE_SECONDS, originSeconds: 0 },
  "3m": { stepSeconds: 3 * MINUTE_SECONDS, originSeconds: 0 },
  "5m": { stepSeconds: 5 * MINUTE_SECONDS, originSeconds: 0 },
  "15m": { stepSeconds: 15 * MINUTE_SECONDS, originSeconds: 0 },
  "30m": { stepSeconds: 30 * MINUTE_SECONDS, originSeconds: 0 },
  "1h": { stepSeconds: HOUR_SECONDS, originSeconds: 0 },
  "2h": { stepSeconds: 2 * HOUR_SECONDS, originSeconds: 0 },
  "4h": { stepSeconds: 4 * HOUR_SECONDS, originSeconds: 0 },
  "6h": { stepSeconds: 6 * HOUR_SECONDS, originSeconds: 0 },
  "8h": { stepSeconds: 8 * HOUR_SECONDS, originSeconds: 0 },
  "12h": { stepSeconds: 12 * HOUR_SECONDS, originSeconds: 0 },
  "1d": { stepSeconds: DAY_SECONDS, originSeconds: 0 },
  "3d": { stepSeconds: 3 * DAY_SECONDS, originSeconds: DAY_SECONDS },
  "1w": { stepSeconds: 7 * DAY_SECONDS, originSeconds: 4 * DAY_SECONDS },
};

const LONGEST_MONTH_SECONDS = 31 * DAY_SECONDS;

const KNOWN: ReadonlySet<string> = new Set(TIMEFRAMES);

export function isTimeframe(text: string): text is Timeframe {
  return KNOWN.has(text);
}

/** Length of one candle in seconds; of a month, the longest one. For budgets, not for stepping. */
export function timeframeSeconds(timeframe: Timeframe): number {
  return timeframe === "1M" ? LONGEST_MONTH_SECONDS : GRIDS[timeframe].stepSeconds;
}

/** Open time of the candle whose interval holds `seconds`; both are unix seconds, UTC. */
export function openTimeOf(seconds: number, timeframe: Timeframe): number {
  if (timeframe === "1M") {
    const date = new Date(seconds * 1_000);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / 1_000;
  }
  const { stepSeconds, originSeconds } = GRIDS[timeframe];
  return Math.floor((seconds - originSeconds) / stepSeconds) * stepSeconds + originSeconds;
}

/** Open time that lies `count` candles after (before, if negative) the aligned `timestamp`. */
export function addCandles(timestamp: number, timeframe: Timeframe, count: number): number {
  if (timeframe === "1M") {
    const date = new Date(timestamp * 1_000);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count, 1) / 1_000;
  }
  return timestamp + count * GRIDS[timeframe].stepSeconds;
}

/** When the candle that opened at the aligned `timestamp` closes: the next candle's open time. */
export function closeTimeOf(timestamp: number, timeframe: Timeframe): number {
  return addCandles(timestamp, timeframe, 1);
}

export function isAligned(timestamp: number, timeframe: Timeframe): boolean {
  return openTimeOf(timestamp, timeframe) === timestamp;
}

/** First open time at or after `seconds`. */
export function openTimeAtOrAfter(seconds: number, timeframe: Timeframe): number {
  const openTime = openTimeOf(seconds, timeframe);
  return openTime === seconds ? openTime : closeTimeOf(openTime, timeframe);
}

/** How many candles open in `start` (inclusive) to `end` (exclusive), both unix seconds. */
export function countCandles(start: number, end: number, timeframe: Timeframe): number {
  const first = openTimeAtOrAfter(start, timeframe);
  const last = openTimeAtOrAfter(end, timeframe);
  if (last <= first) {
    return 0;
  }
  if (timeframe !== "1M") {
    return (last - first) / GRIDS[timeframe].stepSeconds;
  }
  const from = new Date(first * 1_000);
  const to = new Date(last * 1_000);
  return (to.getUTCFullYear() - from.getUTCFullYear()) * 12 + to.getUTCMonth() - from.getUTCMonth();
}

/**
 * Open time of the newest candle that is closed at `nowSeconds`: its interval has ended and
 * `settleSeconds` have passed since.
 */
export function newestClosed(
  nowSeconds: number,
  timeframe: Timeframe,
  settleSeconds: number,
): number {
  return addCandles(openTimeOf(nowSeconds - settleSeconds, timeframe), timeframe, -1);
}
