import { nests } from "./rollup.ts";
import { TIMEFRAMES, type Timeframe } from "./timeframe.ts";

/** What TradingView's charts call a timeframe: a bare number is minutes. */
const RESOLUTIONS: Readonly<Record<Timeframe, string>> = {
  "1m": "1",
  "3m": "3",
  "5m": "5",
  "15m": "15",
  "30m": "30",
  "1h": "60",
  "2h": "120",
  "4h": "240",
  "6h": "360",
  "8h": "480",
  "12h": "720",
  "1d": "1D",
  "3d": "3D",
  "1w": "1W",
  "1M": "1M",
};

/** A chart may also say `D` for `1D`; so it may for weeks and months. */
const SHORT_FORMS: readonly (readonly [string, Timeframe])[] = [
  ["D", "1d"],
  ["W", "1w"],
  ["M", "1M"],
];

const TIMEFRAME_BY_RESOLUTION: ReadonlyMap<string, Timeframe> = new Map([
  ...TIMEFRAMES.map((timeframe): [string, Timeframe] => [RESOLUTIONS[timeframe], timeframe]),
  ...SHORT_FORMS,
]);

/** What a chart calls `timeframe`. */
export function resolutionOf(timeframe: Timeframe): string {
  return RESOLUTIONS[timeframe];
}

/** The timeframe that a chart calls `resolution`; undefined where it is none of this system's. */
export function timeframeOfResolution(resolution: string): Timeframe | undefined {
  return TIMEFRAME_BY_RESOLUTION.get(resolution);
}

/**
 * The timeframes whose candles are there, or can be made, where those of `stored` are; smallest
 * first.
 */
export function servedTimeframes(stored: readonly Timeframe[]): Timeframe[] {
  return TIMEFRAMES.filter((timeframe) =>
    stored.some((from) => from === timeframe || nests(from, timeframe)),
  );
}
