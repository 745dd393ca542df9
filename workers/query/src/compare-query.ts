import { InvalidInputError, NotFoundError } from "@candlehouse/shared/core/errors";
import { QUERY_SERIES_MAX } from "@candlehouse/shared/core/query-plan";
import { nests } from "@candlehouse/shared/core/rollup";
import { isSourceId, SOURCES, type SourceId } from "@candlehouse/shared/core/source";
import { isSymbol, splitSymbol } from "@candlehouse/shared/core/symbol";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { encodeCursor, type Binding } from "@candlehouse/shared/http/cursor";
import { listMarkets, type MarketRow } from "@candlehouse/shared/d1/list-markets";
import type { D1Cost } from "@candlehouse/shared/d1/read-candles";
import { z } from "@hono/zod-openapi";
import { nearestNames } from "./find-series.ts";
import { assertRange, thresholdParameter, windowPositionOf } from "./outlier-query.ts";
import type { WindowQuery } from "./outlier-window.ts";
import {
  choiceParameter,
  CSV_CURSOR,
  cursorParameter,
  limitParameter,
  readParameters,
  symbolParameter,
  timeframeParameter,
  timeParameter,
} from "./parameters.ts";

/** Most open times in one page, of up to QUERY_SERIES_MAX series: some 3 MB of JSON. */
const PAGE_TIMES_MAX = 2_000;
const PAGE_TIMES_DEFAULT = 500;

const SOURCES_ALLOWED = `sources with commas between them, each once, of ${SOURCES.join(", ")}`;

/** The query string of GET /v1/compare. */
export const compareQuery = z.strictObject({
  symbol: symbolParameter.optional().openapi({
    description: "The market that is compared across sources, BASE-QUOTE; or give base.",
    example: "BTC-USDT",
  }),
  base: z
    .string("give it once")
    .refine((text) => isSymbol(`${text}-USD`), "a base asset in upper case, such as BTC")
    .optional()
    .openapi({
      description: "All markets of this asset, by quote: USD, USDT and USDC are never mixed.",
      examples: ["BTC"],
    }),
  timeframe: timeframeParameter,
  sources: z
    .string("give it once")
    .transform((text, context): SourceId[] => {
      const names = text.split(",").filter(isSourceId);
      if (names.length !== text.split(",").length || new Set(names).size !== names.length) {
        context.addIssue(SOURCES_ALLOWED);
        return z.NEVER;
      }
      return names;
    })
    .optional()
    .openapi({
      description: "Only these sources, with commas between them.",
      type: "string",
      examples: ["binance,kraken"],
    }),
  start: timeParameter(
    "First open time, inclusive. Without it, the newest candles before end are meant.",
  ).optional(),
  end: timeParameter("Last open time, exclusive.").optional(),
  threshold: thresholdParameter,
  limit: limitParameter(
    "Most candles of a source in one page.",
    PAGE_TIMES_DEFAULT,
    PAGE_TIMES_MAX,
  ),
  cursor: cursorParameter.optional(),
  format: choiceParameter(["json", "csv"], CSV_CURSOR).default("json"),
});

export type CompareParameters = z.output<typeof compareQuery>;

/** The parameters of a request. Throws InvalidInputError where they cannot be meant. */
export function readCompareParameters(
  queries: Readonly<Record<string, readonly string[]>>,
): CompareParameters {
  const parameters = readParameters(compareQuery, queries);
  const { symbol, base, start, end } = parameters;
  if (symbol !== undefined && base !== undefined) {
    throw new InvalidInputError("base", base, "leave it out where symbol is given");
  }
  if (symbol === undefined && base === undefined) {
    throw new InvalidInputError("symbol", undefined, "give symbol=BTC-USDT, or base=BTC");
  }
  assertRange(start, end);
  return parameters;
}

/** What is compared, and what it cost to find out. */
export interface ComparedMarkets {
  readonly window: WindowQuery;
  readonly cost: D1Cost;
}

/**
 * The series that `parameters` mean, by symbol and source. Throws NotFoundError where there is none,
 * and InvalidInputError where there are more than one answer holds.
 */
export async function findComparedMarkets(
  db: D1Database,
  parameters: CompareParameters,
): Promise<ComparedMarkets> {
  const { timeframe, start, end, limit, cursor } = parameters;
  const { rows, ...cost } = await listMarkets(db, { symbol: parameters.symbol });
  const named = rows.filter((row) => isNamed(row, parameters));
  if (named.length === 0) {
    throw await unknownMarket(db, parameters);
  }
  const able = named.filter(({ timeframes }) =>
    timeframes.some((one) => one === timeframe || nests(one, timeframe)),
  );
  if (able.length === 0) {
    const finest = TIMEFRAMES.filter((one) => named.some((row) => row.timeframes.includes(one)));
    throw new InvalidInputError(
      "timeframe",
      timeframe,
      `no candles here make it up: of these markets there are ${finest.join(", ")}`,
    );
  }
  if (able.length > QUERY_SERIES_MAX) {
    throw new InvalidInputError(
      "base",
      parameters.base,
      `it has ${able.length} markets here, while up to ${QUERY_SERIES_MAX} are compared at once: name sources, or one symbol`,
    );
  }
  const wanted = able
    .toSorted((a, b) => (a.symbol < b.symbol ? -1 : Number(a.symbol > b.symbol)))
    .map(({ source, symbol }) => ({ source, symbol, timeframe, finest: undefined }));
  const position =
    cursor === undefined ? undefined : windowPositionOf(cursor, bindingOf(parameters));
  return { window: { wanted, start, end, limit, order: "oldest", position }, cost };
}

/** The cursor that leads to the window at `next`; null where there is none. */
export function compareCursorOf(
  parameters: CompareParameters,
  next: number | undefined,
): string | null {
  return next === undefined ? null : encodeCursor(bindingOf(parameters), next);
}

/** What the pages have in common: limit and threshold may change from page to page. */
function bindingOf({ symbol, base, timeframe, sources, start, end }: CompareParameters): Binding {
  return {
    compare: symbol ?? base ?? null,
    timeframe,
    sources: sources?.join(",") ?? null,
    start: start ?? null,
    end: end ?? null,
  };
}

function isNamed({ source, symbol }: MarketRow, parameters: CompareParameters): boolean {
  const { base, sources } = parameters;
  const isBase = base === undefined || splitSymbol(symbol).base === base;
  return isBase && (sources === undefined || sources.includes(source));
}

async function unknownMarket(
  db: D1Database,
  { symbol, base, sources }: CompareParameters,
): Promise<NotFoundError> {
  const { rows } = await listMarkets(db);
  const symbols = [...new Set(rows.map((row) => row.symbol))];
  const names = symbol === undefined ? symbols.map((one) => splitSymbol(one).base) : symbols;
  const name = symbol ?? base ?? "";
  const nearest = nearestNames(name, [...new Set(names)]);
  const where = sources === undefined ? "" : ` at ${sources.join(", ")}`;
  return new NotFoundError(
    nearest.length === 0
      ? `${name} is not known here${where}, nor is any other market`
      : `${name} is not known here${where}; nearest to it: ${nearest.join(", ")}; /v1/series lists all`,
  );
}
