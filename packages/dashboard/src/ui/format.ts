/** How times and amounts are written. Times are unix seconds. */

const LOCALE = "en-GB";

const numbers = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 2 });
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const percents = new Intl.NumberFormat(LOCALE, {
  style: "percent",
  maximumFractionDigits: 2,
  // 99.996 % is not all.
  roundingMode: "trunc",
});
const dollars = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const prices = new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: 12 });
const ago = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "short" });

export const formatNumber = (value: number): string => numbers.format(value);
/** 12.3K, 4.5M: for a glance. */
export const formatCompact = (value: number): string => compact.format(value);
/** Of a ratio from 0 to 1; never rounded up to 100 %. */
export const formatRatio = (ratio: number): string => percents.format(ratio);
export const formatDollars = (usd: number): string => dollars.format(usd);
export const formatPrice = (price: number): string => prices.format(price);

const BYTE_UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** In units of a thousand. */
export function formatBytes(bytes: number): string {
  const step = Math.min(
    BYTE_UNITS.length - 1,
    Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)),
  );
  return new Intl.NumberFormat(LOCALE, {
    style: "unit",
    unit: BYTE_UNITS[step] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: 1,
  }).format(bytes / 1_000 ** step);
}

/** Date and time of day, to the second where there are any. */
export function formatTime(seconds: number, timeZone: string): string {
  return new Intl.DateTimeFormat(LOCALE, {
    timeZone,
    year: "numeric",
    month: "short",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    ...(seconds % 60 === 0 ? {} : { second: "2-digit" }),
  }).format(seconds * 1_000);
}

export function formatDay(seconds: number, timeZone: string): string {
  return new Intl.DateTimeFormat(LOCALE, {
    timeZone,
    year: "numeric",
    month: "short",
    day: "2-digit",
  }).format(seconds * 1_000);
}

const DURATION_UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** The two largest units: `2 h 5 min`. Seconds, not negative. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const start = DURATION_UNITS.findIndex(([, size]) => whole >= size);
  let left = whole;
  const parts = DURATION_UNITS.slice(start, start + 2).flatMap(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    const text = new Intl.NumberFormat(LOCALE, { style: "unit", unit, unitDisplay: "short" });
    return count === 0 ? [] : [text.format(count)];
  });
  return start === -1 ? "0 secs" : parts.join(" ");
}

/** `3 min. ago`, `in 2 hr.`, `now`: the largest unit. */
export function formatAgo(seconds: number, nowSeconds: number): string {
  const passed = seconds - nowSeconds;
  const [unit, size] = DURATION_UNITS.find(([, one]) => Math.abs(passed) >= one) ?? ["second", 1];
  return Math.trunc(passed) === 0 ? "now" : ago.format(Math.trunc(passed / size), unit);
}
