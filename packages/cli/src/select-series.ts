import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { splitSymbol } from "@candlehouse/shared/core/symbol";
import type { Client } from "./client.ts";
import { CommandError, usageError } from "./command-error.ts";
import type { RangeFlags, SelectionFlags } from "./options.ts";
import { assetsAnswer, healthAnswer, seriesPage, type SeriesEntry } from "./answers/series.ts";

/** What a request is narrowed down to: one value each, or nothing. */
export interface Filter {
  readonly source?: string;
  readonly symbol?: string;
  readonly timeframe?: string;
  readonly tier?: number;
}

/** Most series in one page of the inventory. */
const PAGE_SERIES = 5_000;

/**
 * The filters that together cover what was asked for: a request knows one value of each, and no
 * assets. Throws a CommandError where nothing is of an asset, or where series and options compete.
 */
export async function filtersOf(
  client: Client,
  series: readonly Series[],
  flags: SelectionFlags,
): Promise<readonly Filter[]> {
  if (series.length > 0) {
    assertOneWay(flags);
    return series.map(({ source, symbol, timeframe }) => ({ source, symbol, timeframe }));
  }
  const symbols = await symbolsOf(client, flags);
  const tier = flags.tier === undefined ? {} : { tier: flags.tier };
  return some("source", flags.source).flatMap((source) =>
    some("symbol", symbols).flatMap((symbol) =>
      some("timeframe", flags.timeframe).map((timeframe) => ({
        ...source,
        ...symbol,
        ...timeframe,
        ...tier,
      })),
    ),
  );
}

/** One object for each of `values`, or one without the field where there are none. */
function some(
  name: "source" | "symbol" | "timeframe",
  values: readonly string[] | undefined,
): readonly Filter[] {
  return values === undefined ? [{}] : values.map((value) => ({ [name]: value }));
}

/** The series of the inventory that were asked for, by source, symbol and timeframe. */
export async function findSeries(
  client: Client,
  flags: SelectionFlags,
  { enabled }: { readonly enabled?: boolean } = {},
): Promise<SeriesEntry[]> {
  const { tier, source, symbol, timeframe, asset } = flags;
  const assets = asset === undefined ? undefined : await tickersOf(client, asset);
  const all = await listSeries(client, { ...(tier === undefined ? {} : { tier }), enabled });
  return all.filter(
    (one) =>
      contains(source, one.source) &&
      contains(symbol, one.symbol) &&
      contains(timeframe, one.timeframe) &&
      contains(assets, splitSymbol(one.symbol).base),
  );
}

function contains(values: readonly string[] | undefined, value: string): boolean {
  return values === undefined || values.includes(value);
}

/** Every page of GET /v1/series. */
export async function listSeries(
  client: Client,
  filter: Filter & { readonly enabled?: boolean | undefined } = {},
): Promise<SeriesEntry[]> {
  const list: SeriesEntry[] = [];
  let cursor: string | undefined;
  do {
    const query = { ...filter, limit: PAGE_SERIES, cursor };
    const page = await client.ask(seriesPage, { path: "/v1/series", query });
    list.push(...page.series);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return list;
}

/** The symbols that were named, or those of the assets; undefined where neither was. */
async function symbolsOf(
  client: Client,
  flags: SelectionFlags,
): Promise<readonly string[] | undefined> {
  if (flags.asset === undefined) {
    return flags.symbol;
  }
  const { asset, source, symbol, tier } = flags;
  const found = await findSeries(client, {
    asset,
    ...(source === undefined ? {} : { source }),
    ...(symbol === undefined ? {} : { symbol }),
    ...(tier === undefined ? {} : { tier }),
  });
  if (found.length === 0) {
    throw new CommandError(
      `no series is of ${asset.join(", ")}: candlehouse series lists all, candlehouse series add adds one`,
    );
  }
  return [...new Set(found.map((one) => one.symbol))];
}

/** `names` with aliases in place of nothing: a name that no asset has may be one of its others. */
async function tickersOf(client: Client, names: readonly string[]): Promise<readonly string[]> {
  const { assets } = await client.ask(assetsAnswer, { path: "/v1/assets" });
  const tickers = new Set(assets.map(({ ticker }) => ticker));
  return names.map((name) =>
    tickers.has(name)
      ? name
      : (assets.find(({ aliases }) => aliases.includes(name))?.ticker ?? name),
  );
}

/** Throws where series are named and options would choose others. */
export function assertOneWay(flags: SelectionFlags): void {
  const name = (["tier", "asset", "source", "symbol", "timeframe"] as const).find(
    (one) => flags[one] !== undefined,
  );
  if (name !== undefined) {
    throw usageError(`name the series, or choose them by --${name}: not both`);
  }
}

/** The range that was asked for; `--days` back from the system's own clock. */
export async function rangeOf(
  client: Client,
  { start, end, days }: RangeFlags,
): Promise<{ readonly start?: number; readonly end?: number }> {
  if (days !== undefined) {
    const { time } = await client.ask(healthAnswer, { path: "/health" });
    return { start: time - days * 86_400, end: time };
  }
  if (start !== undefined && end !== undefined && start >= end) {
    throw usageError("--start must be before --end");
  }
  return { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
}

/** The names of `series`, as requests and people have them. */
export function namesOf(series: readonly Series[]): string[] {
  return series.map(formatSeries);
}
