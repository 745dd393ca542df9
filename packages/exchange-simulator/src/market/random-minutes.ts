import { DAY_MS, MINUTE_MS } from "../interval.ts";
import type { Market } from "./catalogue.ts";
import { MINUTES_PER_DAY, type RandomPath } from "./random-path.ts";
import { drawsFor, fractionOf, keyOf } from "./seeded.ts";
import { CLOSED, phasesOf, REGULAR, THIN } from "./stock-sessions.ts";

/** The minutes of one day in columns: whole ticks, lots and quote units, so that sums are exact. */
export interface Columns {
  /** 0: no candle; 1: nothing traded; 2: traded. */
  readonly state: Uint8Array;
  readonly open: Int32Array;
  readonly high: Int32Array;
  readonly low: Int32Array;
  readonly close: Int32Array;
  readonly lots: Float64Array;
  readonly quote: Float64Array;
  readonly trades: Int32Array;
  readonly takerLots: Float64Array;
  readonly takerQuote: Float64Array;
}

export const ABSENT = 0;
export const FLAT = 1;
export const TRADED = 2;
/** One day in this many has an outage. */
const DAYS_PER_OUTAGE = 45;

/** Before the opening bell and after the closing one: the share of quiet minutes, and the others' volume. */
const THIN_QUIET_SHARE = 0.7;
const THIN_VOLUME_SHARE = 0.02;

/** Columns to draw into. */
export function emptyColumns(): Columns {
  return {
    state: new Uint8Array(MINUTES_PER_DAY),
    open: new Int32Array(MINUTES_PER_DAY),
    high: new Int32Array(MINUTES_PER_DAY),
    low: new Int32Array(MINUTES_PER_DAY),
    close: new Int32Array(MINUTES_PER_DAY),
    lots: new Float64Array(MINUTES_PER_DAY),
    quote: new Float64Array(MINUTES_PER_DAY),
    trades: new Int32Array(MINUTES_PER_DAY),
    takerLots: new Float64Array(MINUTES_PER_DAY),
    takerQuote: new Float64Array(MINUTES_PER_DAY),
  };
}

/**
 * Draws the minutes of `market` on `day` (days since 1970) over what `columns` held, and returns them.
 * The same for the same seed, always.
 */
export function drawDay(
  seed: number,
  path: RandomPath,
  market: Market,
  day: number,
  columns: Columns,
): Columns {
  const draw = drawsFor(keyOf(seed, market.source, market.symbol, day));
  const ends = path.minuteEnds(market.token, day);
  const ticksPerUsd = 10 ** market.priceDecimals;
  const meanLots =
    (market.dailyVolumeUsd / MINUTES_PER_DAY / path.startOf(market.token, day)) *
    10 ** market.lotDecimals;
  const offsetNow = offsetOf(seed, market, day);
  const offsetStep = (offsetOf(seed, market, day + 1) - offsetNow) / MINUTES_PER_DAY;
  const outage = outageOf(seed, market, day);
  const phases = market.hours === "always" ? undefined : phasesOf(day);
  const firstMinute = (market.listedMs - day * DAY_MS) / MINUTE_MS;
  const wick = (market.token.dailyMove / Math.sqrt(MINUTES_PER_DAY)) * 1.2;
  const usualTrades = (market.dailyVolumeUsd / MINUTES_PER_DAY) ** 0.75 / 25;
  let last = ticksOf(path.startOf(market.token, day) * (1 + offsetNow) * ticksPerUsd);
  for (let minute = 0; minute < MINUTES_PER_DAY; minute += 1) {
    const quiet = draw();
    const noise = (draw() - 0.5) * 3e-4;
    const up = draw();
    const down = draw();
    const size = draw();
    const sides = draw();
    // The last minute of a day always trades, at the price where the next day starts.
    const isLast = minute === MINUTES_PER_DAY - 1 && phases === undefined;
    const phase = phases?.[minute] ?? REGULAR;
    const [quietShare, volumeShare] =
      phase === THIN ? [THIN_QUIET_SHARE, THIN_VOLUME_SHARE] : [market.quietShare, 1];
    const halted = minute >= outage.from && minute < outage.to;
    const offset = 1 + offsetNow + offsetStep * (minute + 1) + (isLast ? 0 : noise);
    const end = ticksOf((ends[minute] ?? 0) * offset * ticksPerUsd);
    const moved = Math.abs(end - last) / (last * wick);
    const lots = Math.round(
      meanLots * volumeShare * (0.02 + 3 * size * size * size) * (0.5 + moved / 2),
    );
    if (phase === CLOSED) {
      // Nobody sees the price move: it opens where it has gone.
      columns.state[minute] = ABSENT;
      last = end;
    } else if (minute < firstMinute || (halted && minute >= outage.absentFrom)) {
      columns.state[minute] = ABSENT;
    } else if ((quiet < quietShare && !isLast) || halted || (lots < 1 && !isLast)) {
      fillMinute(columns, minute, { ...NOTHING_TRADED, open: last, close: last });
    } else {
      const upTicks = Math.round(end * wick * up * up);
      const downTicks = Math.round(end * wick * down * down);
      const traded = Math.max(1, lots);
      fillMinute(columns, minute, {
        open: last,
        close: end,
        up: upTicks,
        down: downTicks,
        lots: traded,
        size: (traded / meanLots) * usualTrades,
        sides,
      });
      last = end;
    }
  }
  return columns;
}

