import { partitionEnd, partitionOf, partitionStart, type Partition } from "../core/partition.ts";
import type { Timeframe } from "../core/timeframe.ts";
import type { BlockRow } from "./block-row.ts";
import { CandleBlock } from "./candle-block.ts";

/** Rows of one partition, or of the hot window, that were read and wait to be stored. */
export interface WaitingBlock {
  /** Undefined for rows of the hot window. */
  readonly partition: Partition | undefined;
  readonly block: CandleBlock;
}

interface OpenBlock extends WaitingBlock {
  /** Open times, unix seconds: inclusive, exclusive. */
  readonly start: number;
  readonly end: number;
}

/** The rows of a file by partition, in whatever order they come. */
export class PartitionBlocks {
  /** Rows that wait. */
  rows = 0;
  /** Open times of all rows so far, unix seconds. */
  first = Infinity;
  last = -Infinity;
  private readonly timeframe: Timeframe;
  private readonly hotFrom: number;
  /** By partition; the one that a row was added to last is the last. */
  private readonly open = new Map<Partition | undefined, OpenBlock>();
  private current: OpenBlock | undefined;

  /** From `hotFrom` on, unix seconds, rows are of the hot window. */
  constructor(timeframe: Timeframe, hotFrom: number) {
    this.timeframe = timeframe;
    this.hotFrom = hotFrom;
  }

  add(row: BlockRow, line: number): void {
    const { timestamp } = row;
    let { current } = this;
    if (current === undefined || timestamp < current.start || timestamp >= current.end) {
      current = this.turnTo(timestamp);
    }
    current.block.push(row, line);
    this.rows += 1;
    this.first = timestamp < this.first ? timestamp : this.first;
    this.last = timestamp > this.last ? timestamp : this.last;
  }

  /** Takes out the rows that have waited longest for another row of theirs. */
  take(): WaitingBlock | undefined {
    const [oldest] = this.open.values();
    if (oldest === undefined) {
      return undefined;
    }
    this.open.delete(oldest.partition);
    this.rows -= oldest.block.rows;
    this.current = this.current === oldest ? undefined : this.current;
    return oldest;
  }

  private turnTo(timestamp: number): OpenBlock {
    const isHot = timestamp >= this.hotFrom;
    const partition = isHot ? undefined : partitionOf(timestamp, this.timeframe);
    const block = this.open.get(partition) ?? this.begin(partition);
    this.open.delete(partition);
    this.open.set(partition, block);
    this.current = block;
    return block;
  }

  private begin(partition: Partition | undefined): OpenBlock {
    const block = new CandleBlock();
    return partition === undefined
      ? { partition, block, start: this.hotFrom, end: Infinity }
      : {
          partition,
          block,
          start: partitionStart(partition),
          end: Math.min(partitionEnd(partition), this.hotFrom),
        };
  }
}
