import type { SeriesList } from "@candlehouse/client";
import { traitsOf } from "@candlehouse/shared/core/source-traits";
import { closeTimeOf } from "@candlehouse/shared/core/timeframe";
import { formatDuration } from "../ui/format.ts";
import type { Tone } from "../ui/tag.tsx";

export type SeriesRow = SeriesList["series"][number];

/**
 * How a series is. `failing`: its source refused it last time. `late`: a closed candle is not there
 * long after it should be. `catching_up`: a range that a pause left behind is still being fetched.
 * `new`: nothing of it is held yet. `off`: nobody collects it.
 */
export const HEALTHS = ["failing", "late", "catching_up", "new", "on_time", "off"] as const;

export type Health = (typeof HEALTHS)[number];

export const HEALTH_WORDS: Readonly<
  Record<Health, { readonly word: string; readonly tone: Tone }>
> = {
  failing: { word: "Failing", tone: "bad" },
  late: { word: "Late", tone: "warning" },
  catching_up: { word: "Catching up", tone: "plain" },
  new: { word: "Nothing yet", tone: "plain" },
  on_time: { word: "On time", tone: "good" },
  off: { word: "Off", tone: "plain" },
};

/** The slowest of the common sources publishes a candle a quarter of an hour after it closed. */
const LATE_SECONDS = 1_800;
/** Stock markets are published more than an hour late by their smaller plans. */
const LATE_SESSION_SECONDS = 7_200;

/** For how long the oldest candle that is missing at the end has been closed; 0 where none is. */
export function waitedSeconds(
  { timeframe, expected_timestamp: expected, late_seconds: late }: SeriesRow,
  nowSeconds: number,
): number {
  if (late === null || late === 0) {
    return 0;
  }
  const missingFrom = closeTimeOf(expected, timeframe) - late;
  return Math.max(0, nowSeconds - closeTimeOf(missingFrom, timeframe));
}

export function healthOf(row: SeriesRow, nowSeconds: number): Health {
  if (!row.enabled) {
    return "off";
  }
  if (row.failure_count > 0) {
    return "failing";
  }
  const allowed = traitsOf(row.source).sessions ? LATE_SESSION_SECONDS : LATE_SECONDS;
  if (waitedSeconds(row, nowSeconds) > allowed) {
    return "late";
  }
  if (row.last_timestamp === null) {
    return "new";
  }
  return row.catch_up === null ? "on_time" : "catching_up";
}

/** Lateness in words; empty where there is nothing to say. */
export function latenessText(row: SeriesRow, nowSeconds: number): string {
  const health = healthOf(row, nowSeconds);
  const waited = waitedSeconds(row, nowSeconds);
  return health === "late" || (health === "failing" && waited > 0)
    ? `${formatDuration(waited)} behind`
    : "";
}
