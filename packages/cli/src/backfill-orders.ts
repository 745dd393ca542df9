import type { Series } from "@candlehouse/shared/core/series";
import type { Client } from "./client.ts";
import { usageError } from "./command-error.ts";
import type { RangeFlags, SelectionFlags } from "./options.ts";
import { assertOneWay, findSeries } from "./select-series.ts";

/** Body of one POST /v1/backfills: a source, some of its symbols, the same timeframes of each. */
export interface BackfillOrder {
  readonly source: string;
  readonly symbols: readonly string[];
  readonly timeframes: readonly string[];
  readonly start?: number;
  readonly end?: number;
  readonly days?: number;
  /** Whether days of all symbols are asked for at once. */
  readonly grouped?: boolean;
}

/**
 * The orders that together ask for the series that were named, or for the enabled ones that the
 * options choose. Throws a CommandError where neither chooses any.
 */
export async function planOrders(
  client: Client,
  named: readonly Series[],
  flags: SelectionFlags & RangeFlags & { readonly grouped?: boolean },
): Promise<BackfillOrder[]> {
  const { start, end, days, grouped } = flags;
  if (start !== undefined && end !== undefined && start >= end) {
    throw usageError("--start must be before --end");
  }
  const range = {
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
    ...(days === undefined ? {} : { days }),
    ...(grouped === undefined ? {} : { grouped }),
  };
  const series = await chosen(client, named, flags);
  return groupSeries(series).map((group) => ({ ...group, ...range }));
}

async function chosen(
  client: Client,
  named: readonly Series[],
  flags: SelectionFlags,
): Promise<readonly { source: string; symbol: string; timeframe: string }[]> {
  if (named.length > 0) {
    assertOneWay(flags);
    return named;
  }
  const { source, symbol, timeframe, tier, asset } = flags;
  if (source !== undefined && symbol !== undefined && timeframe !== undefined) {
    // Spelled out: the series need not be collected.
    return source.flatMap((oneSource) =>
      symbol.flatMap((oneSymbol) =>
        timeframe.map((one) => ({ source: oneSource, symbol: oneSymbol, timeframe: one })),
      ),
    );
  }
  if ([source, symbol, tier, asset].every((value) => value === undefined)) {
    throw usageError(
      "name series, or choose them by --source, --symbol, --asset or --tier (and --timeframe)",
    );
  }
  const found = await findSeries(client, flags, { enabled: true });
  if (found.length === 0) {
    throw usageError(
      "no enabled series is like that: candlehouse series lists all, candlehouse series add adds one",
    );
  }
  return found;
}

/** Symbols of a source that are wanted in the same timeframes go into one group. */
export function groupSeries(
  series: readonly {
    readonly source: string;
    readonly symbol: string;
    readonly timeframe: string;
  }[],
): { source: string; symbols: string[]; timeframes: string[] }[] {
  const timeframesOf = new Map<string, Set<string>>();
  for (const { source, symbol, timeframe } of series) {
    const market = `${source}:${symbol}`;
    timeframesOf.set(market, (timeframesOf.get(market) ?? new Set()).add(timeframe));
  }
  const groups = new Map<string, { source: string; symbols: string[]; timeframes: string[] }>();
  for (const [market, timeframes] of timeframesOf) {
    const [source = "", symbol = ""] = market.split(":");
    const key = `${source} ${[...timeframes].toSorted().join(",")}`;
    const group = groups.get(key) ?? { source, symbols: [], timeframes: [...timeframes] };
    group.symbols.push(symbol);
    groups.set(key, group);
  }
  return [...groups.values()];
}
