import { runsOf, type PieceFormat } from "./piece-format.ts";
import type { ServedPart } from "./serve/serve-query.ts";

/** Candles that are written at once: about 1 MB of text. */
const CANDLES_A_PIECE = 5_000;

/**
 * `parts` as `format` has it, for a client that takes them as fast as it can and no faster: a piece
 * is read when the one before is gone. Where reading fails, `onFailure` is told, and the connection
 * breaks.
 */
export function streamPieces(
  format: PieceFormat,
  parts: AsyncGenerator<ServedPart, void>,
  onFailure: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const pieces = piecesOf(format, parts);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { value, done } = await pieces.next();
          if (done === true) {
            controller.close();
          } else {
            controller.enqueue(value);
          }
        } catch (error) {
          onFailure(error);
          controller.error(error);
        }
      },
      async cancel() {
        await pieces.return();
      },
    },
    { highWaterMark: 0 },
  );
}

async function* piecesOf(
  format: PieceFormat,
  parts: AsyncGenerator<ServedPart, void>,
): AsyncGenerator<Uint8Array, void> {
  if (format.head.length > 0) {
    yield format.head;
  }
  for await (const { series, candles } of parts) {
    for (const run of runsOf(candles, CANDLES_A_PIECE)) {
      yield format.piece(series, run);
    }
  }
  if (format.tail.length > 0) {
    yield format.tail;
  }
}

/**
 * What `source` yields, one step ahead of who takes it. Resolves once the first step is done: what
 * goes wrong at once is thrown here, and what goes wrong later where it is met.
 */
export async function startReading<Value>(
  source: AsyncGenerator<Value, void>,
): Promise<AsyncGenerator<Value, void>> {
  const first = await source.next();
  return followReading(source, Promise.resolve(first));
}

async function* followReading<Value>(
  source: AsyncGenerator<Value, void>,
  first: Promise<IteratorResult<Value, void>>,
): AsyncGenerator<Value, void> {
  let step = first;
  try {
    for (;;) {
      const { value, done } = await step;
      if (done === true) {
        return;
      }
      step = source.next();
      // It is awaited when the next piece is asked for; until then nobody else takes its failure.
      step.catch(() => {});
      yield value;
    }
  } finally {
    await source.return();
  }
}
