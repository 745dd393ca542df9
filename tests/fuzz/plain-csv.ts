import { plainDecimal } from "./plain-decimal.ts";

/** A row of a file: its time in unix seconds, then what it says in plain decimals; null: nothing. */
export interface PlainCandle {
  readonly timestamp: number;
  /** Open, high, low, close, volume of the base, volume of the quote, trades. */
  readonly values: readonly (string | null)[];
}

/** Names of the columns of a candle, in the order of its values; a header may use any of them. */
const NAMES: readonly (readonly string[])[] = [
  ["time", "timestamp", "open_time", "unix", "date", "datetime"],
  ["open"],
  ["high"],
  ["low"],
  ["close"],
  ["volume_from", "volume", "base_volume"],
  ["volume_to", "quote_volume", "quote_asset_volume"],
  ["trades", "count", "number_of_trades", "trade_count", "tradecount"],
];
/** Where time, prices, volumes and trades stand without a header; -1: nowhere. */
const PLACES = {
  kraken: [0, 1, 2, 3, 4, 5, -1, 6],
  binance: [0, 1, 2, 3, 4, 5, 7, 8],
} as const;
const PARTS = [1n, 1_000n, 1_000_000n, 1_000_000_000n];
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * All that the lines of a CSV file could mean, line by line, by rules that are written here once
 * more: a row is a candle of the file if it is among these. `places` says where the values stand
 * without a header.
 */
export function readCsvPlainly(
  bytes: Uint8Array,
  places: keyof typeof PLACES | undefined,
): PlainCandle[] {
  const [first = "", ...others] = linesOf(bytes);
  const delimiter = [",", ";", "\t"].toSorted(
    (a, b) => first.split(b).length - first.split(a).length,
  )[0];
  const head = cellsOf(first, delimiter ?? ",");
  const hasHeader = head.every((cell) => !NUMBER.test(cell));
  const names = head.map((name) => name.toLowerCase().replaceAll(/[\s-]+/g, "_"));
  const at = hasHeader || places === undefined ? placesIn(names) : PLACES[places];
  return (hasHeader ? others : [first, ...others]).flatMap((line) => {
    const cells = cellsOf(line, delimiter ?? ",");
    const [time = "", ...values] = at.map((place) => cells[place] ?? "");
    const timestamp = secondsOf(time);
    return timestamp === undefined ? [] : [{ timestamp, values: values.map(plainDecimal) }];
  });
}

/** Empty ones are passed over. */
export function linesOf(bytes: Uint8Array): string[] {
  const lines = new TextDecoder().decode(bytes).split("\n");
  return lines.filter((line) => line !== "" && line !== "\r");
}

function placesIn(names: readonly string[]): number[] {
  return NAMES.map((known) => {
    const name = known.find((one) => names.includes(one));
    return name === undefined ? -1 : names.indexOf(name);
  });
}

/** Cells in quotes may hold the delimiter, and two quotes are one. */
function cellsOf(line: string, delimiter: string): string[] {
  const cells = [""];
  let isQuoted = false;
  for (const character of line.replaceAll('""', "\u0001")) {
    if (character === '"') {
      isQuoted = !isQuoted;
    } else if (character === delimiter && !isQuoted) {
      cells.push("");
    } else {
      cells.push((cells.pop() ?? "") + character);
    }
  }
  return cells.map((cell) => cell.replaceAll("\u0001", '"').trim());
}

/** Of a number by its size, or of a time in ISO 8601; undefined where it is neither. */
function secondsOf(text: string): number | undefined {
  const digits = /^(\d{1,19})(\.0*)?$/.exec(text)?.[1];
  if (digits === undefined) {
    const parsed = /^\d{4}-/.test(text) ? Date.parse(isoOf(text)) : Number.NaN;
    return Number.isNaN(parsed) ? undefined : parsed / 1_000;
  }
  const time = BigInt(digits);
  const parts = PARTS[[11, 14, 17].filter((length) => time >= 10n ** BigInt(length)).length] ?? 1n;
  return time % parts === 0n ? Number(time / parts) : undefined;
}

/** A time without a zone is meant in UTC. */
function isoOf(text: string): string {
  const withT = text.replace(" ", "T");
  return /T.*(Z|[+-]\d\d:?\d\d)$/i.test(withT) || !withT.includes("T") ? withT : `${withT}Z`;
}
