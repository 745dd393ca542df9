import {
  GAP_CLASSES,
  GAP_STATES,
  type GapClass,
  type GapState,
} from "@candlehouse/shared/core/gap";
import { parseSeries } from "@candlehouse/shared/core/series";
import { SOURCES, type SourceId } from "@candlehouse/shared/core/source";
import { TIMEFRAMES, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { dayOfName, nameOfDay } from "./day-coverage.ts";

export const TIER_NAMES = ["1", "2", "3", "4"] as const;
export type TierName = (typeof TIER_NAMES)[number];

/** Which gaps are listed; null: any. */
export interface GapFilters {
  readonly class: GapClass | null;
  readonly state: GapState | null;
  /** Those alone that a repair asks for again. */
  readonly isFillable: boolean;
  /** Dates, inclusive. */
  readonly from: string | null;
  readonly until: string | null;
  readonly order: "newest" | "series";
}

/** What the address says; every member restores what was seen. */
export interface CoveragePlace extends GapFilters {
  /** Whose days are shown: `binance:BTC-USDT:1m`. */
  readonly series: string | null;
  /** Without a series: those of this tier; with a timeframe, their days. */
  readonly tier: TierName | null;
  readonly timeframe: Timeframe | null;
  readonly source: SourceId | null;
  /** In the list of markets, those alone that lack a candle. */
  readonly isLacking: boolean;
  /** The day that is looked at, days since 1970-01-01. */
  readonly day: number | null;
}

/** What `search` says; what cannot be meant is passed over. */
export function readPlace(search: URLSearchParams): CoveragePlace {
  const series = search.get("series");
  return {
    series: series !== null && parseSeries(series) !== undefined ? series : null,
    tier: one(TIER_NAMES, search.get("tier")),
    timeframe: one(TIMEFRAMES, search.get("timeframe")),
    source: one(SOURCES, search.get("source")),
    isLacking: search.get("lacking") === "true",
    day: dayIn(search.get("day")),
    class: one(GAP_CLASSES, search.get("class")),
    state: one(GAP_STATES, search.get("state")),
    isFillable: search.get("fillable") === "true",
    from: dateIn(search.get("from")),
    until: dateIn(search.get("until")),
    order: search.get("order") === "series" ? "series" : "newest",
  };
}

/** Inverse of `readPlace`; what is as it is without a word is left out. */
export function writePlace(place: CoveragePlace): URLSearchParams {
  const members: Readonly<Record<string, string | null>> = {
    series: place.series,
    tier: place.tier,
    timeframe: place.timeframe,
    source: place.source,
    lacking: place.isLacking ? "true" : null,
    day: place.day === null ? null : nameOfDay(place.day),
    class: place.class,
    state: place.state,
    fillable: place.isFillable ? "true" : null,
    from: place.from,
    until: place.until,
    order: place.order === "series" ? "series" : null,
  };
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(members)) {
    if (value !== null) {
      search.set(name, value);
    }
  }
  return search;
}

function one<Value extends string>(allowed: readonly Value[], text: string | null): Value | null {
  return allowed.find((value) => value === text) ?? null;
}

function dateIn(text: string | null): string | null {
  const day = dayIn(text);
  return day === null ? null : nameOfDay(day);
}

function dayIn(text: string | null): number | null {
  if (text === null || !/^\d{4}-\d{2}-\d{2}$/.test(text)) {
    return null;
  }
  const day = dayOfName(text);
  return Number.isNaN(day) ? null : day;
}

/** Of which series a view speaks, as the API has it. */
export type Scope =
  | { readonly series: string }
  | {
      readonly tier?: TierName;
      readonly timeframe?: Timeframe;
      readonly source?: SourceId;
    };

/** Whether the days of a series or of a tier are shown, and not everything. */
export function showsDays({ series, tier, timeframe }: CoveragePlace): boolean {
  return series !== null || (tier !== null && timeframe !== null);
}

export function scopeOf({ series, tier, timeframe, source }: CoveragePlace): Scope {
  if (series !== null) {
    return { series };
  }
  return {
    ...(tier === null ? {} : { tier }),
    ...(timeframe === null ? {} : { timeframe }),
    ...(source === null ? {} : { source }),
  };
}

/** `scope` as the query of GET /v1/gaps, which has no parameter `series`. */
export function gapScopeOf(scope: Scope) {
  return "series" in scope ? { ...parseSeries(scope.series) } : scope;
}

/** `scope` as the body of an order about gaps. */
export function orderScopeOf(scope: Scope) {
  if ("series" in scope) {
    return scope;
  }
  const { tier, ...rest } = scope;
  return { ...rest, ...(tier === undefined ? {} : { tier: Number(tier) }) };
}

/** The filters as GET /v1/gaps has them. */
export function gapQueryOf(scope: Scope, filters: GapFilters) {
  const { class: name, state, isFillable, from, until, order } = filters;
  return {
    ...gapScopeOf(scope),
    ...(name === null ? {} : { class: name }),
    ...(state === null ? {} : { state }),
    ...(isFillable ? { fillable: "true" as const } : {}),
    ...(from === null ? {} : { start: from }),
    // The API's end is exclusive, that of a form is the last day.
    ...(until === null ? {} : { end: nameOfDay(dayOfName(until) + 1) }),
    order,
  };
}

/** How `scope` is called in a heading. */
export function nameOfScope(scope: Scope): string {
  if ("series" in scope) {
    return scope.series;
  }
  const { tier, timeframe, source } = scope;
  const parts = [
    tier === undefined ? "All tiers" : `Tier ${tier}`,
    timeframe ?? "all timeframes",
    ...(source === undefined ? [] : [source]),
  ];
  return parts.join(", ");
}
