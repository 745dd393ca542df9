import type { CandlePart } from "./read-ranges.ts";
import type { LineFormat } from "./line-formats.ts";

/** Candles that are written at once: about 1 MB of text. */
const CANDLES_A_CHUNK = 5_000;

/**
 * `parts` as lines, for a client that takes them as fast as it can and no faster: a piece is read
 * when the one before is gone. Where reading fails, `onFailure` is told, and the connection breaks.
 */
export function streamLines(
  format: LineFormat,
  parts: AsyncGenerator<CandlePart, void>,
  onFailure: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const chunks = linesOf(format, parts);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { value, done } = await chunks.next();
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
        await chunks.return();
      },
    },
    { highWaterMark: 0 },
  );
}

async function* linesOf(
  format: LineFormat,
  parts: AsyncGenerator<CandlePart, void>,
): AsyncGenerator<Uint8Array, void> {
  const encoder = new TextEncoder();
  if (format.header !== "") {
    yield encoder.encode(format.header);
  }
  for await (const { series, candles } of parts) {
    for (let start = 0; start < candles.length; start += CANDLES_A_CHUNK) {
      yield encoder.encode(format.lines(series, candles.slice(start, start + CANDLES_A_CHUNK)));
    }
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
