import { TABLE_ASSETS, tableAsset } from "../core/asset-table.ts";
import type { Series } from "../core/series.ts";
import type { SourceId } from "../core/source.ts";
import { splitSymbol } from "../core/symbol.ts";
import { TIER_BY_DEFAULT, type Tier } from "../core/tier.ts";
import { BASE_OF_SYMBOL } from "./assets.ts";
import { throwStorageError } from "./d1-error.ts";
import { allDatabases, ownerOf } from "./databases.ts";
import { findWithout, jsonOf, OF_SERIES, type SeriesFilter } from "./read-series.ts";

/** A series that is to be collected. */
export interface NewSeries extends Series {
  /** The source's own name of the market; table `markets` goes before it. */
  readonly nativeSymbol: string;
}

/** Series that are to be collected. */
export interface NewSeriesList {
  readonly series: readonly NewSeries[];
  /** null: that of each one's base asset. */
  readonly tier: Tier | null;
  readonly enabled: boolean;
  /** A market whose name was given, to be kept for its later series; null where none was. */
  readonly market: {
    readonly source: SourceId;
    readonly symbol: string;
    readonly nativeSymbol: string;
  } | null;
}

const KEEP_MARKET = `
INSERT INTO markets (source, symbol, native_symbol) VALUES (?1, ?2, ?3)
ON CONFLICT (source, symbol) DO NOTHING`;

/** WHERE true keeps ON CONFLICT from being read as the ON of a join. */
const ADD_SERIES = `
INSERT INTO series (source, symbol, timeframe, native_symbol, tier, tier_assigned, enabled)
SELECT j.value ->> 0, j.value ->> 1, j.value ->> 2,
  coalesce((SELECT native_symbol FROM markets
    WHERE source = j.value ->> 0 AND symbol = j.value ->> 1), j.value ->> 3),
  coalesce(?2, (SELECT tier FROM assets WHERE ticker = j.value ->> 4), j.value ->> 5),
  iif(?2 IS NULL, 'asset', 'hand'), ?3
FROM json_each(?1) AS j WHERE true
ON CONFLICT (source, symbol, timeframe) DO NOTHING
RETURNING source, symbol, timeframe`;

/**
 * Adds series in one transaction a database; those that are there stay as they are. Returns the added
 * ones. Throws StorageUnavailableError; then some may be there, and who repeats it adds the others.
 */
export async function addSeries(
  db: D1Database,
  { series, tier, enabled, market }: NewSeriesList,
): Promise<readonly Series[]> {
  const added: Series[] = [];
  for (const one of allDatabases(db)) {
    const rows = series
      .filter((of) => ownerOf(db, of) === one)
      .map(({ source, symbol, timeframe, nativeSymbol }) => {
        const { base } = splitSymbol(symbol);
        return [source, symbol, timeframe, nativeSymbol, base, tableAsset(base).tier];
      });
    const add = one.prepare(ADD_SERIES).bind(JSON.stringify(rows), tier, Number(enabled));
    const keep =
      market === null
        ? []
        : [one.prepare(KEEP_MARKET).bind(market.source, market.symbol, market.nativeSymbol)];
    const results = await one.batch<Series>([...keep, add]).catch(throwStorageError);
    added.push(...(results.at(-1)?.results ?? []));
  }
  return added;
}

/** Which series are meant: these, or those that a filter lets through. */
export type SeriesChoice =
  | { readonly series: readonly Series[] }
  | { readonly filter: Omit<SeriesFilter, "enabled"> };

/** What is to become of series; a member that is undefined stays as it is. */
export interface SeriesChange {
  readonly enabled?: boolean | undefined;
  /** null: that of each one's base asset again, from now on. */
  readonly tier?: Tier | null | undefined;
}

/** How many series are meant, and how many were otherwise before. */
export interface SeriesChanged {
  readonly matched: number;
  readonly changed: number;
}

/**
 * Changes the series that are meant, in one transaction a database; at least one member of `change`
 * is given. Throws StorageUnavailableError; then some may be changed, and who repeats it changes the
 * others.
 */
export async function changeSeries(
  db: D1Database,
  choice: SeriesChoice,
  change: SeriesChange,
): Promise<SeriesChanged> {
  let [matched, changed] = [0, 0];
  for (const one of allDatabases(db)) {
    const done = await changeSeriesIn(one, choice, change);
    matched += done.matched;
    changed += done.changed;
  }
  return { matched, changed };
}

async function changeSeriesIn(
  db: D1Database,
  choice: SeriesChoice,
  change: SeriesChange,
): Promise<SeriesChanged> {
  const values: (string | number)[] = [];
  const put = (value: string | number): string => `?${values.push(value)}`;
  const where = conditionOf(choice, put);
  const count = db.prepare(`SELECT COUNT(*) AS matched FROM series WHERE ${where}`).bind(...values);
  const columns = columnsOf(change, put);
  const set = columns.map(([name, value]) => `${name} = ${value}`).join(", ");
  const differs = columns.map(([name, value]) => `${name} <> ${value}`).join(" OR ");
  const update = db
    .prepare(`UPDATE series SET ${set} WHERE ${where} AND (${differs})`)
    .bind(...values);
  const [counted, updated] = await db
    .batch<{ matched: number }>([count, update])
    .catch(throwStorageError);
  return { matched: counted?.results[0]?.matched ?? 0, changed: updated?.meta.changes ?? 0 };
}

function conditionOf(choice: SeriesChoice, put: (value: string | number) => string): string {
  if ("series" in choice) {
    return `(source, symbol, timeframe) IN
      (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(${put(jsonOf(choice.series))}))`;
  }
  const { filter } = choice;
  const conditions = (["source", "symbol", "timeframe", "tier"] as const).flatMap((column) => {
    const value = filter[column];
    return value === undefined ? [] : [`${column} = ${put(value)}`];
  });
  return conditions.length === 0 ? "true" : conditions.join(" AND ");
}

function columnsOf(
  { enabled, tier }: SeriesChange,
  put: (value: string | number) => string,
): (readonly [string, string])[] {
  const columns: (readonly [string, string])[] = [];
  if (enabled !== undefined) {
    columns.push(["enabled", put(Number(enabled))]);
  }
  if (tier === null) {
    columns.push(["tier", assetTier(put)], ["tier_assigned", "'asset'"]);
  } else if (tier !== undefined) {
    columns.push(["tier", put(tier)], ["tier_assigned", "'hand'"]);
  }
  return columns;
}

/** SQL: the tier of a series' base asset, from its row or else from the built-in table. */
function assetTier(put: (value: string | number) => string): string {
  const tiers = Object.fromEntries(TABLE_ASSETS.map(({ ticker, tier }) => [ticker, tier]));
  return `coalesce((SELECT tier FROM assets WHERE ticker = ${BASE_OF_SYMBOL}),
    ${put(JSON.stringify(tiers))} ->> ${BASE_OF_SYMBOL}, ${TIER_BY_DEFAULT})`;
}

/** Those of `series` that are not in table `series`, in their order. Throws StorageUnavailableError. */
export async function findUncollected(
  db: D1Database,
  series: readonly Series[],
): Promise<readonly Series[]> {
  return findWithout(db, series, `NOT EXISTS (SELECT 1 FROM series WHERE ${OF_SERIES})`);
}