interface DrawnMinute {
  readonly open: number;
  readonly close: number;
  /** Ticks that the wick goes above and below open and close. */
  readonly up: number;
  readonly down: number;
  readonly lots: number;
  /** How many trades a minute of that many lots has on average. */
  readonly size: number;
  /** In [0, 1): decides how much was bought by takers and where the average price lies. */
  readonly sides: number;
}

const NOTHING_TRADED = { up: 0, down: 0, lots: 0, size: 0, sides: 0 };

function fillMinute(columns: Columns, minute: number, drawn: DrawnMinute): void {
  // A minute has no more prices than trades: open and close are two, and each wick is one more.
  const prices = drawn.open === drawn.close ? 1 : 2;
  const lots = drawn.lots === 0 ? 0 : Math.max(drawn.lots, prices);
  const usual = 1 + Math.floor(drawn.size * (0.5 + drawn.sides));
  // A lot is traded once: never more trades than lots.
  const trades = Math.min(lots, Math.max(prices, usual));
  const high = Math.max(drawn.open, drawn.close) + (trades > 2 ? drawn.up : 0);
  const low = Math.max(1, Math.min(drawn.open, drawn.close) - (trades > 3 ? drawn.down : 0));
  const average = low + (high - low) * (0.3 + 0.4 * drawn.sides);
  // A tick times a lot is one quote unit, so that a flat minute's quote volume is exact.
  const quote = Math.round(average * lots);
  const takerLots = Math.round(lots * (0.25 + 0.5 * drawn.sides));
  columns.state[minute] = lots === 0 ? FLAT : TRADED;
  columns.open[minute] = drawn.open;
  columns.high[minute] = high;
  columns.low[minute] = low;
  columns.close[minute] = drawn.close;
  columns.lots[minute] = lots;
  columns.quote[minute] = quote;
  columns.takerLots[minute] = takerLots;
  columns.takerQuote[minute] = lots === 0 ? 0 : Math.round((quote * takerLots) / lots);
  columns.trades[minute] = trades;
}

/** How far the source's price is from everybody's at the start of `day`: up to 4 basis points. */
function offsetOf(seed: number, market: Market, day: number): number {
  return (fractionOf(seed, market.source, market.symbol, "offset", day) - 0.5) * 8e-4;
}

interface Outage {
  readonly from: number;
  /** From here to `to` there is no candle; before it they are flat. */
  readonly absentFrom: number;
  readonly to: number;
}

/** The minutes of `day` in which the whole source stands still. None lasts into the next day. */
function outageOf(seed: number, market: Market, day: number): Outage {
  const draw = drawsFor(keyOf(seed, market.source, "outage", day));
  if (market.outages === "none" || draw() >= 1 / DAYS_PER_OUTAGE) {
    return { from: 0, absentFrom: 0, to: 0 };
  }
  const from = 60 + Math.floor(draw() * 1200);
  const to = from + 5 + Math.floor(draw() * 85);
  const absentFrom = market.outages === "flat" ? to : from + Math.floor((to - from) * 0.4);
  return { from, absentFrom, to };
}

function ticksOf(price: number): number {
  return Math.max(1, Math.round(price));
}
