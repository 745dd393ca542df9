import { z } from "zod";
import { PoisonMessageError, showValue } from "../core/errors.ts";
import { isPartition, type Partition } from "../core/partition.ts";
import type { Series } from "../core/series.ts";
import { SOURCES } from "../core/source.ts";
import { isSymbol } from "../core/symbol.ts";
import { TIMEFRAMES } from "../core/timeframe.ts";

/** Asks for the fragments of a partition to be merged into its current file. */
export interface CompactionMessage extends Series {
  readonly partition: Partition;
}

const compactionMessage = z
  .strictObject({
    source: z.enum(SOURCES),
    symbol: z.string().refine(isSymbol, "a symbol such as BTC-USDT"),
    timeframe: z.enum(TIMEFRAMES),
    partition: z.string(),
  })
  .refine(({ partition, timeframe }) => isPartition(partition, timeframe), {
    path: ["partition"],
    message: "2026-10 for timeframes below 15m, 2026 for the others",
  });

/** The message that asks for `partition` of `series` to be compacted. */
export function encodeCompaction(series: Series, partition: Partition): CompactionMessage {
  const { source, symbol, timeframe } = series;
  return { source, symbol, timeframe, partition };
}

/** The partition that a queue message's body names. Throws PoisonMessageError where it names none. */
export function decodeCompaction(body: unknown): { series: Series; partition: Partition } {
  const result = compactionMessage.safeParse(body);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new PoisonMessageError(
      `message ${showValue(body)}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? "unreadable"}`,
    );
  }
  const { partition, ...series } = result.data;
  return { series, partition };
}
