/** Numbers, sizes and times as a person reads them. */

const GROUPED = new Intl.NumberFormat("en-US");

/** `1,234,567` */
export function formatNumber(number: number): string {
  return GROUPED.format(number);
}

const SHORT = new Intl.NumberFormat("en-US", {
  notation: "compact",
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

/** From here on a number is shown short. */
const SHORT_FROM = 100_000;

/** `99,999`, then `1.2M` */
export function formatShort(number: number): string {
  return number < SHORT_FROM ? formatNumber(number) : SHORT.format(number);
}

/** `3 files`, `1 file`, `2 series` */
export function formatCount(number: number, thing: string): string {
  const isOne = number === 1 || thing.endsWith("series");
  return `${formatNumber(number)} ${isOne ? thing : pluralOf(thing)}`;
}

function pluralOf(thing: string): string {
  return /[^aeiou]y$/.test(thing) ? `${thing.slice(0, -1)}ies` : `${thing}s`;
}

const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"];

/** `950 B`, `3.0 MB`; decimal units. */
export function formatBytes(bytes: number): string {
  const power = Math.min(
    BYTE_UNITS.length - 1,
    Math.max(0, Math.floor(Math.log10(bytes || 1) / 3)),
  );
  const value = bytes / 1_000 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${BYTE_UNITS[power]}`;
}

/** `45 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`; a part of a second counts as one. */
export function formatDuration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) {
    return `${whole} s`;
  }
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) {
    return `${minutes} min ${whole % 60} s`;
  }
  const hours = Math.floor(minutes / 60);
  return hours < 24
    ? `${hours} h ${minutes % 60} min`
    : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `12.0`, `0.50`, `1,234`: how many a second. */
export function formatRate(rate: number): string {
  if (rate >= 1_000) {
    return formatNumber(Math.round(rate));
  }
  return rate >= 1 ? rate.toFixed(1) : rate.toPrecision(2);
}

/** Unix seconds as `2026-10-01 12:00`; `–` where there is no time. UTC. */
export function formatTime(seconds: number | null | undefined): string {
  return seconds === null || seconds === undefined
    ? "–"
    : new Date(seconds * 1_000).toISOString().slice(0, 16).replace("T", " ");
}

/** Unix seconds as `2026-10-01`. */
export function formatDay(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().slice(0, 10);
}

/** `99.98 %`: rounded down, so that only what is whole reads 100 %. */
export function formatRatio(ratio: number): string {
  return ratio >= 1 ? "100 %" : `${(Math.floor(ratio * 10_000) / 100).toFixed(2)} %`;
}

/** `$1.23`; what is less than a cent is told as such. */
export function formatUsd(usd: number): string {
  return usd > 0 && usd < 0.01 ? "< $0.01" : `$${usd.toFixed(2)}`;
}
