import type { Candle } from "../core/candle.ts";
import type { Series } from "../core/series.ts";
import { read, type Found } from "./read-series.ts";
import { ownerOf } from "./databases.ts";

/** A revision: other values that the source gave later for a candle that is stored. */
export interface Revision extends Candle {
  /** When the message that holds them was sent, unix milliseconds. */
  readonly seen_at_ms: number;
}

/** Which revision of which candle; unix seconds, unix milliseconds. */
export type RevisionKey = readonly [timestamp: number, seenAtMs: number];

/** A stretch of the revisions of a series, in the order of their key. */
export interface RevisionsWanted {
  readonly series: Series;
  /** Open times, unix seconds: inclusive and exclusive. */
  readonly start: number;
  readonly end: number;
  /** Exclusive: where the page before ended. */
  readonly after: RevisionKey | undefined;
  readonly limit: number;
}

const SELECT_REVISIONS = `
SELECT timestamp, seen_at_ms, open, high, low, close, volume_from, volume_to, trades
FROM candle_revisions
WHERE source = ?1 AND symbol = ?2 AND timeframe = ?3 AND timestamp >= ?4 AND timestamp < ?5
  AND (timestamp, seen_at_ms) > (?6, ?7)
ORDER BY timestamp, seen_at_ms LIMIT ?8`;

/** Up to `limit` revisions, by open time and then by when they were seen. Throws as `read` does. */
export function listRevisions(
  databases: D1Database,
  { series: { source, symbol, timeframe }, start, end, after, limit }: RevisionsWanted,
): Promise<Found<Revision>> {
  const db = ownerOf(databases, { source, symbol, timeframe });
  const [timestamp, seenAtMs] = after ?? [start, -1];
  return read<Revision>(db, SELECT_REVISIONS, [
    source,
    symbol,
    timeframe,
    Math.max(start, timestamp),
    end,
    timestamp,
    seenAtMs,
    limit,
  ]);
}
