import { InvalidInputError } from "@candlehouse/shared/core/errors";
import type { Series } from "@candlehouse/shared/core/series";
import type { NewSeries, NewSeriesList } from "@candlehouse/shared/d1/edit-series";
import { marketKey } from "@candlehouse/shared/d1/markets";
import { refuseName, type NewSeriesOrder } from "./series-order.ts";
import { sourceOf } from "./sources/registry.ts";

/**
 * What is to be written so that the series `wanted` by `order` are collected. `names` are the
 * sources' names of markets that are known, by `marketKey`. Throws InvalidInputError where a source
 * does not serve a series, or nobody knows its name there.
 */
export function planNewSeries(
  order: NewSeriesOrder,
  wanted: readonly Series[],
  names: ReadonlyMap<string, string>,
): Pick<NewSeriesList, "series" | "market"> {
  const { nativeSymbol } = order;
  const [first] = wanted;
  if (nativeSymbol === undefined || first === undefined) {
    return { series: wanted.map((series) => nameByRule(order, series, names)), market: null };
  }
  const key = marketKey(first);
  if (wanted.some((series) => marketKey(series) !== key)) {
    const allowed = "it names one market, and the series are of several";
    throw new InvalidInputError("native_symbol", nativeSymbol, allowed);
  }
  const known = names.get(key);
  if (known !== undefined && known !== nativeSymbol) {
    const allowed = `${key} is called ${known}; PUT /v1/markets gives it another name`;
    throw new InvalidInputError("native_symbol", nativeSymbol, allowed);
  }
  const { source, symbol } = first;
  const byRule = sourceOf(source).nativeSymbol(symbol) === nativeSymbol;
  return {
    series: wanted.map((series) => ({ ...served(order, series), nativeSymbol })),
    market: known === undefined && !byRule ? { source, symbol, nativeSymbol } : null,
  };
}

function nameByRule(
  order: NewSeriesOrder,
  series: Series,
  names: ReadonlyMap<string, string>,
): NewSeries {
  const { source, symbol } = served(order, series);
  const nativeSymbol = names.get(marketKey(series)) ?? sourceOf(source).nativeSymbol(symbol);
  if (nativeSymbol === undefined) {
    throw refuseName(
      order.names,
      series,
      "symbol",
      `${source} has no such market by its rule; where it has one all the same, give its name there as native_symbol`,
    );
  }
  return { ...series, nativeSymbol };
}

function served(order: NewSeriesOrder, series: Series): Series {
  const { id, timeframes } = sourceOf(series.source);
  if (!timeframes.includes(series.timeframe)) {
    const allowed = `${id} serves ${timeframes.join(", ")}`;
    throw refuseName(order.names, series, "timeframe", allowed);
  }
  return series;
}
