import type { Doubt } from "@candlehouse/shared/core/backfill-answer";
import type { Refusal } from "@candlehouse/shared/core/backfill-asks";
import type { Candle } from "@candlehouse/shared/core/candle";
import type { CandlehouseError } from "@candlehouse/shared/core/errors";
import type { Run } from "@candlehouse/shared/core/missing";

/** What is known of what was asked for, so far. */
export interface Collected {
  readonly found: Map<number, Candle>;
  readonly absent: Run[];
  readonly open: { run: Run; error: CandlehouseError | null }[];
  readonly refused: Refusal[];
  readonly doubted: Doubt[];
  readonly failures: CandlehouseError[];
  answers: number;
  requests: number;
}

export function nothingCollected(): Collected {
  return {
    found: new Map(),
    absent: [],
    open: [],
    refused: [],
    doubted: [],
    failures: [],
    answers: 0,
    requests: 0,
  };
}
