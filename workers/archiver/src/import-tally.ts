import { REJECTED_MAX } from "@candlehouse/shared/d1/asked-ranges";
import type { Rejection } from "@candlehouse/shared/import/distinct-rows";

/** Most rejected rows that a report tells of; all are counted. */
const REJECTIONS_MAX = 100;

/** What became of the rows of a file so far. */
export class ImportTally {
  stored = 0;
  duplicate = 0;
  revised = 0;
  rejected = 0;
  /** Of those stored, the ones that went through the queue. */
  queued = 0;
  /** Fragments that were registered. */
  fragments = 0;
  /** Rows that say what an earlier one of the file said. */
  repeated = 0;
  /** Of those rejected, the ones whose candle had not closed yet. */
  rejectedOpen = 0;
  /** Open times of rejected rows, whose candles are missing for that. */
  readonly missed = new Set<number>();
  /** Whether it is not known of each rejected row which candle is missing for it. */
  isMissedUnknown = false;
  private rejections: Rejection[] = [];

  /** Counts a row that is no candle; `timestamp` is the open time that it names, if it names one. */
  rejectRow(line: number, reason: string, timestamp: number | undefined): void {
    this.reject(line, reason);
    if (timestamp === undefined) {
      this.isMissedUnknown = true;
      return;
    }
    this.missed.add(timestamp);
    if (this.missed.size > REJECTED_MAX) {
      this.missed.delete(timestamp);
      this.isMissedUnknown = true;
    }
  }

  /** Counts a row that contradicts an earlier one: no candle is missing for it. */
  reject(line: number, reason: string): void {
    this.rejected += 1;
    // Rows are rejected when they are read, or when they are stored: not in their order.
    if (this.rejections.length < 2 * REJECTIONS_MAX) {
      this.rejections.push({ line, reason });
      return;
    }
    this.rejections = [...this.firstRejections(), { line, reason }];
  }

  /** Those that stand first in the file. */
  firstRejections(): readonly Rejection[] {
    return this.rejections.toSorted((a, b) => a.line - b.line).slice(0, REJECTIONS_MAX);
  }
}
