import { REJECTED_MAX } from "../core/backfill-asks.ts";
import type { ErrorCode } from "../core/errors.ts";
import type { Run } from "../core/missing.ts";
import type { Series } from "../core/series.ts";
import { throwStorageError } from "./d1-error.ts";
import { ownerOf } from "./databases.ts";

/** That a source was asked for a range, and what came of it. Times are unix seconds. */
export interface Ask extends Run {
  /**
   * `answered`: the source gave what it has. `beyond_reach`: it does not give so old candles.
   * `failed`: it refused, or did not answer, each time it was tried.
   */
  readonly outcome: "answered" | "beyond_reach" | "failed";
  /** Candles of the range in the answers. */
  readonly found: number;
  /** Candles that were asked for and are not in the answers. */
  readonly absent: number;
  /** Open times of candles that came and can never be stored, ascending; a hundred at most. */
  readonly rejected: readonly number[];
  readonly code: ErrorCode | null;
  readonly reason: string | null;
  readonly askedAt: number;
}

export { REJECTED_MAX };

interface AskRow {
  readonly start: number;
  readonly end: number;
  readonly outcome: Ask["outcome"];
  readonly found: number;
  readonly absent: number;
  readonly rejected: string;
  readonly code: ErrorCode | null;
  readonly reason: string | null;
  readonly asked_at: number;
}

/** The same range asked again says what counts now. */
const RECORD_SQL = `
INSERT INTO asked_ranges
  (source, symbol, timeframe, start, "end", outcome, found, absent, rejected, code, reason, asked_at)
SELECT ?1, ?2, ?3, j.value ->> 0, j.value ->> 1, j.value ->> 2, j.value ->> 3, j.value ->> 4,
  j.value ->> 5, j.value ->> 6, j.value ->> 7, j.value ->> 8
FROM json_each(?4) j
WHERE true
ON CONFLICT (source, symbol, timeframe, start, "end") DO UPDATE SET
  outcome = excluded.outcome, found = excluded.found, absent = excluded.absent,
  rejected = excluded.rejected, code = excluded.code, reason = excluded.reason,
  asked_at = excluded.asked_at`;

const SELECT_SQL = `
SELECT start, "end", outcome, found, absent, rejected, code, reason, asked_at
FROM asked_ranges
WHERE source = ?1 AND symbol = ?2 AND timeframe = ?3 AND start < ?5 AND "end" > ?4
ORDER BY start, "end"`;

/** The statement that records `asks` of `series`, to be run alone or in a transaction with others. */
export function recordAsksStatement(
  databases: D1Database,
  { source, symbol, timeframe }: Series,
  asks: readonly Ask[],
): D1PreparedStatement {
  const db = ownerOf(databases, { source, symbol, timeframe });
  const rows = asks.map((ask) => [
    ask.start,
    ask.end,
    ask.outcome,
    ask.found,
    ask.absent,
    JSON.stringify(ask.rejected.slice(0, REJECTED_MAX)),
    ask.code,
    ask.reason,
    ask.askedAt,
  ]);
  return db.prepare(RECORD_SQL).bind(source, symbol, timeframe, JSON.stringify(rows));
}

/** The asks of `series` that overlap `range`, by their start. Throws StorageUnavailableError. */
export async function readAsks(
  databases: D1Database,
  { source, symbol, timeframe }: Series,
  range: Run,
): Promise<Ask[]> {
  const db = ownerOf(databases, { source, symbol, timeframe });
  const { results } = await db
    .prepare(SELECT_SQL)
    .bind(source, symbol, timeframe, range.start, range.end)
    .all<AskRow>()
    .catch(throwStorageError);
  return results.map(({ rejected, asked_at, ...row }) => {
    const times: number[] = JSON.parse(rejected);
    return { ...row, rejected: times, askedAt: asked_at };
  });
}
