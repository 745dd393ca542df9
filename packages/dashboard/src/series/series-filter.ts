import type { RowsQueryOf } from "@candlehouse/client";
import { SOURCES } from "@candlehouse/shared/core/source";
import { TIERS } from "@candlehouse/shared/core/tier";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { HEALTHS, healthOf, type Health, type SeriesRow } from "./series-health.ts";

/** Which series are listed. An empty text means any. */
export interface SeriesFilter {
  /** Words of which each is in the name. */
  readonly words: string;
  readonly source: string;
  readonly timeframe: string;
  readonly tier: string;
  readonly health: string;
}

export const FILTER_NAMES = ["words", "source", "timeframe", "tier", "health"] as const;

/** The filter in an address; what is no choice there is left out. */
export function filterOf(query: URLSearchParams): SeriesFilter {
  const choice = (name: string, allowed: readonly string[]) => {
    const value = query.get(name) ?? "";
    return allowed.includes(value) ? value : "";
  };
  return {
    words: query.get("words") ?? "",
    source: choice("source", SOURCES),
    timeframe: choice("timeframe", TIMEFRAMES),
    tier: choice("tier", TIERS.map(String)),
    health: choice("health", HEALTHS),
  };
}

type SeriesQuery = RowsQueryOf<"/v1/series">;

/** What of `filter` the system filters by itself. */
export function queryOf({ source, timeframe, tier, health }: SeriesFilter): SeriesQuery {
  const asked = {
    source: SOURCES.find((one) => one === source),
    timeframe: TIMEFRAMES.find((one) => one === timeframe),
    tier: (["1", "2", "3", "4"] as const).find((one) => one === tier),
    enabled: enabledOf(health),
  };
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
}

function enabledOf(health: string): "true" | "false" | undefined {
  if (health === "") {
    return undefined;
  }
  return health === "off" ? "false" : "true";
}

/** Those of `rows` that `filter` means, in their order. */
export function selectSeries(
  rows: readonly SeriesRow[],
  { words, health }: Pick<SeriesFilter, "words" | "health">,
  nowSeconds: number,
): readonly SeriesRow[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    const name = `${row.id} ${row.native_symbol}`.toLowerCase();
    return (
      wanted.every((word) => name.includes(word)) &&
      (health === "" || healthOf(row, nowSeconds) === health)
    );
  });
}

/** How many of `rows` are in each health, those that there are, the worst first. */
export function countHealths(
  rows: readonly SeriesRow[],
  nowSeconds: number,
): readonly { readonly health: Health; readonly series: number }[] {
  const counts = new Map<Health, number>();
  for (const row of rows) {
    const health = healthOf(row, nowSeconds);
    counts.set(health, (counts.get(health) ?? 0) + 1);
  }
  return HEALTHS.flatMap((health) => {
    const series = counts.get(health);
    return series === undefined ? [] : [{ health, series }];
  });
}
