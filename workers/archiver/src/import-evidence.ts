import { shownSeconds } from "@candlehouse/shared/core/clock";
import { closeTimeOf, countCandles } from "@candlehouse/shared/core/timeframe";
import { recordAsksStatement } from "@candlehouse/shared/d1/asked-ranges";
import { throwStorageError } from "@candlehouse/shared/d1/d1-error";
import type { ImportRun } from "./import-run.ts";

/** What of a file says what its source has and has not. */
export interface FileSpan {
  readonly name: string;
  readonly format: string;
  readonly rowsRead: number;
  /** Open times of the first and the last candle, unix seconds; null where none was taken. */
  readonly first: number | null;
  readonly last: number | null;
  /** Of a part of a file, the last open time of the part before it, where that is known. */
  readonly follows: number | undefined;
}

/**
 * Records that a source's own file was read, as an answer for all that lies between its first and
 * its last candle: what is missing there, the source does not have, but for what was rejected, which
 * is named. Nothing is recorded where the file is not of the series' source, or where it is not known
 * which candles were rejected. Throws StorageUnavailableError. Repeatable.
 */
export async function recordEvidence(run: ImportRun, span: FileSpan): Promise<void> {
  const { context, series, tally } = run;
  const { first, last, follows } = span;
  if (span.format !== series.source || first === null || last === null || tally.isMissedUnknown) {
    return;
  }
  const { timeframe } = series;
  const isNext = follows !== undefined && follows < first;
  const range = {
    start: isNext ? closeTimeOf(follows, timeframe) : first,
    end: closeTimeOf(last, timeframe),
  };
  const rejected = [...tally.missed]
    .filter((timestamp) => timestamp >= range.start && timestamp < range.end)
    .toSorted((a, b) => a - b);
  const found = span.rowsRead - tally.rejected - tally.repeated;
  const missing = countCandles(range.start, range.end, timeframe) - found;
  if (missing <= 0) {
    return;
  }
  const ask = {
    ...range,
    outcome: "answered" as const,
    found,
    absent: Math.max(0, missing - rejected.length),
    rejected,
    code: null,
    reason: `the file ${span.name} has none`,
    askedAt: shownSeconds(context),
  };
  await recordAsksStatement(context.db, series, [ask]).run().catch(throwStorageError);
}
