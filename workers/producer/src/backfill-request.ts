import { TIMESTAMP_MIN } from "@candlehouse/shared/core/candle";
import { InvalidInputError } from "@candlehouse/shared/core/errors";
import type { SourceId } from "@candlehouse/shared/core/source";
import type { Tier } from "@candlehouse/shared/core/tier";
import { TIMEFRAMES, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { timeMember } from "@candlehouse/shared/http/order-members";
import { membersOf, parseMembers } from "@candlehouse/shared/http/read-members";
import { z } from "zod";
import { sourceMember, SYMBOL_FORM, tierMember } from "./series-order.ts";

/** Most series that one request starts backfills of. */
export const BACKFILL_SERIES_MAX = 500;

const DAY_SECONDS = 86_400;
const TIMEFRAMES_FORM = `some of ${TIMEFRAMES.join(", ")}`;
const SYMBOLS_FORM = `1 to ${BACKFILL_SERIES_MAX} symbols such as BTC-USDT`;
const DAYS_FORM = "a whole number of days from 1 to 10000";

const symbolMember = z.string(SYMBOL_FORM);

const backfillOrder = z.strictObject({
  source: sourceMember,
  symbol: symbolMember.optional(),
  symbols: z
    .array(symbolMember, SYMBOLS_FORM)
    .min(1, SYMBOLS_FORM)
    .max(BACKFILL_SERIES_MAX, SYMBOLS_FORM)
    .optional(),
  tier: tierMember.optional(),
  timeframe: z.enum(TIMEFRAMES, `one of ${TIMEFRAMES.join(", ")}`).optional(),
  timeframes: z.array(z.enum(TIMEFRAMES, TIMEFRAMES_FORM), TIMEFRAMES_FORM).min(1).optional(),
  start: timeMember.optional(),
  end: timeMember.optional(),
  days: z.int(DAYS_FORM).min(1, DAYS_FORM).max(10_000, DAYS_FORM).optional(),
  dry_run: z.boolean("true or false").optional(),
  grouped: z.boolean("true or false").optional(),
});

/** What `POST /v1/backfills` is asked for. */
export interface BackfillOrder {
  readonly source: SourceId;
  /** Symbols as they were given; undefined where a tier is meant. */
  readonly symbols: readonly string[] | undefined;
  readonly tier: Tier | undefined;
  /** Undefined, of a tier alone: those of its series. */
  readonly timeframes: readonly Timeframe[] | undefined;
  /** Unix seconds, inclusive. */
  readonly start: number;
  /** Unix seconds, exclusive. */
  readonly end: number;
  /** Whether the end is now, for want of another one. */
  readonly isOpenEnded: boolean;
  /** Where the start was given as so many days before the end. */
  readonly days: number | undefined;
  readonly isDry: boolean;
  readonly isGrouped: boolean;
}

/** The order in a body of `POST /v1/backfills`, at `nowSeconds`. Throws InvalidInputError. */
export function parseBackfillOrder(body: string, nowSeconds: number): BackfillOrder {
  const order = parseMembers(backfillOrder, membersOf(body));
  const { source, tier, symbol, dry_run: isDry = false, grouped: isGrouped = false } = order;
  const symbols = symbol === undefined ? order.symbols : [symbol];
  assertOne(order, ["symbol", "symbols", "tier"], "name what is to be fetched");
  const timeframes = order.timeframe === undefined ? order.timeframes : [order.timeframe];
  assertAtMostOne(order, ["timeframe", "timeframes"]);
  if (timeframes === undefined && tier === undefined) {
    throw new InvalidInputError("timeframe", timeframes, `give it: ${TIMEFRAMES_FORM}`);
  }
  return { source, symbols, tier, timeframes, ...rangeOf(order, nowSeconds), isDry, isGrouped };
}

interface GivenRange {
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  readonly days?: number | undefined;
}

function rangeOf({ start, end, days }: GivenRange, nowSeconds: number) {
  assertOne({ start, days }, ["start", "days"], "say how far back to fetch");
  if (end !== undefined && end > nowSeconds) {
    throw new InvalidInputError("end", end, `not in the future: now is ${nowSeconds}`);
  }
  const until = end ?? nowSeconds;
  const from = start ?? until - (days ?? 0) * DAY_SECONDS;
  if (from < TIMESTAMP_MIN) {
    const earliest = new Date(TIMESTAMP_MIN * 1_000).toISOString();
    throw new InvalidInputError(
      start === undefined ? "days" : "start",
      start ?? days,
      `it must not reach before ${earliest}: no candle is older`,
    );
  }
  if (from >= until) {
    throw new InvalidInputError("start", from, `it must be before the end, which is ${until}`);
  }
  return { start: from, end: until, isOpenEnded: end === undefined, days };
}

function assertOne(
  given: Readonly<Record<string, unknown>>,
  names: readonly [string, ...string[]],
  what: string,
): void {
  assertAtMostOne(given, names);
  if (names.every((name) => given[name] === undefined)) {
    throw new InvalidInputError(names[0], undefined, `${what}: give one of ${names.join(", ")}`);
  }
}

function assertAtMostOne(given: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  const [first, second] = names.filter((name) => given[name] !== undefined);
  if (first !== undefined && second !== undefined) {
    throw new InvalidInputError(second, given[second], `give ${first} or ${second}, not both`);
  }
}
