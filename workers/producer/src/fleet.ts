import { tableAsset } from "@candlehouse/shared/core/asset-table";
import { showValue } from "@candlehouse/shared/core/errors";
import { shardOf } from "@candlehouse/shared/core/shard";
import { SOURCES, type SourceId } from "@candlehouse/shared/core/source";
import { splitSymbol } from "@candlehouse/shared/core/symbol";
import { TIMEFRAMES, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { z } from "zod";
import { sourceOf } from "./sources/registry.ts";

/** The fleet file: which tokens, of which tier, from which sources, in which timeframes. */
const fleetSchema = z.strictObject({
  tiers: z.partialRecord(z.enum(["1", "2", "3", "4"]), z.array(z.string())),
  sources: z.partialRecord(
    z.enum(SOURCES),
    z.strictObject({ quote: z.string(), timeframes: z.array(z.enum(TIMEFRAMES)) }),
  ),
});

/** A row of table `series` as the fleet file asks for it. */
export interface FleetSeries {
  readonly source: SourceId;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly nativeSymbol: string;
  readonly tier: number;
}

/**
 * The series that the fleet file asks for: every token times every source times its timeframes.
 * Throws a sentence where the file asks for what a source does not serve.
 */
export function expandFleet(file: unknown): FleetSeries[] {
  const fleet = fleetSchema.parse(file);
  const tokens = tokensOf(fleet.tiers);
  return SOURCES.flatMap((id) => {
    const wanted = fleet.sources[id];
    return (wanted?.timeframes ?? []).flatMap((timeframe) =>
      tokens.map(({ base, tier }) => {
        const symbol = `${base}-${wanted?.quote}`;
        return { source: id, symbol, timeframe, nativeSymbol: nameAt(id, symbol, timeframe), tier };
      }),
    );
  });
}

function tokensOf(tiers: z.output<typeof fleetSchema>["tiers"]): { base: string; tier: number }[] {
  const tokens = Object.entries(tiers).flatMap(([tier, bases]) =>
    bases.map((base) => ({ base, tier: Number(tier) })),
  );
  const bases = tokens.map(({ base }) => base);
  const twice = bases.find((base, index) => bases.indexOf(base) !== index);
  if (twice !== undefined) {
    throw new Error(`the fleet file gives ${showValue(twice)} a tier twice`);
  }
  return tokens;
}

function nameAt(id: SourceId, symbol: string, timeframe: Timeframe): string {
  const source = sourceOf(id);
  const nativeSymbol = source.nativeSymbol(symbol);
  if (nativeSymbol === undefined || !source.timeframes.includes(timeframe)) {
    throw new Error(
      `the fleet file asks ${id} for ${showValue(`${symbol}:${timeframe}`)}, which it does not serve`,
    );
  }
  return nativeSymbol;
}

/**
 * The statements that add `series` to table `series`, and their tokens to table `assets` with the
 * tier that the file gives them by hand. Rows that are there stay as they are: what an operator has
 * changed since is not undone by a later start, and a new series has the tier that its asset has by
 * then.
 *
 * Of `count` databases these are the statements for the one of that `number`, which has all tokens
 * and the series that belong there. They add no series to a database that is marked otherwise.
 */
export function seedStatement(series: readonly FleetSeries[], number = 0, count = 1): string {
  const tiers = new Map(series.map(({ symbol, tier }) => [splitSymbol(symbol).base, tier]));
  const assets = [...tiers].map(([base, tier]) => {
    const { name, category, aliases, successor, valid_until } = tableAsset(base);
    return [base, name, category, tier, JSON.stringify(aliases), successor, valid_until];
  });
  const own = series.filter((one) => shardOf(one, count) === number);
  const rows = own.map(({ source, symbol, timeframe, nativeSymbol }) => [
    source,
    symbol,
    timeframe,
    nativeSymbol,
    splitSymbol(symbol).base,
  ]);
  return `INSERT INTO assets
  (ticker, name, category, tier, assigned, aliases, successor, valid_until)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, 'hand', value ->> 4, value ->> 5,
  value ->> 6
FROM json_each(${quote(JSON.stringify(assets))}) WHERE true
ON CONFLICT (ticker) DO NOTHING;
INSERT INTO series (source, symbol, timeframe, native_symbol, tier)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3,
  (SELECT tier FROM assets WHERE ticker = value ->> 4)
FROM json_each(${quote(JSON.stringify(rows))})
WHERE coalesce((SELECT count FROM shard), 1) = ${count}
ON CONFLICT (source, symbol, timeframe) DO NOTHING;
`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
