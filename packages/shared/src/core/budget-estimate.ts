import { TYPICAL_WINDOW } from "./budget-input.ts";
import { marginalUsdOf } from "./cost.ts";
import { sumCounts, type LedgerCounts } from "./ledger.ts";

/** Candles and requests of a full window. */
const WINDOW_CANDLES = 25_000;
const WINDOW_REQUESTS = 50;

/** Written, read and deleted: three operations for ten candles. */
const QUEUE_OPERATIONS_A_CANDLE = 0.3;

/** What a backfill is to bring. */
export interface BackfillSize {
  readonly candles: number;
  /** Of these, the ones that are young enough to be stored as rows. */
  readonly hotCandles: number;
  readonly requests: number;
}

/** About what is billed of a backfill of that size, until its candles are archived. */
export function backfillUnits({ candles, hotCandles, requests }: BackfillSize): LedgerCounts {
  const windows = Math.max(
    Math.ceil(candles / WINDOW_CANDLES),
    Math.ceil(requests / WINDOW_REQUESTS),
  );
  return sumCounts([
    ...Object.entries(TYPICAL_WINDOW).map(([name, count]) => ({ [name]: count * windows })),
    { rows_written: 2 * hotCandles, queue_operations: QUEUE_OPERATIONS_A_CANDLE * hotCandles },
  ]);
}

/** US dollars of a backfill where nothing of what the plan includes is left, to a hundredth of a cent. */
export function backfillUsd(size: BackfillSize): number {
  return Math.ceil(marginalUsdOf(backfillUnits(size)) * 10_000) / 10_000;
}
