import type { Candle } from "../core/candle.ts";
import { canonicalLine } from "../core/canonical-candle.ts";
import { formatSeries, type Series } from "../core/series.ts";
import { startSha256 } from "../hash/sha256.ts";
import { writeCanonicalLines } from "./canonical-columns.ts";
import type { CandleColumns } from "./decode-columns.ts";

/** Text is hashed in pieces of about this many characters: a call a line would cost more. */
const PIECE_LENGTH = 65_536;

/**
 * SHA-256 of `candles` of `series`, in their order, whatever way they are encoded in; hex. It is of
 * the series' name and of each candle's canonical line.
 */
export function contentHashOf(series: Series, candles: Iterable<Candle>): string {
  const hash = startSha256();
  let piece = `${formatSeries(series)}\n`;
  for (const candle of candles) {
    piece += canonicalLine(candle);
    if (piece.length >= PIECE_LENGTH) {
      hash.update(piece);
      piece = "";
    }
  }
  return hash.update(piece).digest("hex");
}

/** The same of candles in columns, one part after the other. */
export function contentHashOfColumns(series: Series, parts: Iterable<CandleColumns>): string {
  const hash = startSha256().update(`${formatSeries(series)}\n`);
  for (const columns of parts) {
    writeCanonicalLines(columns, (piece) => hash.update(piece));
  }
  return hash.digest("hex");
}
