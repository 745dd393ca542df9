import { askAll } from "./ask-databases.ts";
import { read } from "./read-series.ts";
import type { D1Cost } from "./read-candles.ts";

/** What the archive holds. Times are unix seconds. */
export interface ArchiveSummary {
  /** Current files, and the candles and bytes in them. */
  readonly files: number;
  readonly candles: number;
  readonly bytes: number;
  /** Files that wait to be merged. */
  readonly fragments: number;
  /** Series with a current file. */
  readonly series: number;
  /** Current files and fragments in which something was found wrong. */
  readonly damaged: number;
  /** Of current files: when the one that was not read for longest, and the last one, was read whole. */
  readonly oldest_verified_at: number | null;
  readonly newest_verified_at: number | null;
  /** Bytes of all objects that the manifest names, those that wait to be deleted with them. */
  readonly stored_bytes: number;
}

/** In the order of the key, so that series are counted without being sorted. */
const SUM_ARCHIVE = `
SELECT coalesce(sum(files), 0) AS files, coalesce(sum(candles), 0) AS candles,
  coalesce(sum(bytes), 0) AS bytes, coalesce(sum(fragments), 0) AS fragments,
  coalesce(sum(files > 0), 0) AS series, coalesce(sum(damaged), 0) AS damaged,
  min(oldest) AS oldest_verified_at, max(newest) AS newest_verified_at,
  coalesce(sum(stored), 0) AS stored_bytes
FROM (
  SELECT sum(state = 'current') AS files,
    sum(CASE state WHEN 'current' THEN rows ELSE 0 END) AS candles,
    sum(CASE state WHEN 'current' THEN bytes ELSE 0 END) AS bytes,
    sum(state = 'fragment') AS fragments,
    sum(state IN ('current', 'fragment') AND damage IS NOT NULL) AS damaged,
    min(CASE state WHEN 'current' THEN verified_at END) AS oldest,
    max(CASE state WHEN 'current' THEN verified_at END) AS newest,
    sum(bytes) AS stored
  FROM archive_files GROUP BY source, symbol, timeframe
)`;

/**
 * The sums of the manifest. Each of its rows is read, a month of a series each: who asks often keeps
 * the answer. Throws StorageUnavailableError.
 */
export async function readArchiveSummary(
  db: D1Database,
): Promise<D1Cost & { readonly summary: ArchiveSummary }> {
  const { rows, ...cost } = await askAll(db, (one) => read<ArchiveSummary>(one, SUM_ARCHIVE, []));
  return { summary: rows.reduce(addSummaries), ...cost };
}

/** What two databases hold together: no series is in both. */
function addSummaries(a: ArchiveSummary, b: ArchiveSummary): ArchiveSummary {
  return {
    files: a.files + b.files,
    candles: a.candles + b.candles,
    bytes: a.bytes + b.bytes,
    fragments: a.fragments + b.fragments,
    series: a.series + b.series,
    damaged: a.damaged + b.damaged,
    oldest_verified_at: pick(Math.min, a.oldest_verified_at, b.oldest_verified_at),
    newest_verified_at: pick(Math.max, a.newest_verified_at, b.newest_verified_at),
    stored_bytes: a.stored_bytes + b.stored_bytes,
  };
}

function pick(
  choose: (...times: number[]) => number,
  ...times: readonly (number | null)[]
): number | null {
  const given = times.flatMap((time) => time ?? []);
  return given.length === 0 ? null : choose(...given);
}
