import type { Series } from "@candlehouse/shared/core/series";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import type { ServedPart } from "./serve/serve-query.ts";

/** A format that can be written piece by piece, so that an answer may be as long as it likes. */
export interface PieceFormat {
  /** What stands before the first candle. */
  readonly head: Uint8Array;
  /** `candles` of `series`, which stand after what was written before. */
  piece(series: Series, candles: readonly ServedCandle[]): Uint8Array;
  /** What stands after the last candle. */
  readonly tail: Uint8Array;
}

/** `parts` in one piece: one series after the other. */
export function wholeOf(format: PieceFormat, parts: readonly ServedPart[]): Uint8Array {
  const pieces = parts
    .filter(({ candles }) => candles.length > 0)
    .map(({ series, candles }) => format.piece(series, candles));
  return concatBytes([format.head, ...pieces, format.tail]);
}

/** Candles whose text is put together at once: before it is bytes, it takes ten times its length. */
export const TEXT_CANDLES = 500;

/** `candles` in runs of `length`, the last one shorter. */
export function* runsOf(
  candles: readonly ServedCandle[],
  length: number,
): Generator<readonly ServedCandle[], void> {
  for (let start = 0; start < candles.length; start += length) {
    yield candles.slice(start, start + length);
  }
}

/** `pieces` one after the other. */
export function concatBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}
