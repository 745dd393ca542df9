import { InvalidInputError } from "@candlehouse/shared/core/errors";
import { GAP_CLASSES } from "@candlehouse/shared/core/gap";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { SOURCES } from "@candlehouse/shared/core/source";
import { isSymbol } from "@candlehouse/shared/core/symbol";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import type { GapFilter } from "@candlehouse/shared/d1/list-gaps";
import { SERIES_FORM, seriesMember, timeMember } from "@candlehouse/shared/http/order-members";
import { membersOf, parseMembers } from "@candlehouse/shared/http/read-members";
import { z } from "zod";
import type { ScanOrder } from "./scan-page.ts";

/** Most bytes in the JSON body of an order; a sensible one has a hundred. */
export const ORDER_BYTES_MAX = 64_000;

const which = {
  series: seriesMember(SERIES_FORM).optional(),
  source: z.enum(SOURCES, `one of ${SOURCES.join(", ")}`).optional(),
  symbol: z
    .string("a symbol such as BTC-USDT")
    .refine(isSymbol, "a symbol such as BTC-USDT")
    .optional(),
  tier: z.int("1 to 4").min(1, "1 to 4").max(4, "1 to 4").optional(),
  timeframe: z.enum(TIMEFRAMES, `one of ${TIMEFRAMES.join(", ")}`).optional(),
  start: timeMember.optional(),
  end: timeMember.optional(),
};

const scanOrder = z.strictObject({
  ...which,
  after: seriesMember("it must be next of an earlier answer, unchanged").nullish(),
});

const repairOrder = z.strictObject({
  ...which,
  class: z.enum(GAP_CLASSES, `one of ${GAP_CLASSES.join(", ")}`).optional(),
  dry_run: z.boolean("true or false").optional(),
});

/** The order in a body of `POST /v1/gaps/scan`. Throws InvalidInputError. */
export function parseScanOrder(body: string): ScanOrder {
  const { series, source, symbol, tier, timeframe, start, end, after } = parseMembers(
    scanOrder,
    membersOf(body),
  );
  assertAlone(series, { source, symbol, tier, timeframe });
  assertRange(start, end);
  return {
    series,
    filter: { source, symbol, tier, timeframe, enabled: true },
    scope: { kind: "range", start, end },
    after: after ?? undefined,
  };
}

/** The order in a body of `POST /v1/gaps/repair`. Throws InvalidInputError. */
export function parseRepairOrder(body: string): {
  readonly filter: GapFilter;
  readonly isDry: boolean;
} {
  const { series, source, symbol, tier, timeframe, start, end, ...more } = parseMembers(
    repairOrder,
    membersOf(body),
  );
  assertAlone(series, { source, symbol, tier, timeframe });
  assertRange(start, end);
  return {
    filter: { source, symbol, timeframe, ...series, tier, start, end, class: more.class },
    isDry: more.dry_run ?? false,
  };
}

function assertAlone(series: Series | undefined, others: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(others)) {
    if (series !== undefined && value !== undefined) {
      throw new InvalidInputError(name, value, `${formatSeries(series)} is asked for by its name`);
    }
  }
}

function assertRange(start: number | undefined, end: number | undefined): void {
  if (start !== undefined && end !== undefined && start >= end) {
    throw new InvalidInputError("end", end, `it must be after start, which is ${start}`);
  }
}
