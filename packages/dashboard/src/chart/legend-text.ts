import { formatCompact, formatNumber } from "../ui/format.ts";
import type { LoadedCandles } from "./chart-place.ts";
import { formatCrosshairTime } from "./zone-text.ts";

/** A candle in words and numbers. */
export interface CandleText {
  /** Its open time in the zone. */
  readonly time: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  /** Of its close against its open: `+1.25 %`. */
  readonly change: string;
  readonly tone: "up" | "down";
  readonly volume: string;
  /** What is not as usual with it; empty where nothing is. */
  readonly note: string;
}

export interface TextStyle {
  /** IANA name. */
  readonly timeZone: string;
  /** Digits of a price behind the point. */
  readonly digits: number;
}

/** The candle at `place` of what is loaded; null where there is none. */
export function describeCandle(
  loaded: LoadedCandles,
  place: number,
  { timeZone, digits }: TextStyle,
): CandleText | null {
  const seconds = loaded.timestamp[place];
  const [open, high, low, close] = [loaded.open, loaded.high, loaded.low, loaded.close].map(
    (column) => column[place] ?? Number.NaN,
  );
  if (seconds === undefined || open === undefined || close === undefined) {
    return null;
  }
  const price = (value: number | undefined) => formatDigits(value ?? Number.NaN, digits);
  const volume = loaded.volume[place] ?? null;
  const trades = loaded.trades[place] ?? null;
  return {
    time: formatCrosshairTime(seconds, timeZone),
    open: price(open),
    high: price(high),
    low: price(low),
    close: price(close),
    change: formatChange(open, close),
    tone: close >= open ? "up" : "down",
    volume: `${volume === null ? "not given" : formatCompact(volume)}${
      trades === null ? "" : `, ${formatCompact(trades)} trades`
    }`,
    note: noteOf(loaded, place),
  };
}

/** What a screen reader is told of it. */
export function sentenceOf(text: CandleText): string {
  const { time, open, high, low, close, change, volume, note } = text;
  const tail = note === "" ? "" : ` ${note}.`;
  return `${time}: open ${open}, high ${high}, low ${low}, close ${close}, ${change}, volume ${volume}.${tail}`;
}

/** How much `close` is away from `open`: `+1.25 %`. */
export function formatChange(open: number, close: number): string {
  const ratio = open === 0 ? 0 : close / open - 1;
  const percent = Math.abs(ratio * 100).toFixed(2);
  if (Number(percent) === 0) {
    return "0.00 %";
  }
  return `${ratio < 0 ? "−" : "+"}${percent} %`;
}

/** `27 516.70` with as many digits as prices of the series have. */
export function formatDigits(price: number, digits: number): string {
  return price.toLocaleString("en-GB", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

function noteOf({ closed, missing }: LoadedCandles, place: number): string {
  const lacking = missing[place] ?? 0;
  if (closed[place] === false) {
    return "still open";
  }
  return lacking === 0 ? "" : `${formatNumber(lacking)} finer candles are missing`;
}
