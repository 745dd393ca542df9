/** What the benchmark asks for, of us and of the peers. */
import { DAY, HOT_FROM, SYMBOLS, YEAR_END, YEAR_START, YEAR_SYMBOLS } from "./market.ts";

export interface Case {
  readonly name: string;
  /** Candles of an answer. */
  readonly candles: number;
  /** What is asked for in turn `turn`, from 0 on. */
  paths(turn: number): Paths;
}

export interface Paths {
  readonly ours: string;
  /** The same content of a peer. */
  readonly peer: string;
}

const [BTC] = YEAR_SYMBOLS;
const MONTHS = Array.from({ length: 11 }, (_, month) => [
  Date.UTC(2025, month) / 1_000,
  Date.UTC(2025, month + 1) / 1_000,
]);

/** An even spread over `count` places that comes back to one after all others. */
function spread(turn: number, count: number): number {
  return (turn * 7) % count;
}

/**
 * A limit that changes from turn to turn and that no answer reaches: the address is a new one, the
 * answer the same, so that no cache has it.
 */
function freshLimit(turn: number, candles: number, most: number): number {
  return candles + (turn % (most - candles));
}

function ourCandles(
  symbols: readonly string[],
  start: number,
  end: number,
  others: Readonly<Record<string, string | number>>,
): string {
  const query = new URLSearchParams();
  for (const symbol of symbols) {
    query.append("series", `binance:${symbol}:1m`);
  }
  for (const [name, value] of Object.entries({ start, end, ...others })) {
    query.set(name, String(value));
  }
  return `/v1/candles?${query.toString()}`;
}

function peerPath(
  path: string,
  symbols: readonly string[],
  range: Readonly<Record<string, number>>,
): string {
  const query = new URLSearchParams(symbols.map((symbol) => ["symbol", symbol]));
  for (const [name, value] of Object.entries(range)) {
    query.set(name, String(value));
  }
  return `${path}?${query.toString()}`;
}

function dayCase(name: string, days: readonly number[]): Case {
  return {
    name: `a day, ${name}`,
    candles: 1_440,
    paths: (turn) => {
      const start = days[spread(turn, days.length)] ?? YEAR_START;
      const end = start + DAY;
      return {
        ours: ourCandles([BTC], start, end, { limit: freshLimit(turn, 1_440, 10_000) }),
        peer: peerPath("/candles", [BTC], { start, end }),
      };
    },
  };
}

function fiveCase(name: string, days: readonly number[]): Case {
  return {
    name: `a day of five series, ${name}`,
    candles: 7_200,
    paths: (turn) => {
      const start = days[spread(turn, days.length)] ?? YEAR_START;
      const end = start + DAY;
      return {
        ours: ourCandles(YEAR_SYMBOLS, start, end, { limit: freshLimit(turn, 1_440, 10_000) }),
        peer: peerPath("/several", YEAR_SYMBOLS, { start, end }),
      };
    },
  };
}

function daysBetween(from: number, to: number): number[] {
  return Array.from({ length: (to - from) / DAY }, (_, day) => from + day * DAY);
}

const COLD_DAYS = daysBetween(YEAR_START, HOT_FROM);
const HOT_DAYS = daysBetween(HOT_FROM, YEAR_END);
/** Days that are cold and hot: minute by minute another one. */
const MIXED_DAYS = Array.from({ length: 600 }, (_, place) => HOT_FROM - DAY + 25_200 + place * 60);

const month: Case = {
  name: "a month, cold, as NDJSON",
  candles: 44_640,
  paths: (turn) => {
    const long = MONTHS.filter(
      ([start = 0, end = 0]) => end - start === 31 * DAY && end <= HOT_FROM,
    );
    const [start = YEAR_START, end = YEAR_START] = long[turn % long.length] ?? [];
    return {
      ours: ourCandles([BTC], start, end, { format: "ndjson" }),
      peer: peerPath("/lines", [BTC], { start, end }),
    };
  },
};

const year: Case = {
  name: "a year of minutes as days",
  candles: 365,
  paths: (turn) => ({
    ours: ourCandles([BTC], YEAR_START, YEAR_END, {
      interval: "1d",
      limit: freshLimit(turn, 365, 10_000),
    }),
    peer: peerPath("/days", [BTC], { start: YEAR_START, end: YEAR_END }),
  }),
};

const latest: Case = {
  name: "the latest candle of 20 series",
  candles: SYMBOLS.length,
  paths: (turn) => {
    // In another order each time: an address that was asked for before may be cached.
    const from = turn % SYMBOLS.length;
    const order = [...SYMBOLS.slice(from), ...SYMBOLS.slice(0, from)];
    const swap = 1 + (Math.floor(turn / SYMBOLS.length) % (SYMBOLS.length - 1));
    [order[0], order[swap]] = [order[swap] ?? "", order[0] ?? ""];
    const query = new URLSearchParams(order.map((symbol) => ["series", `binance:${symbol}:1m`]));
    return { ours: `/v1/latest?${query.toString()}`, peer: peerPath("/latest", order, {}) };
  },
};

export const CASES: readonly Case[] = [
  dayCase("hot", HOT_DAYS),
  dayCase("cold", COLD_DAYS),
  dayCase("hot and cold", MIXED_DAYS),
  fiveCase("hot", HOT_DAYS),
  fiveCase("cold", COLD_DAYS),
  month,
  year,
  latest,
];

/** What is asked for again and again, so that a cache has it. */
export const CACHED_DAY = ourCandles([BTC], YEAR_START, YEAR_START + DAY, { limit: 1_440 });
