import type { Validity } from "../core/asset-change.ts";
import type { SourceId } from "../core/source.ts";
import { throwStorageError } from "./d1-error.ts";
import { askAll, compareText } from "./ask-databases.ts";
import { allDatabases } from "./databases.ts";
import { read, type Found } from "./read-series.ts";

/** What a source calls a market, and when the market was there. */
export interface Market extends Validity {
  readonly source: SourceId;
  readonly symbol: string;
  /** The source's own name of it. */
  readonly native_symbol: string;
  /** The symbol that took its place at the source. */
  readonly successor: string | null;
}

/** Which markets are meant; a member that is undefined excludes none. */
export interface MarketFilter {
  readonly source?: SourceId | undefined;
  readonly symbol?: string | undefined;
}

/** What of a market can be changed. */
export const MARKET_COLUMNS = [
  "native_symbol",
  "valid_from",
  "valid_until",
  "successor",
] as const satisfies readonly (keyof Market)[];

export type MarketColumn = (typeof MARKET_COLUMNS)[number];

/**
 * Every market that `filter` lets through, by source and symbol: those of table `markets`, and
 * those of which there are series, whose name was given with them or follows from a rule. Throws
 * StorageUnavailableError.
 */
export async function readMarkets(db: D1Database, filter: MarketFilter): Promise<Found<Market>> {
  const given = (["source", "symbol"] as const).flatMap((column) => {
    const value = filter[column];
    return value === undefined ? [] : [{ column, value }];
  });
  const only = given.map(({ column }) => `AND ${column} = ?`).join(" ");
  const values = given.map(({ value }) => value);
  const found = await askAll(db, (one) =>
    read<Market>(
      one,
      `SELECT source, symbol, native_symbol, valid_from, valid_until, successor
    FROM markets WHERE true ${only}
    UNION ALL
    SELECT source, symbol, min(native_symbol), NULL, NULL, NULL FROM series AS s
    WHERE NOT EXISTS (SELECT 1 FROM markets AS m WHERE m.source = s.source AND m.symbol = s.symbol)
      ${only}
    GROUP BY source, symbol ORDER BY 1, 2`,
      [...values, ...values],
    ),
  );
  return { ...found, rows: joinMarkets(db, found.rows) };
}

/** Each market once, in order: several databases have the same of it, but for the name with series. */
function joinMarkets(db: D1Database, markets: readonly Market[]): readonly Market[] {
  if (allDatabases(db).length === 1) {
    return markets;
  }
  const sorted = markets.toSorted(
    (a, b) =>
      compareText(a.source, b.source) ||
      compareText(a.symbol, b.symbol) ||
      compareText(a.native_symbol, b.native_symbol),
  );
  return sorted.filter((one, place) => {
    const before = sorted[place - 1];
    return before === undefined || marketKey(before) !== marketKey(one);
  });
}

const NAMES = `
SELECT j.value ->> 0 AS source, j.value ->> 1 AS symbol, coalesce(
  (SELECT native_symbol FROM markets
    WHERE source = j.value ->> 0 AND symbol = j.value ->> 1),
  (SELECT native_symbol FROM series
    WHERE source = j.value ->> 0 AND symbol = j.value ->> 1 LIMIT 1)
) AS native_symbol
FROM json_each(?1) AS j`;

interface NamedMarket {
  readonly source: string;
  readonly symbol: string;
  readonly native_symbol: string | null;
}

/** `kraken:BTC-USD`: a market in one word. */
export function marketKey(market: { readonly source: string; readonly symbol: string }): string {
  return `${market.source}:${market.symbol}`;
}

/**
 * What sources call `markets`, by `marketKey`, where anybody said so or there are series of them.
 * Throws StorageUnavailableError.
 */
export async function readNativeNames(
  db: D1Database,
  markets: readonly { readonly source: SourceId; readonly symbol: string }[],
): Promise<ReadonlyMap<string, string>> {
  const given = JSON.stringify(markets.map(({ source, symbol }) => [source, symbol]));
  const { rows } = await askAll(db, (one) => read<NamedMarket>(one, NAMES, [given]));
  return new Map(
    rows.flatMap((row): [string, string][] =>
      row.native_symbol === null ? [] : [[marketKey(row), row.native_symbol]],
    ),
  );
}

/** What failed under the other name is tried again at once. */
const RENAME_SERIES = `
UPDATE series SET native_symbol = ?3, failure_count = 0, retry_at = NULL
WHERE source = ?1 AND symbol = ?2 AND native_symbol <> ?3`;

/**
 * Writes the `given` columns of `market`, at least one, and all of them where it has no row. Where
 * the name is given, its series are asked for under it from then on. One transaction a database.
 * Returns how many series changed. Throws StorageUnavailableError: of several databases some may have
 * it then, and the first, which is the one that is read, has it last. So a caller who repeats what
 * failed makes them the same again.
 */
export async function putMarket(
  db: D1Database,
  market: Market,
  given: readonly MarketColumn[],
): Promise<number> {
  const { source, symbol, native_symbol, valid_from, valid_until, successor } = market;
  const set = given.map((column) => `${column} = excluded.${column}`).join(", ");
  const differs = given.map((column) => `${column} IS NOT excluded.${column}`).join(" OR ");
  let renamed = 0;
  for (const one of allDatabases(db).toReversed()) {
    const put = one
      .prepare(
        `INSERT INTO markets (source, symbol, native_symbol, valid_from, valid_until, successor)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (source, symbol) DO UPDATE SET ${set} WHERE ${differs}`,
      )
      .bind(source, symbol, native_symbol, valid_from, valid_until, successor);
    const rename = one.prepare(RENAME_SERIES).bind(source, symbol, native_symbol);
    const [, found] = await one
      .batch(given.includes("native_symbol") ? [put, rename] : [put])
      .catch(throwStorageError);
    renamed += found?.meta.changes ?? 0;
  }
  return renamed;
}
