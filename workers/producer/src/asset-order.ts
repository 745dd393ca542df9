import { ASSET_CATEGORIES, isAssetName } from "@candlehouse/shared/core/asset";
import type { AssetChange } from "@candlehouse/shared/core/asset-change";
import { InvalidInputError } from "@candlehouse/shared/core/errors";
import type { SourceId } from "@candlehouse/shared/core/source";
import { parseTime, TIME_FORMS } from "@candlehouse/shared/core/time";
import { MARKET_COLUMNS } from "@candlehouse/shared/d1/markets";
import { membersOf, parseMembers } from "@candlehouse/shared/http/read-members";
import { z } from "zod";
import { nativeMember, sourceMember, SYMBOL_FORM, tierMember } from "./series-order.ts";

/** Most other names of an asset. */
const ALIASES_MAX = 20;
const NAME_LENGTH_MAX = 100;

const TICKER_FORM = "a ticker in upper case, such as POL";
const ALIASES_FORM = `up to ${ALIASES_MAX} names in upper case, such as ["XBT"]`;
const NAME_FORM = `a name of 1 to ${NAME_LENGTH_MAX} characters, or null`;

/** Unix seconds or ISO 8601, or null for no bound. */
const timeMember = z
  .union([z.null(), z.string(), z.number()], TIME_FORMS)
  .transform((value, context): number | null => {
    const seconds = value === null ? null : parseTime(String(value));
    if (seconds === undefined) {
      context.addIssue(TIME_FORMS);
      return z.NEVER;
    }
    return seconds;
  })
  .optional();

const assetOrder = z.strictObject({
  name: z
    .union(
      [z.string().trim().min(1, NAME_FORM).max(NAME_LENGTH_MAX, NAME_FORM), z.null()],
      NAME_FORM,
    )
    .optional(),
  category: z.enum(ASSET_CATEGORIES, `one of ${ASSET_CATEGORIES.join(", ")}`).optional(),
  tier: z
    .union([tierMember, z.null()], "a tier from 1 to 4, or null for that of the table")
    .optional(),
  aliases: z
    .array(z.string(ALIASES_FORM).refine(isAssetName, ALIASES_FORM), ALIASES_FORM)
    .max(ALIASES_MAX, ALIASES_FORM)
    .optional(),
  successor: z.union([z.string(), z.null()], `${TICKER_FORM}, or null`).optional(),
  valid_from: timeMember,
  valid_until: timeMember,
});

const marketOrder = z.strictObject({
  source: sourceMember,
  symbol: z.string(SYMBOL_FORM),
  native_symbol: nativeMember.optional(),
  valid_from: timeMember,
  valid_until: timeMember,
  successor: z.union([z.string(), z.null()], `${SYMBOL_FORM}, or null`).optional(),
});

/** The order of `PUT /v1/markets`; symbols may be written with aliases. */
export interface MarketOrder {
  readonly source: SourceId;
  readonly symbol: string;
  readonly native_symbol?: string | undefined;
  readonly valid_from?: number | null | undefined;
  readonly valid_until?: number | null | undefined;
  readonly successor?: string | null | undefined;
}

/** The order in a body of `PUT /v1/assets/{ticker}`. Throws InvalidInputError. */
export function parseAssetOrder(body: string): AssetChange {
  const order = parseMembers(assetOrder, membersOf(body));
  assertGiven(order, Object.keys(assetOrder.shape));
  return order;
}

/** The order in a body of `PUT /v1/markets`. Throws InvalidInputError. */
export function parseMarketOrder(body: string): MarketOrder {
  const order = parseMembers(marketOrder, membersOf(body));
  assertGiven(order, MARKET_COLUMNS);
  return order;
}

/** An order that changes nothing is not meant. */
function assertGiven(order: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  if (names.every((name) => order[name] === undefined)) {
    throw new InvalidInputError("body", order, `it must have one of ${names.join(", ")}`);
  }
}
