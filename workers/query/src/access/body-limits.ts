import { TRIGGER_BYTES_MAX } from "@candlehouse/shared/http/read-body";
import type { DeclaredRoute } from "./route-scopes.ts";

/** Most bytes in an order: a thousand names of series, the longest there are. */
export const ORDER_BYTES_MAX = 128_000;

/** Most bytes in an order for backfills: five hundred symbols, the longest there are. */
export const BACKFILL_BYTES_MAX = 64_000;

/** Most bytes in an order to the archiver; a sensible one has fifty. */
export const WORK_BYTES_MAX = 64_000;

/** Most bytes in an order for a key; a sensible one has a hundred. */
export const KEY_BYTES_MAX = 4_000;

const BYTES_MAX: Readonly<Record<string, number>> = {
  "POST /trigger": TRIGGER_BYTES_MAX,
  "POST /v1/backfills": BACKFILL_BYTES_MAX,
  "POST /v1/archive/run": WORK_BYTES_MAX,
  "POST /v1/archive/verify": WORK_BYTES_MAX,
  "POST /v1/archive/rebuild": WORK_BYTES_MAX,
  "POST /v1/keys": KEY_BYTES_MAX,
};

/** Most bytes in the JSON of an order to `route`. */
export function orderBytesMax({ method, path }: DeclaredRoute): number {
  return BYTES_MAX[`${method} ${path}`] ?? ORDER_BYTES_MAX;
}
