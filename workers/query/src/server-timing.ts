import type { ServedSeries } from "@candlehouse/shared/core/served-candle";
import type { D1Cost } from "@candlehouse/shared/d1/read-candles";
import type { ServeCost, ServeQuery } from "./serve/serve-query.ts";

/** What an answer cost, part by part. Milliseconds. */
export interface AnswerCost extends ServeCost {
  /** From the parsed request to the candles. */
  readonly serveMs: number;
  /** From the candles to the body. The clock of Cloudflare stands still while nothing is awaited. */
  readonly encodeMs: number;
}

/** What a hit in the cache says. */
export const CACHE_HIT = "cache;desc=hit";

/** A Server-Timing header: the parts of an answer, and the plan by which it came about. */
function serverTiming(cost: AnswerCost, plan: string): string {
  const { d1Ms, d1Queries, rowsRead, r2Ms, r2Reads, serveMs, encodeMs } = cost;
  const queries = d1Queries === 0 ? "" : `, ${d1Queries} queries`;
  return [
    `d1;dur=${shown(d1Ms)};desc="${rowsRead} rows read${queries}"`,
    `r2;dur=${shown(r2Ms)};desc="${r2Reads} reads"`,
    `serve;dur=${shown(serveMs)}`,
    `encode;dur=${shown(encodeMs)}`,
    `plan;desc="${plan}"`,
  ].join(", ");
}

function shown(milliseconds: number): string {
  return String(Math.round(milliseconds * 1_000) / 1_000);
}

/**
 * The header of an answer whose body is made by now: it was begun at `startedMs`, and its candles
 * were there at `servedMs`, both of `performance.now()`.
 */
export function timingSince(
  { startedMs, servedMs }: { readonly startedMs: number; readonly servedMs: number },
  cost: ServeCost,
  plan: string,
): string {
  const encodeMs = performance.now() - servedMs;
  return serverTiming({ ...cost, serveMs: servedMs - startedMs, encodeMs }, plan);
}

/** What several reads cost together. */
export function sumCosts(costs: readonly ServeCost[]): ServeCost {
  const sum = (part: keyof ServeCost): number =>
    costs.reduce((total, cost) => total + cost[part], 0);
  return {
    d1Ms: sum("d1Ms"),
    rowsRead: sum("rowsRead"),
    d1Queries: sum("d1Queries"),
    r2Reads: sum("r2Reads"),
    r2Ms: sum("r2Ms"),
  };
}

/** What one query of the database cost. */
export function costOfQuery({ durationMs, rowsRead }: D1Cost): ServeCost {
  return { d1Ms: durationMs, rowsRead, d1Queries: 1, r2Reads: 0, r2Ms: 0 };
}

/** Most series that a plan names one by one. */
const NAMED_MAX = 3;

/** How `served` came about: `1m to 1h, hot+cold, prev, sma:20`. */
export function planOf(
  served: readonly ServedSeries[],
  query: Pick<ServeQuery, "fill" | "revisions">,
  { rowsRead, r2Reads }: ServeCost,
): string {
  const steps = new Set(
    served.map(({ series: { timeframe }, from }) =>
      from.every((base) => base === timeframe)
        ? timeframe
        : `${from.join(" and ")} to ${timeframe}`,
    ),
  );
  const stores = [...(rowsRead > 0 ? ["d1"] : []), ...(r2Reads > 0 ? ["r2"] : [])].join("+");
  return [
    [...steps].slice(0, NAMED_MAX).join(" and "),
    ...(stores === "" ? [] : [stores]),
    ...(query.fill === "none" ? [] : [`fill ${query.fill}`]),
    ...(query.revisions === "first" ? [] : ["latest revisions"]),
  ].join(", ");
}
