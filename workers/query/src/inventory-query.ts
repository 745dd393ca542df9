import { formatSeries, parseSeries, type Series } from "@candlehouse/shared/core/series";
import type { InventoryPage } from "@candlehouse/shared/d1/read-series";
import { decodeCursor, encodeCursor, type Binding } from "@candlehouse/shared/http/cursor";
import { z } from "@hono/zod-openapi";
import {
  cursorParameter,
  limitParameter,
  sourceParameter,
  symbolParameter,
  timeframeParameter,
} from "./parameters.ts";

/** Most series in one page of an inventory, and how many it holds where the caller does not say. */
const PAGE_SERIES_MAX = 5_000;
const PAGE_SERIES_DEFAULT = 1_000;

/** Query parameters of the routes that list series. */
export const inventoryParameters = {
  source: sourceParameter.optional(),
  symbol: symbolParameter.optional(),
  timeframe: timeframeParameter.optional(),
  limit: limitParameter("Most series in one page.", PAGE_SERIES_DEFAULT, PAGE_SERIES_MAX),
  cursor: cursorParameter.optional(),
};

/** What `inventoryParameters` and the filters of one route read. */
export interface InventoryQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly [filter: string]: string | number | boolean | undefined;
}

const seriesName = z.string().transform((text, context): Series => {
  const series = parseSeries(text);
  if (series === undefined) {
    context.addIssue("no series");
    return z.NEVER;
  }
  return series;
});

/** The stretch of the inventory that `query` asks for. Throws InvalidInputError. */
export function inventoryPageOf(query: InventoryQuery): InventoryPage {
  const { cursor, limit } = query;
  const after =
    cursor === undefined ? undefined : decodeCursor(cursor, bindingOf(query), seriesName);
  return { after, limit };
}

/** The cursor behind `last`, the last of `count` rows; null where the page was not full. */
export function inventoryCursorOf(
  query: InventoryQuery,
  count: number,
  last: Series | undefined,
): string | null {
  return last === undefined || count < query.limit
    ? null
    : encodeCursor(bindingOf(query), formatSeries(last));
}

/** The filters: the limit may change from page to page. */
function bindingOf({ limit: _limit, cursor: _cursor, ...filters }: InventoryQuery): Binding {
  return Object.fromEntries(
    Object.entries(filters).map(([name, value]) => [
      name,
      typeof value === "boolean" ? Number(value) : (value ?? null),
    ]),
  );
}
