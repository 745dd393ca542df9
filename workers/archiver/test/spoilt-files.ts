import type { Candle } from "@candlehouse/shared/core/candle";
import { decimalOf } from "@candlehouse/shared/core/decimal";
import type { Series } from "@candlehouse/shared/core/series";
import { oneOf, wholeOf, type Draw } from "../../../tests/fuzz/draw.ts";
import { mutateBytes } from "../../../tests/fuzz/mutate-bytes.ts";
import { DUCKDB_FILE } from "./duckdb-file.ts";
import { fileOf } from "./archiver-at.ts";
import { csvOf, krakenLine, zipOf } from "./import-files.ts";

export const FILE_KINDS = ["kraken", "binance", "csv", "zip", "parquet", "duckdb"] as const;

/** A file that something is wrong with, or nothing that matters. */
export interface SpoiltFile {
  readonly kind: (typeof FILE_KINDS)[number];
  readonly format: "kraken" | "binance" | "csv" | "parquet";
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Before it was spoilt; of a ZIP archive, what is in it. */
  readonly sound: Uint8Array<ArrayBuffer>;
}

const ROWS_MAX = 40;
/** What stands in a cell where something else belongs. */
const ODD_CELLS = [
  "",
  "NaN",
  "nan",
  "null",
  "-1",
  "0",
  "1e300",
  "1e-5",
  "1E+3",
  "+5",
  ".5",
  "5.",
  "1,5",
  '"27500.5"',
  '"',
  " 27500.5 ",
  "27500.50000",
  "00027500.5",
  "9".repeat(30),
  `0.${"3".repeat(40)}`,
  "x".repeat(5_000),
  "\u0000",
  "١٢",
  "Infinity",
  "0x10",
  "2026-10-01T00:00:00Z",
  "2026-10-01 00:07",
  "1790812800.0",
  "1790812800000",
  "1790812800000000",
  "1790812801",
  "99999999999999999999",
] as const;

/** A file of candles of `series` in one of the layouts that are taken, spoilt. */
export function spoiltFile(draw: Draw, series: Series, candles: readonly Candle[]): SpoiltFile {
  const kind = oneOf(draw, FILE_KINDS);
  const rows = candles.slice(0, wholeOf(draw, 1, ROWS_MAX));
  if (kind === "parquet" || kind === "duckdb") {
    const sound = Uint8Array.from(kind === "duckdb" ? DUCKDB_FILE : fileOf(series, rows));
    return { kind, format: "parquet", sound, bytes: mutateBytes(draw, sound) };
  }
  const format = kind === "zip" ? oneOf(draw, ["kraken", "binance"] as const) : kind;
  const lines = linesOf(format, rows);
  const spoiltCsv = spoiltLines(draw, lines);
  if (kind !== "zip") {
    return { kind, format, sound: csvOf(lines), bytes: spoiltCsv };
  }
  const sound = draw() < 0.5 ? csvOf(lines) : spoiltCsv;
  const zip = zipOf(sound, { hasDescriptor: draw() < 0.5 });
  // An archive whose content alone is spoilt is a sound archive.
  return { kind, format, sound, bytes: draw() < 0.3 ? zip : mutateBytes(draw, zip) };
}

function linesOf(format: "kraken" | "binance" | "csv", rows: readonly Candle[]): string[] {
  if (format === "kraken") {
    return rows.map(krakenLine);
  }
  return format === "binance"
    ? rows.map(binanceLine)
    : ["timestamp,open,high,low,close,volume_from,volume_to,trades", ...rows.map(genericLine)];
}

function binanceLine(candle: Candle): string {
  const { timestamp, trades } = candle;
  const [from = "", to = ""] = [candle.volume_from, candle.volume_to].map(textOf);
  const prices = [candle.open, candle.high, candle.low, candle.close].map(textOf);
  const closeTime = (timestamp + 60) * 1_000_000 - 1;
  return [timestamp * 1_000_000, ...prices, from, closeTime, to, trades, "0", "0", "0"].join(",");
}

function genericLine(candle: Candle): string {
  const { timestamp, open, high, low, close, volume_from, volume_to, trades } = candle;
  const values = [open, high, low, close, volume_from, volume_to].map(textOf);
  return [timestamp, ...values, trades ?? ""].join(",");
}

function textOf(value: number | string | null): string {
  return value === null ? "" : decimalOf(value);
}

/** Half of the files are changed cell by cell and line by line, half of them by bytes. */
function spoiltLines(draw: Draw, lines: readonly string[]): Uint8Array<ArrayBuffer> {
  if (draw() < 0.5) {
    return mutateBytes(draw, csvOf(lines));
  }
  let spoilt = [...lines];
  for (let left = wholeOf(draw, 1, 5); left > 0; left -= 1) {
    spoilt = changeLines(draw, spoilt);
  }
  const ending = oneOf(draw, ["\n", "\n", "\r\n"]);
  const mark = draw() < 0.1 ? "\ufeff" : "";
  return Uint8Array.from(new TextEncoder().encode(mark + spoilt.join(ending)));
}

function changeLines(draw: Draw, lines: readonly string[]): string[] {
  const at = wholeOf(draw, 0, Math.max(0, lines.length - 1));
  const line = lines[at] ?? "";
  const cells = line.split(",");
  const place = wholeOf(draw, 0, cells.length - 1);
  const changes: readonly (() => string[])[] = [
    () => lines.toSpliced(at, 1),
    () => lines.toSpliced(at, 0, line),
    () => lines.toReversed(),
    () => [...lines, line],
    () => lines.toSpliced(at, 0, "", "# a remark"),
    () => lines.with(at, cells.toSpliced(place, 1).join(",")),
    () => lines.with(at, cells.toSpliced(place, 0, "7").join(",")),
    () => lines.with(at, cells.join(";")),
    () => lines.with(at, line.slice(0, wholeOf(draw, 0, line.length))),
    () => lines.with(at, [...cells.slice(1), cells[0]].join(",")),
    () => lines.with(at, cells.with(place, oneOf(draw, ODD_CELLS)).join(",")),
    () => lines.with(at, cells.with(place, oneOf(draw, ODD_CELLS)).join(",")),
    () =>
      lines.with(at, cells.with(place, cells[wholeOf(draw, 0, cells.length - 1)] ?? "").join(",")),
  ];
  return lines.length === 0 ? [] : oneOf(draw, changes)();
}
