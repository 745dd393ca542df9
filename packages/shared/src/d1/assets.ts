import { unknownAsset, type Asset } from "../core/asset.ts";
import { TABLE_ASSETS } from "../core/asset-table.ts";
import { isSourceId } from "../core/source.ts";
import { traitsOf } from "../core/source-traits.ts";
import { throwStorageError } from "./d1-error.ts";
import { allDatabases } from "./databases.ts";
import type { Found } from "./read-series.ts";

type AssetRow = Omit<Asset, "aliases"> & { readonly aliases: string };

/** SQL: the base asset of the column `symbol`. */
export const BASE_OF_SYMBOL = "substr(symbol, 1, instr(symbol, '-') - 1)";

/** What of an asset can be changed. */
export const ASSET_COLUMNS = [
  "name",
  "category",
  "tier",
  "assigned",
  "aliases",
  "successor",
  "valid_from",
  "valid_until",
] as const satisfies readonly (keyof Asset)[];

export type AssetColumn = (typeof ASSET_COLUMNS)[number];

const SELECT_ASSETS = `SELECT ticker, ${ASSET_COLUMNS.join(", ")} FROM assets`;

const SELECT_BASES = `SELECT DISTINCT ${BASE_OF_SYMBOL} AS ticker, source FROM series`;

/**
 * Every asset, by ticker: those of table `assets`, those of the built-in table that are not there,
 * and those of which nothing is known but that there are series of them. Throws
 * StorageUnavailableError.
 */
export async function readAssets(db: D1Database): Promise<Found<Asset>> {
  const [first = db, ...others] = allDatabases(db);
  const [[told, bases], ...more] = await Promise.all([
    first
      .batch<AssetRow & { readonly source: string }>([
        first.prepare(SELECT_ASSETS),
        first.prepare(SELECT_BASES),
      ])
      .catch(throwStorageError),
    ...others.map((one) => one.prepare(SELECT_BASES).all<BaseRow>().catch(throwStorageError)),
  ]);
  const rows = told?.results ?? [];
  const all = [told, bases, ...more].flatMap((found) => found?.meta ?? []);
  const basesOf = [bases, ...more].flatMap((found): BaseRow[] => found?.results ?? []);
  const assets = new Map(TABLE_ASSETS.map((asset) => [asset.ticker, asset]));
  for (const row of rows) {
    assets.set(row.ticker, assetOf(row));
  }
  for (const [ticker, sources] of sourcesByTicker(basesOf)) {
    if (!assets.has(ticker)) {
      assets.set(ticker, unknownAsset(ticker, sources.every(isOfStocks) ? "STOCK" : "CRYPTO"));
    }
  }
  return {
    rows: [...assets.values()].toSorted((a, b) => (a.ticker < b.ticker ? -1 : 1)),
    rowsRead: all.reduce((sum, { rows_read }) => sum + rows_read, 0),
    durationMs: all.reduce((sum, { duration }) => sum + duration, 0),
  };
}

function assetOf({ aliases, ...row }: AssetRow): Asset {
  const names: unknown = JSON.parse(aliases);
  return { ...row, aliases: Array.isArray(names) ? names.map(String) : [] };
}

interface BaseRow {
  readonly ticker: string;
  readonly source: string;
}

function sourcesByTicker(rows: readonly BaseRow[]): Map<string, string[]> {
  const sources = new Map<string, string[]>();
  for (const { ticker, source } of rows) {
    sources.set(ticker, [...(sources.get(ticker) ?? []), source]);
  }
  return sources;
}

/** Whether the markets of `source` close at night: those are stock exchanges. */
function isOfStocks(source: string): boolean {
  return isSourceId(source) && traitsOf(source).sessions;
}

/** The series of an asset whose tier nobody gave by hand: all symbols that begin with `BTC-`. */
const FOLLOW_TIER = `
UPDATE series SET tier = (SELECT tier FROM assets WHERE ticker = ?1)
WHERE symbol > ?1 || '-' AND symbol < ?1 || '.' AND tier_assigned = 'asset'
  AND tier <> (SELECT tier FROM assets WHERE ticker = ?1)`;

/**
 * Writes the `given` columns of `asset`, all of them where it has no row; the other columns of a
 * row stay. Where the tier is given, the series of the asset follow, but for those that have one of
 * their own. One transaction a database. Returns how many series changed. Throws
 * StorageUnavailableError: of several databases some may have it then, and the first, which is the one
 * that is read, has it last. So a caller who repeats what failed makes them the same again.
 */
export async function putAsset(
  db: D1Database,
  asset: Asset,
  given: readonly AssetColumn[],
): Promise<number> {
  const values = ASSET_COLUMNS.map((column) =>
    column === "aliases" ? JSON.stringify(asset.aliases) : asset[column],
  );
  let followed = 0;
  for (const one of allDatabases(db).toReversed()) {
    const statements = [
      one.prepare(putStatement(given)).bind(asset.ticker, ...values),
      ...(given.includes("tier") ? [one.prepare(FOLLOW_TIER).bind(asset.ticker)] : []),
    ];
    const [, follow] = await one.batch(statements).catch(throwStorageError);
    followed += follow?.meta.changes ?? 0;
  }
  return followed;
}

function putStatement(given: readonly AssetColumn[]): string {
  const set = given.map((column) => `${column} = excluded.${column}`).join(", ");
  const differs = given.map((column) => `${column} IS NOT excluded.${column}`).join(" OR ");
  return `INSERT INTO assets (ticker, ${ASSET_COLUMNS.join(", ")}) VALUES (?, ${ASSET_COLUMNS.map(() => "?").join(", ")})
ON CONFLICT (ticker) DO UPDATE SET ${set} WHERE ${differs}`;
}
