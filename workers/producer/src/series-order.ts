import { resolveSymbol, type Aliases } from "@candlehouse/shared/core/asset";
import { InvalidInputError } from "@candlehouse/shared/core/errors";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { isSourceId, SOURCES, type SourceId } from "@candlehouse/shared/core/source";
import { TIERS, type Tier } from "@candlehouse/shared/core/tier";
import { isTimeframe, TIMEFRAMES, type Timeframe } from "@candlehouse/shared/core/timeframe";
import type { SeriesChange } from "@candlehouse/shared/d1/edit-series";
import { membersOf, parseMembers } from "@candlehouse/shared/http/read-members";
import { z } from "zod";

/** Most series in one order. */
const ORDER_SERIES_MAX = 1_000;

const SERIES_FORM = `source:SYMBOL:timeframe, such as kraken:BTC-USD:1h; sources are ${SOURCES.join(", ")}; timeframes are ${TIMEFRAMES.join(", ")}`;
export const SYMBOL_FORM = "BASE-QUOTE in upper case, such as BTC-USD";
const TIER_FORM = `a tier from 1 to ${TIERS.length}`;

/** A series whose symbol may be written with aliases. */
interface GivenSeries {
  readonly source: SourceId;
  readonly symbol: string;
  readonly timeframe: Timeframe;
}

/** Series as somebody named them. */
export interface SeriesNames {
  readonly list: readonly GivenSeries[];
  /** By source, symbol and timeframe beside each other, and not in the member `series`. */
  readonly byMembers: boolean;
}

/** The order of `POST /v1/series`. */
export interface NewSeriesOrder {
  readonly names: SeriesNames;
  readonly nativeSymbol: string | undefined;
  readonly tier: Tier | null;
  readonly enabled: boolean;
}

/** The order of `PATCH /v1/series`. */
export interface SeriesChangeOrder {
  /** Undefined where a filter says which series are meant. */
  readonly names: SeriesNames | undefined;
  readonly filter: {
    readonly source?: SourceId | undefined;
    /** May be written with aliases. */
    readonly symbol?: string | undefined;
    readonly timeframe?: Timeframe | undefined;
    readonly tier?: Tier | undefined;
  };
  readonly change: SeriesChange;
}

export const sourceMember = z.enum(SOURCES, `one of ${SOURCES.join(", ")}`);
const symbolMember = z.string(SYMBOL_FORM);
const timeframeMember = z.enum(TIMEFRAMES, `one of ${TIMEFRAMES.join(", ")}`);
export const tierMember = z.literal(TIERS, TIER_FORM);
const enabledMember = z.boolean("true or false");

/** Sources' own names have letters, digits and signs such as those of `X:BTCUSD` and `BRK.B`. */
const NATIVE_FORM = "the source's own name of the market, up to 64 characters without a space";
export const nativeMember = z.string(NATIVE_FORM).regex(/^[!-~]{1,64}$/, NATIVE_FORM);

const chosenBy = {
  series: z.unknown().optional(),
  source: sourceMember.optional(),
  symbol: symbolMember.optional(),
  timeframe: timeframeMember.optional(),
};

const newSeriesOrder = z.strictObject({
  ...chosenBy,
  native_symbol: nativeMember.optional(),
  tier: tierMember.optional(),
  enabled: enabledMember.optional(),
});

const CHANGE_FORM = '{"enabled": true or false, "tier": 1 to 4, or null for that of the asset}';
const seriesChangeOrder = z.strictObject({
  ...chosenBy,
  tier: tierMember.optional(),
  set: z
    .strictObject(
      {
        enabled: z.boolean(CHANGE_FORM).optional(),
        tier: z.union([tierMember, z.null()], CHANGE_FORM).optional(),
      },
      CHANGE_FORM,
    )
    .refine((set) => set.enabled !== undefined || set.tier !== undefined, CHANGE_FORM),
});

