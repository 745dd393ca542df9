import type { SeriesProgress } from "@candlehouse/shared/core/collect-window";
import { LEDGER_COUNTS } from "@candlehouse/shared/core/ledger";
import { newestClosed, timeframeSeconds } from "@candlehouse/shared/core/timeframe";
import type { FleetSeries } from "../fleet.ts";
import { sourceOf } from "../sources/registry.ts";
import { CollectedFleet, noUnits, type CollectionUnits } from "./collected-fleet.ts";
import type { Latency } from "./source-tick.ts";

const MINUTE_SECONDS = 60;
const DAY_SECONDS = 86_400;

/** How the collection of a fleet is simulated. */
export interface CollectionSettings {
  /** When it begins: unix seconds, the start of a UTC day. */
  readonly startSeconds: number;
  readonly days: number;
  readonly latency: Latency;
  /** Called now and then with the part that is done, from 0 to 1. */
  readonly onProgress?: ((ratio: number) => void) | undefined;
}

/** The series as they are just before `nowSeconds`: nothing is left to be asked for. */
export function collectedUntil(
  fleet: readonly FleetSeries[],
  nowSeconds: number,
): readonly SeriesProgress[] {
  return fleet.map(({ source, symbol, timeframe, nativeSymbol, tier }) => {
    const { settleSeconds } = sourceOf(source);
    const before = nowSeconds - MINUTE_SECONDS + settleSeconds + 1;
    return {
      source,
      symbol,
      timeframe,
      nativeSymbol,
      tier,
      watermark: newestClosed(Math.min(before, nowSeconds), timeframe, settleSeconds),
      askedUntil: null,
      catchUp: null,
      retryAt: null,
      failureCount: 0,
    };
  });
}

/**
 * Collects `series` for so many days. Once the fleet is where it was before, what follows is not
 * worked out again: it is what followed there.
 */
export async function collectMonth(
  series: readonly FleetSeries[],
  { startSeconds, days, latency, onProgress }: CollectionSettings,
): Promise<{ readonly units: CollectionUnits; readonly computedMinutes: number }> {
  const fleet = new CollectedFleet(collectedUntil(series, startSeconds), latency);
  const units = noUnits();
  const endSeconds = startSeconds + days * DAY_SECONDS;
  const cycles = new Cycles(periodOf(series));
  let computedMinutes = 0;
  for (let now = startSeconds; now < endSeconds;) {
    const cycle = cycles.find(fleet, now, units);
    const times = cycle === undefined ? 0 : Math.floor((endSeconds - now) / cycle.seconds);
    if (cycle !== undefined && times > 0) {
      addCycles(units, cycle.before, times);
      fleet.skip(times * cycle.seconds);
      now += times * cycle.seconds;
    } else {
      await fleet.tick(now, units);
      computedMinutes += 1;
      now += MINUTE_SECONDS;
    }
    onProgress?.((now - startSeconds) / (endSeconds - startSeconds));
  }
  return { units, computedMinutes };
}

/** Finds out when a fleet is where it was before: what follows then is what followed there. */
class Cycles {
  readonly #periodSeconds: number;
  readonly #seen = new Map<string, { readonly at: number; readonly units: CollectionUnits }>();

  constructor(periodSeconds: number) {
    this.#periodSeconds = periodSeconds;
  }

  /** The cycle that ends at `now`, and what had been billed before it; undefined where none does. */
  find(
    fleet: CollectedFleet,
    now: number,
    units: CollectionUnits,
  ): { readonly seconds: number; readonly before: CollectionUnits } | undefined {
    if (now % this.#periodSeconds !== 0) {
      return undefined;
    }
    const state = fleet.stateAt(now);
    const before = this.#seen.get(state);
    if (before === undefined) {
      this.#seen.set(state, { at: now, units: structuredClone(units) });
      return undefined;
    }
    return { seconds: now - before.at, before: before.units };
  }
}

/** After so many seconds, all timeframes of the series close together again. */
function periodOf(series: readonly FleetSeries[]): number {
  const seconds = series.map(({ timeframe }) => timeframeSeconds(timeframe));
  const longest = Math.max(...seconds);
  // Weeks, months and three days begin where no smaller one's multiple does: those are not repeated.
  const divides = longest <= DAY_SECONDS && seconds.every((one) => longest % one === 0);
  return divides ? longest : Number.POSITIVE_INFINITY;
}

/** Adds to `units`, `times` over, what came since they were `before`. */
function addCycles(units: CollectionUnits, before: CollectionUnits, times: number): void {
  for (const work of ["collect", "store"] as const) {
    for (const name of LEDGER_COUNTS) {
      units[work][name] += times * (units[work][name] - before[work][name]);
    }
  }
  units.leastMessages += times * (units.leastMessages - before.leastMessages);
  units.lateTicks += times * (units.lateTicks - before.lateTicks);
}
