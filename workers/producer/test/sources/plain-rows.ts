import type { SourceId } from "@candlehouse/shared/core/source";
import { plainDecimal } from "../../../../tests/fuzz/plain-decimal.ts";

/** A row of an answer in plain decimals, read with nothing of the producer's. */
export interface PlainRow {
  /** Unix seconds. */
  readonly timestamp: number;
  readonly open: string | null;
  readonly high: string | null;
  readonly low: string | null;
  readonly close: string | null;
  readonly volume_from: string | null;
  readonly volume_to: string | null;
  readonly trades: number | null;
}

/** Where the values stand in a row: an index, or a name; null where the source gives none. */
type Place = number | string | null;

interface Places {
  readonly time: number | string;
  readonly open: number | string;
  readonly high: number | string;
  readonly low: number | string;
  readonly close: number | string;
  readonly volume_from: Place;
  readonly volume_to: Place;
  readonly trades: Place;
  /** Unix seconds of what stands for the time in a candle of `stepSeconds`. */
  timestampOf(time: number, stepSeconds: number): number;
}

const DAY_SECONDS = 86_400;
const NUMBERS = { trades: null, volume_from: null, volume_to: null };
/** Lists that begin with time and prices, records of words, and records of letters. */
const LISTED = { ...NUMBERS, time: 0, open: 1, high: 2, low: 3, close: 4 };
const NAMED = { ...NUMBERS, open: "open", high: "high", low: "low", close: "close" };
const LETTERED = { ...NUMBERS, time: "t", open: "o", high: "h", low: "l", close: "c" };

const PLACES: Readonly<Record<SourceId, Places>> = {
  binance: {
    ...LISTED,
    volume_from: 5,
    volume_to: 7,
    trades: 8,
    timestampOf: (time) => time / 1_000,
  },
  kraken: { ...LISTED, volume_from: 6, trades: 7, timestampOf: (time) => time },
  coinbase: { ...NAMED, time: "start", volume_from: "volume", timestampOf: (time) => time },
  cryptocompare: {
    ...NAMED,
    time: "time",
    volume_from: "volumefrom",
    volume_to: "volumeto",
    timestampOf: (time) => time,
  },
  coingecko: {
    ...LISTED,
    // Its rows tell when a candle closes.
    timestampOf: (time, stepSeconds) => time / 1_000 - stepSeconds,
  },
  massive: {
    ...LETTERED,
    volume_from: "v",
    trades: "n",
    // Its days begin at midnight in New York, which is early on the same day in UTC.
    timestampOf: (time, stepSeconds) =>
      stepSeconds === DAY_SECONDS
        ? Math.floor(time / 1_000 / DAY_SECONDS) * DAY_SECONDS
        : time / 1_000,
  },
  finnhub: { ...LETTERED, volume_from: "v", timestampOf: (time) => time },
};

/** Everything in `body`, at any depth, that could be a row of `source`, for candles of `stepSeconds`. */
export function readRowsPlainly(source: SourceId, body: unknown, stepSeconds: number): PlainRow[] {
  const places = PLACES[source];
  return [...nodesOf(body)].map((node) => {
    const at = (place: Place): unknown => (place === null ? null : Reflect.get(node, place));
    const trades = at(places.trades);
    return {
      timestamp: places.timestampOf(
        Number(plainDecimal(at(places.time)) ?? Number.NaN),
        stepSeconds,
      ),
      open: plainDecimal(at(places.open)),
      high: plainDecimal(at(places.high)),
      low: plainDecimal(at(places.low)),
      close: plainDecimal(at(places.close)),
      volume_from: plainDecimal(at(places.volume_from)),
      volume_to: plainDecimal(at(places.volume_to)),
      trades: typeof trades === "number" ? trades : null,
    };
  });
}

/** Each list and each object, and of an object of lists the rows across them. */
function* nodesOf(value: unknown): Generator<object> {
  if (typeof value !== "object" || value === null) {
    return;
  }
  yield value;
  const columns = Object.entries(value).filter(([, column]) => Array.isArray(column));
  const length = Math.max(0, ...columns.map(([, column]) => (column as unknown[]).length));
  for (let row = 0; row < length; row += 1) {
    yield Object.fromEntries(columns.map(([name, column]) => [name, (column as unknown[])[row]]));
  }
  for (const part of Object.values(value)) {
    yield* nodesOf(part);
  }
}
