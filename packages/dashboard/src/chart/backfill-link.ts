import type { ChartState } from "./chart-place.ts";

/** Where a backfill of the series is begun, its form filled in with the range where there is one. */
export function backfillOf(
  { series }: Pick<ChartState, "series">,
  { start, end }: { readonly start: number | null; readonly end: number | null },
): string {
  const params = new URLSearchParams({ start: "backfill", series });
  if (start !== null) {
    params.set("from", String(start));
  }
  if (end !== null) {
    params.set("to", String(end));
  }
  return `/jobs?${params.toString()}`;
}
