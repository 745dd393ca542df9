import { TIMEFRAMES, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { askAll } from "@candlehouse/shared/d1/ask-databases";
import { read, type Found } from "@candlehouse/shared/d1/read-series";
import type { SourceId } from "@candlehouse/shared/core/source";

/** A market of a source. */
export interface MarketName {
  readonly source: SourceId;
  readonly symbol: string;
}

/** A timeframe of a market that is collected or held. */
export interface NamedRow extends MarketName {
  readonly timeframe: Timeframe;
  /** Whether it is collected now. */
  readonly enabled: 0 | 1;
  /** When the market was closed at its source, unix seconds; null where it was not. */
  readonly valid_until: number | null;
}

/**
 * Seeks of keys alone: three for each name, and three for each timeframe of those that are there.
 * However many markets there are besides, none of them is read.
 */
const SELECT_NAMED = `
WITH there AS (
  SELECT m.value ->> 0 AS source, m.value ->> 1 AS symbol FROM json_each(?1) AS m
  WHERE EXISTS (SELECT 1 FROM series AS s
      WHERE s.source = m.value ->> 0 AND s.symbol = m.value ->> 1)
    OR EXISTS (SELECT 1 FROM price_data AS p
      WHERE p.source = m.value ->> 0 AND p.symbol = m.value ->> 1)
    OR EXISTS (SELECT 1 FROM archive_files AS f
      WHERE f.source = m.value ->> 0 AND f.symbol = m.value ->> 1)
), known AS (
  SELECT n.source, n.symbol, t.value AS timeframe,
    (SELECT enabled FROM series AS s WHERE s.source = n.source AND s.symbol = n.symbol
      AND s.timeframe = t.value) AS enabled,
    EXISTS (SELECT 1 FROM price_data AS p WHERE p.source = n.source AND p.symbol = n.symbol
      AND p.timeframe = t.value) AS hot,
    EXISTS (SELECT 1 FROM archive_files AS f WHERE f.source = n.source AND f.symbol = n.symbol
      AND f.timeframe = t.value AND f.state = 'current') AS cold
  FROM there AS n CROSS JOIN json_each(?2) AS t
)
SELECT k.source, k.symbol, k.timeframe, coalesce(k.enabled, 0) AS enabled, m.valid_until
FROM known AS k LEFT JOIN markets AS m ON m.source = k.source AND m.symbol = k.symbol
WHERE k.enabled IS NOT NULL OR k.hot OR k.cold`;

/**
 * What is there of `markets`, each of which may be none: a row for each timeframe that is collected
 * or held. Throws StorageUnavailableError or StorageRejectedError.
 */
export async function readNamedMarkets(
  db: D1Database,
  markets: readonly MarketName[],
): Promise<Found<NamedRow>> {
  if (markets.length === 0) {
    return { rows: [], rowsRead: 0, durationMs: 0 };
  }
  const names = markets.map(({ source, symbol }) => [source, symbol]);
  const values = [JSON.stringify(names), JSON.stringify(TIMEFRAMES)];
  return askAll(db, (one) => read<NamedRow>(one, SELECT_NAMED, values));
}
