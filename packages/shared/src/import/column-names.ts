import type { ColumnRole } from "./column-plan.ts";
import { splitSymbol } from "../core/symbol.ts";

/** The first line of a CSV file: whether it names columns, and which of them is what. */

const DELIMITERS = [",", ";", "\t"];
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** Other names that headers have for a role. */
const ALIASES: Readonly<Record<ColumnRole, readonly string[]>> = {
  time: ["timestamp", "open_time", "unix", "date", "datetime"],
  open: [],
  high: [],
  low: [],
  close: [],
  volume_from: ["volume", "base_volume"],
  volume_to: ["quote_volume", "quote_asset_volume"],
  trades: ["count", "number_of_trades", "trade_count", "tradecount"],
};

/** What others call an asset in their headers. */
const FOREIGN_NAMES: Readonly<Record<string, string>> = { BTC: "XBT", DOGE: "XDG" };

/** Whether `line`, the first of a file, names columns: none of its cells is a number. */
export function isHeader(line: string): boolean {
  return !splitCells(line, delimiterOf(line)).some((cell) => NUMBER.test(cell));
}

/** The character that parts the cells of `line` most often. */
export function delimiterOf(line: string): string {
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ",";
}

/** The cells of a line; a cell in quotes may hold the delimiter, and `""` is a quote. */
export function splitCells(line: string, delimiter: string): string[] {
  if (!line.includes('"')) {
    return line.split(delimiter).map((cell) => cell.trim());
  }
  const cells: string[] = [];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at);
    if (character === '"' && quoted && line.charAt(at + 1) === '"') {
      cell += '"';
      at += 1;
    } else if (character === '"') {
      quoted = !quoted;
    } else if (character === delimiter && !quoted) {
      cells.push(cell.trim());
      cell = "";
    } else {
      cell += character;
    }
  }
  cells.push(cell.trim());
  return cells;
}

/** A column's name as names are compared. */
export function normalName(name: string): string {
  return name.toLowerCase().replaceAll(/[\s-]+/g, "_");
}

/**
 * Where a role stands among the `names` of a header; undefined where it does not. Volumes may be
 * named by the assets of `symbol`: `Volume BTC`, `Volume USDT`.
 */
export function placeByName(
  role: ColumnRole,
  names: readonly string[],
  symbol: string | undefined,
): number | undefined {
  for (const name of [role, ...ALIASES[role], ...volumeNames(role, symbol)]) {
    const place = names.indexOf(name);
    if (place >= 0) {
      return place;
    }
  }
  return undefined;
}

function volumeNames(role: ColumnRole, symbol: string | undefined): string[] {
  if (symbol === undefined || (role !== "volume_from" && role !== "volume_to")) {
    return [];
  }
  const { base, quote } = splitSymbol(symbol);
  const asset = role === "volume_from" ? base : quote;
  const foreign = FOREIGN_NAMES[asset];
  return [asset, ...(foreign === undefined ? [] : [foreign])].map((name) =>
    normalName(`volume ${name}`),
  );
}
