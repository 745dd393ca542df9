/**
 * The text that `start` yields as a body, as fast as its client takes it. When the client is gone,
 * or `gone` says so, the signal that `start` got is aborted, and what it waits for ends. Where it
 * fails, `onFailure` is told, and the connection breaks.
 */
export function streamText(
  start: (signal: AbortSignal) => AsyncGenerator<string, void>,
  gone: AbortSignal,
  onFailure: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const over = new AbortController();
  const texts = start(AbortSignal.any([over.signal, gone]));
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { value, done } = await texts.next();
          if (over.signal.aborted) {
            return;
          }
          if (done === true) {
            controller.close();
          } else {
            controller.enqueue(encoder.encode(value));
          }
        } catch (error) {
          onFailure(error);
          controller.error(error);
        }
      },
      async cancel() {
        over.abort();
        await texts.return();
      },
    },
    { highWaterMark: 0 },
  );
}
