import { aliasesOf, resolveSymbol } from "@candlehouse/shared/core/asset";
import type { BackfillMarket } from "@candlehouse/shared/core/backfill-job";
import { InvalidInputError, UnknownSymbolError } from "@candlehouse/shared/core/errors";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import { readAssets } from "@candlehouse/shared/d1/assets";
import { marketKey, readNativeNames } from "@candlehouse/shared/d1/markets";
import { readSeries } from "@candlehouse/shared/d1/read-series";
import type { BackfillContext } from "./backfill-context.ts";
import { BACKFILL_SERIES_MAX, type BackfillOrder } from "./backfill-request.ts";
import { SYMBOL_FORM } from "./series-order.ts";
import type { Source } from "./sources/source.ts";

/** A series that is to be fetched. */
export interface WantedSeries extends BackfillMarket {
  readonly timeframe: Timeframe;
}

/**
 * The series that `order` means: of its symbols, or of the tier. Throws InvalidInputError,
 * UnknownSymbolError or StorageUnavailableError.
 */
export async function wantedSeries(
  context: BackfillContext,
  source: Source,
  order: BackfillOrder,
): Promise<WantedSeries[]> {
  const wanted =
    order.symbols === undefined
      ? await seriesOfTier(context, order)
      : await seriesOfSymbols(context, source, order.symbols, order.timeframes ?? []);
  if (wanted.length > BACKFILL_SERIES_MAX) {
    throw new InvalidInputError(
      order.symbols === undefined ? "tier" : "symbols",
      wanted.length,
      `at most ${BACKFILL_SERIES_MAX} series in one request`,
    );
  }
  return wanted;
}

async function seriesOfTier(
  { db }: BackfillContext,
  { source, tier, timeframes }: BackfillOrder,
): Promise<WantedSeries[]> {
  const limit = BACKFILL_SERIES_MAX * 20;
  const { rows } = await readSeries(
    db,
    { source, tier, enabled: true },
    { after: undefined, limit },
  );
  const wanted = rows
    .filter(({ timeframe }) => timeframes === undefined || timeframes.includes(timeframe))
    .map(({ symbol, timeframe, native_symbol }) => ({
      symbol,
      timeframe,
      nativeSymbol: native_symbol,
    }));
  if (wanted.length === 0) {
    throw new InvalidInputError(
      "tier",
      tier,
      `no enabled series of ${source} has it${timeframes === undefined ? "" : ` in ${timeframes.join(", ")}`}`,
    );
  }
  return wanted;
}

async function seriesOfSymbols(
  { db }: BackfillContext,
  source: Source,
  given: readonly string[],
  timeframes: readonly Timeframe[],
): Promise<WantedSeries[]> {
  const unserved = timeframes.find((timeframe) => !source.timeframes.includes(timeframe));
  if (unserved !== undefined) {
    throw new InvalidInputError(
      "timeframe",
      unserved,
      `${source.id} serves ${source.timeframes.join(", ")}`,
    );
  }
  const aliases = aliasesOf((await readAssets(db)).rows);
  const symbols = new Set(
    given.map((text) => {
      const symbol = resolveSymbol(text, aliases);
      if (symbol === undefined) {
        throw new InvalidInputError("symbol", text, SYMBOL_FORM);
      }
      return symbol;
    }),
  );
  const markets = [...symbols].map((symbol) => ({ source: source.id, symbol }));
  const names = await readNativeNames(db, markets);
  return markets.flatMap((market) => {
    const nativeSymbol = names.get(marketKey(market)) ?? source.nativeSymbol(market.symbol);
    if (nativeSymbol === undefined) {
      throw new UnknownSymbolError(`${source.id} does not have ${market.symbol}`);
    }
    const { symbol } = market;
    return [...new Set(timeframes)].map((timeframe) => ({ symbol, nativeSymbol, timeframe }));
  });
}
