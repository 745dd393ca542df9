import { placeOf } from "../candle-columns.ts";

/** Open times in unix seconds. */
export interface Told {
  /** Of the candle under the crosshair; null where it is nowhere. */
  readonly time: number | null;
  /** Exclusive end of what is seen. */
  readonly end: number;
}

/**
 * The value of a column at the crosshair, or the last one that is seen where there is no crosshair; null
 * where it has none. `timestamp` ascends.
 */
export function valueAt(
  timestamp: readonly number[],
  values: readonly (number | null)[] | undefined,
  { time, end }: Told,
): number | null {
  if (time === null) {
    return values?.slice(0, placeOf(timestamp, end)).findLast((value) => value !== null) ?? null;
  }
  const place = placeOf(timestamp, time);
  return timestamp[place] === time ? (values?.[place] ?? null) : null;
}
