import { showValue } from "@candlehouse/shared/core/errors";
import { SOURCES, type SourceId } from "@candlehouse/shared/core/source";
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
  const tokens = Object.entries(fleet.tiers).flatMap(([tier, bases]) =>
    bases.map((base) => ({ base, tier: Number(tier) })),
  );
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
 * The statement that adds `series` to table `series`. Rows that are there stay as they are: what an
 * operator has changed since is not undone by a later start.
 */
export function seedStatement(series: readonly FleetSeries[]): string {
  const rows = series.map(
    ({ source, symbol, timeframe, nativeSymbol, tier }) =>
      `(${[source, symbol, timeframe, nativeSymbol].map(quote).join(", ")}, ${tier})`,
  );
  return `INSERT OR IGNORE INTO series (source, symbol, timeframe, native_symbol, tier) VALUES\n${rows.join(",\n")};\n`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
