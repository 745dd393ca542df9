import { boundaryOf } from "@candlehouse/shared/core/archive-plan";
import { ImportRejectedError } from "@candlehouse/shared/core/errors";
import { closeTimeOf } from "@candlehouse/shared/core/timeframe";
import type { RowSink } from "@candlehouse/shared/import/csv-reader";
import { PartitionBlocks, type WaitingBlock } from "@candlehouse/shared/import/partition-blocks";
import type { RowRules } from "@candlehouse/shared/import/read-cells";
import { sendHotRows, type SentRows } from "./import-hot.ts";
import { storePartition } from "./import-partition.ts";
import type { ImportRun } from "./import-run.ts";

/** Partitions that are stored at once: while one waits for R2 or D1, the rows of the next are read. */
const STORES_MAX = 2;

/** How many rows a file had, and of those that were taken the first and the last open time. */
export interface RowRange {
  readonly rowsRead: number;
  /** Null where none was taken, of one part of a file. */
  readonly first: number | null;
  readonly last: number | null;
  /** Columns that the header names and nothing reads. */
  readonly unused: readonly string[];
}

/** Rows that were read, and that are stored when they are enough. */
export class WaitingRows {
  readonly sink: RowSink;
  private readonly run: ImportRun;
  private readonly blocks: PartitionBlocks;
  private readonly sent: SentRows = new Map();
  /** What is being stored, by partition; none of these fails. */
  private readonly underWay = new Map<WaitingBlock["partition"], Promise<unknown>>();
  /** Why something could not be stored: thrown where the next block begins, or at the end. */
  private readonly failures: unknown[] = [];

  constructor(run: ImportRun, { timeframe, nowSeconds }: RowRules) {
    const blocks = new PartitionBlocks(
      timeframe,
      boundaryOf(timeframe, nowSeconds, run.context.hotDays),
    );
    this.run = run;
    this.blocks = blocks;
    this.sink = {
      accept: (row, line) => {
        blocks.add(row, line);
      },
      reject: (line, reason, timestamp) => {
        const isOpen = timestamp !== undefined && closeTimeOf(timestamp, timeframe) > nowSeconds;
        run.tally.rejectedOpen += isOpen ? 1 : 0;
        run.tally.rejectRow(line, reason, timestamp);
      },
    };
  }

  /** Stores rows, those first that wait longest, until `rows` of them wait or fewer. */
  async storeAbove(rows: number): Promise<void> {
    while (this.blocks.rows > rows) {
      const taken = this.blocks.take();
      if (taken === undefined) {
        return;
      }
      await this.begin(taken);
    }
  }

  /** Waits for all that is being stored. Throws the first failure of it, the earlier ones too. */
  async settle(): Promise<void> {
    await Promise.all(this.underWay.values());
    if (this.failures.length > 0) {
      throw this.failures[0];
    }
  }

  /** Begins to store a block. Those of one partition follow each other: each is compared with the last. */
  private async begin({ partition, block }: WaitingBlock): Promise<void> {
    await this.underWay.get(partition);
    while (this.underWay.size >= STORES_MAX) {
      await Promise.race(this.underWay.values());
    }
    if (this.failures.length > 0) {
      throw this.failures[0];
    }
    const storing =
      partition === undefined
        ? sendHotRows(this.run, block, this.sent)
        : storePartition(this.run, partition, block);
    const settled = storing
      .catch((error: unknown) => {
        this.failures.push(error);
      })
      .finally(() => this.underWay.delete(partition));
    this.underWay.set(partition, settled);
  }

  /** Throws ImportRejectedError where not one row of `rowsRead` was taken, unless it is one part of a file. */
  range(rowsRead: number, isPart: boolean): Omit<RowRange, "unused"> {
    const { first, last } = this.blocks;
    if (first <= last) {
      return { rowsRead, first, last };
    }
    if (isPart) {
      return { rowsRead, first: null, last: null };
    }
    const [rejection] = this.run.tally.firstRejections();
    throw new ImportRejectedError(
      rejection === undefined
        ? "the file holds no row"
        : `none of its ${rowsRead} rows can be stored; line ${rejection.line}: ${rejection.reason}`,
    );
  }
}
