import type { Series } from "../core/series.ts";
import { SOURCES, type SourceId } from "../core/source.ts";
import type { Timeframe } from "../core/timeframe.ts";
import { askPage, compareSeries } from "./ask-databases.ts";
import { read, type Found } from "./read-series.ts";

/** What is there of a market at a source. */
export interface MarketRow {
  readonly source: SourceId;
  readonly symbol: string;
  /** In which it is collected or held; at least one, in no order. */
  readonly timeframes: readonly Timeframe[];
}

/** Which markets are meant; a member that is undefined excludes none. */
export interface MarketFilter {
  readonly source?: SourceId | undefined;
  readonly symbol?: string | undefined;
}

const NAME = "json_array(source, symbol, timeframe)";

/**
 * The series of the sources ?1 (a JSON list), and of the symbol ?2 if it is given, that have a row in
 * `table`, whose key begins with a series' name: up to three seeks each, however many rows it has. A
 * comparison of row values would not be a seek but a scan.
 */
function seriesIn(table: "price_data" | "archive_files", name: string): string {
  return `
${name}(name) AS (
  SELECT CASE WHEN ?2 IS NULL
    THEN (SELECT ${NAME} FROM ${table} WHERE source = s.value
      ORDER BY source, symbol, timeframe LIMIT 1)
    ELSE (SELECT ${NAME} FROM ${table} WHERE source = s.value AND symbol = ?2
      ORDER BY source, symbol, timeframe LIMIT 1) END
  FROM json_each(?1) AS s
  UNION ALL
  SELECT COALESCE(
    (SELECT ${NAME} FROM ${table} WHERE source = before.name ->> 0
      AND symbol = before.name ->> 1 AND timeframe > before.name ->> 2
      ORDER BY source, symbol, timeframe LIMIT 1),
    (SELECT ${NAME} FROM ${table} WHERE ?2 IS NULL AND source = before.name ->> 0
      AND symbol > before.name ->> 1 ORDER BY source, symbol, timeframe LIMIT 1)
  ) FROM ${name} AS before WHERE before.name IS NOT NULL
)`;
}

const SELECT_MARKETS = `
WITH RECURSIVE ${seriesIn("price_data", "hot")}, ${seriesIn("archive_files", "cold")}
SELECT source, symbol, timeframe FROM series
WHERE source IN (SELECT value FROM json_each(?1)) AND symbol = COALESCE(?2, symbol)
UNION SELECT name ->> 0, name ->> 1, name ->> 2 FROM hot WHERE name IS NOT NULL
UNION SELECT name ->> 0, name ->> 1, name ->> 2 FROM cold WHERE name IS NOT NULL
ORDER BY source, symbol`;

/** Every market that is collected, or has a candle or a file, by source and symbol. Throws as `read` does. */
export async function listMarkets(
  db: D1Database,
  { source, symbol }: MarketFilter = {},
): Promise<Found<MarketRow>> {
  const sources = JSON.stringify(source === undefined ? SOURCES : [source]);
  const order = { compare: compareSeries, limit: Number.MAX_SAFE_INTEGER };
  const found = await askPage(db, order, (one) =>
    read<Series>(one, SELECT_MARKETS, [sources, symbol ?? null]),
  );
  const markets = new Map<string, { source: SourceId; symbol: string; timeframes: Timeframe[] }>();
  for (const { source: by, symbol: of, timeframe } of found.rows) {
    const key = `${by}:${of}`;
    const market = markets.get(key) ?? { source: by, symbol: of, timeframes: [] };
    market.timeframes.push(timeframe);
    markets.set(key, market);
  }
  return { ...found, rows: [...markets.values()] };
}