/** The order in a body of `POST /v1/series`. Throws InvalidInputError. */
export function parseNewSeriesOrder(body: string): NewSeriesOrder {
  const order = parseMembers(newSeriesOrder, membersOf(body));
  const names = namesOf(order.series);
  if (names !== undefined) {
    assertAlone("series", order, ["source", "symbol", "timeframe"]);
  }
  return {
    names: names ?? { list: [givenByMembers(order)], byMembers: true },
    nativeSymbol: order.native_symbol,
    tier: order.tier ?? null,
    enabled: order.enabled ?? true,
  };
}

/** The order in a body of `PATCH /v1/series`. Throws InvalidInputError. */
export function parseSeriesChangeOrder(body: string): SeriesChangeOrder {
  const order = parseMembers(seriesChangeOrder, membersOf(body));
  const names = namesOf(order.series);
  const { source, symbol, timeframe, tier } = order;
  const filter = { source, symbol, timeframe, tier };
  if (names !== undefined) {
    assertAlone("series", order, ["source", "symbol", "timeframe", "tier"]);
  } else if (Object.values(filter).every((value) => value === undefined)) {
    throw new InvalidInputError(
      "series",
      order.series,
      "name series, or some of source, symbol, timeframe and tier to change all that have them",
    );
  }
  return { names, filter, change: order.set };
}

/** What the member `series` names: one name, a list of names, or an object; undefined where it is not given. */
function namesOf(series: unknown): SeriesNames | undefined {
  if (series === undefined) {
    return undefined;
  }
  if (typeof series === "object" && series !== null && !Array.isArray(series)) {
    return { list: [givenByMembers(series)], byMembers: true };
  }
  const texts: readonly unknown[] = Array.isArray(series) ? series : [series];
  if (texts.length === 0 || texts.length > ORDER_SERIES_MAX) {
    const allowed = `1 to ${ORDER_SERIES_MAX} series, here are ${texts.length}`;
    throw new InvalidInputError("series", series, allowed);
  }
  return { list: texts.map(givenByName), byMembers: false };
}

function givenByName(name: unknown): GivenSeries {
  const [source = "", symbol = "", timeframe = "", ...rest] =
    typeof name === "string" ? name.split(":") : [];
  if (!isSourceId(source) || !isTimeframe(timeframe) || rest.length > 0) {
    throw new InvalidInputError("series", name, SERIES_FORM);
  }
  return { source, symbol, timeframe };
}

const oneSeries = z.strictObject({
  source: sourceMember,
  symbol: symbolMember,
  timeframe: timeframeMember,
});

function givenByMembers(members: object): GivenSeries {
  const { source, symbol, timeframe } = Object.fromEntries(Object.entries(members));
  return parseMembers(oneSeries, { source, symbol, timeframe });
}

function assertAlone(
  name: string,
  order: Readonly<Record<string, unknown>>,
  others: readonly string[],
): void {
  const other = others.find((one) => order[one] !== undefined);
  if (other !== undefined) {
    throw new InvalidInputError(other, order[other], `give ${name} or ${other}, not both`);
  }
}

/** The series that `names` mean, each once. Throws InvalidInputError. */
export function resolveNames(names: SeriesNames, aliases: Aliases): Series[] {
  const series = new Map<string, Series>();
  for (const given of names.list) {
    const symbol = resolveSymbol(given.symbol, aliases);
    if (symbol === undefined) {
      throw refuseName(names, given, "symbol", SYMBOL_FORM);
    }
    series.set(formatSeries({ ...given, symbol }), { ...given, symbol });
  }
  return [...series.values()];
}

/** The error that says why a series that was named cannot be meant: `member` of it is at fault. */
export function refuseName(
  { byMembers }: SeriesNames,
  series: GivenSeries,
  member: keyof GivenSeries,
  allowed: string,
): InvalidInputError {
  return byMembers
    ? new InvalidInputError(member, series[member], allowed)
    : new InvalidInputError("series", formatSeries(series), allowed);
}
