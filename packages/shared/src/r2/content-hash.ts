import type { Candle } from "../core/candle.ts";
import { canonicalLine } from "../core/canonical-candle.ts";
import { formatSeries, type Series } from "../core/series.ts";
import { startSha256 } from "../hash/sha256.ts";

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
