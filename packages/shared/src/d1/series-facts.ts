import type { MarketValidity } from "../core/gap-pieces.ts";
import type { Series } from "../core/series.ts";
import type { SourceId } from "../core/source.ts";
import type { Timeframe } from "../core/timeframe.ts";
import { throwStorageError } from "./d1-error.ts";
import { askPage, compareText } from "./ask-databases.ts";
import { read } from "./read-series.ts";
import { ownerOf } from "./databases.ts";

/** What the classes of a series' gaps rest on, beside its candles. Times are unix seconds. */
export interface SeriesFacts {
  /** Open times of the oldest and the newest candle, hot or cold; null where there is none. */
  readonly firstHeld: number | null;
  readonly lastHeld: number | null;
  /** Start of the oldest range that the source was asked for and that did not come out full. */
  readonly firstAsked: number | null;
  readonly market: MarketValidity | null;
}

interface FactsRow {
  readonly oldestHot: number | null;
  readonly newestHot: number | null;
  readonly oldestCold: number | null;
  readonly newestCold: number | null;
  readonly firstAsked: number | null;
  readonly known: 1 | null;
  readonly validFrom: number | null;
  readonly validUntil: number | null;
}

const OF = "source = ?1 AND symbol = ?2 AND timeframe = ?3";
const CURRENT = `FROM archive_files WHERE ${OF} AND state = 'current' ORDER BY partition`;

/** Each of them one seek of a primary key. */
const SELECT_FACTS = `
SELECT
  (SELECT MIN(timestamp) FROM price_data WHERE ${OF}) AS oldestHot,
  (SELECT MAX(timestamp) FROM price_data WHERE ${OF}) AS newestHot,
  (SELECT first_timestamp ${CURRENT} LIMIT 1) AS oldestCold,
  (SELECT last_timestamp ${CURRENT} DESC LIMIT 1) AS newestCold,
  (SELECT MIN(start) FROM asked_ranges WHERE ${OF}) AS firstAsked,
  m.known, m.valid_from AS validFrom, m.valid_until AS validUntil
FROM (SELECT 1) LEFT JOIN (
  SELECT 1 AS known, valid_from, valid_until FROM markets WHERE source = ?1 AND symbol = ?2
) AS m`;

/** Throws StorageUnavailableError. */
export async function readSeriesFacts(
  databases: D1Database,
  { source, symbol, timeframe }: Series,
): Promise<SeriesFacts> {
  const db = ownerOf(databases, { source, symbol, timeframe });
  const row = await db
    .prepare(SELECT_FACTS)
    .bind(source, symbol, timeframe)
    .first<FactsRow>()
    .catch(throwStorageError);
  const first = [row?.oldestHot, row?.oldestCold].flatMap((time) => time ?? []);
  const last = [row?.newestHot, row?.newestCold].flatMap((time) => time ?? []);
  return {
    firstHeld: first.length === 0 ? null : Math.min(...first),
    lastHeld: last.length === 0 ? null : Math.max(...last),
    firstAsked: row?.firstAsked ?? null,
    market:
      row === null || row.known === null
        ? null
        : { validFrom: row.validFrom, validUntil: row.validUntil },
  };
}

/** Those that are collected come first, and of them those of the best tier. */
const SELECT_SIBLINGS = `
WITH RECURSIVE hot (symbol) AS (
  SELECT MIN(symbol) FROM price_data WHERE source = ?1
  UNION ALL
  SELECT (SELECT MIN(symbol) FROM price_data WHERE source = ?1 AND symbol > hot.symbol)
  FROM hot WHERE symbol IS NOT NULL
),
symbols (symbol) AS (
  SELECT symbol FROM series WHERE source = ?1 AND timeframe = ?2
  UNION
  SELECT symbol FROM hot WHERE symbol IS NOT NULL AND EXISTS (SELECT 1 FROM price_data AS p
    WHERE p.source = ?1 AND p.symbol = hot.symbol AND p.timeframe = ?2)
  UNION
  SELECT symbol FROM archive_files WHERE source = ?1 AND timeframe = ?2 AND state = 'current'
)
SELECT symbols.symbol, s.enabled, s.tier FROM symbols LEFT JOIN series AS s
  ON s.source = ?1 AND s.symbol = symbols.symbol AND s.timeframe = ?2
ORDER BY s.enabled DESC, s.tier IS NULL, s.tier, symbols.symbol LIMIT ?3`;

/**
 * Up to `limit` series of `source` in `timeframe` that are collected or hold candles, the most
 * important first. Throws StorageUnavailableError.
 */
export async function listSeriesOf(
  db: D1Database,
  source: SourceId,
  timeframe: Timeframe,
  limit: number,
): Promise<Series[]> {
  const { rows } = await askPage(db, { compare: compareSiblings, limit }, (one) =>
    read<SiblingRow>(one, SELECT_SIBLINGS, [source, timeframe, limit]),
  );
  return rows.map(({ symbol }) => ({ source, symbol, timeframe }));
}

interface SiblingRow {
  readonly symbol: string;
  readonly enabled: 0 | 1 | null;
  readonly tier: number | null;
}

/** As SELECT_SIBLINGS orders them: what is in no table of series comes last. */
function compareSiblings(a: SiblingRow, b: SiblingRow): number {
  return (
    (b.enabled ?? -1) - (a.enabled ?? -1) ||
    (a.tier ?? Number.MAX_SAFE_INTEGER) - (b.tier ?? Number.MAX_SAFE_INTEGER) ||
    compareText(a.symbol, b.symbol)
  );
}
