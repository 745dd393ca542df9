import type { D1Cost } from "@candlehouse/shared/d1/read-candles";
import type { ServeCost } from "./serve/serve-query.ts";

/** What several reads cost together. */
export function sumCosts(costs: readonly ServeCost[]): ServeCost {
  const sum = { d1Ms: 0, rowsRead: 0, d1Queries: 0, r2Reads: 0, r2Ms: 0 };
  for (const { d1Ms, rowsRead, d1Queries, r2Reads, r2Ms } of costs) {
    sum.d1Ms += d1Ms;
    sum.rowsRead += rowsRead;
    sum.d1Queries += d1Queries;
    sum.r2Reads += r2Reads;
    sum.r2Ms += r2Ms;
  }
  return sum;
}

/** The cost of one query of the database. */
export function costOfQuery({ durationMs, rowsRead }: D1Cost): ServeCost {
  return { d1Ms: durationMs, rowsRead, d1Queries: 1, r2Reads: 0, r2Ms: 0 };
}
