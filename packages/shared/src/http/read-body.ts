import { PayloadTooLargeError } from "../core/errors.ts";

/** Most bytes in the body of `POST /trigger`; a sensible one has a hundred. */
export const TRIGGER_BYTES_MAX = 64_000;

/**
 * A larger body is read this far and thrown away: a connection that is closed on a sender who
 * still sends takes the answer with it, and the sender never learns what was wrong. No request
 * that reaches a Worker has more on most plans.
 * https://developers.cloudflare.com/workers/platform/limits/#request-limits
 */
const DISCARDED_BYTES_MAX = 100_000_000;

/**
 * The body of `request` as text. Throws PayloadTooLargeError where it has more than `bytesMax`
 * bytes, however many the sender announced.
 */
export async function readBody(request: Request, bytesMax: number): Promise<string> {
  return new Blob(await readChunks(request, bytesMax)).text();
}

/** The body of `request` as it is. Throws as `readBody` does. */
export async function readBytes(request: Request, bytesMax: number): Promise<ArrayBuffer> {
  return new Blob(await readChunks(request, bytesMax)).arrayBuffer();
}

/**
 * Throws away the body of a `request` that is refused, as far as `readBody` reads one that is too
 * large. Never rejects: who breaks off does not wait for the answer.
 */
export async function discardBody({ body }: Request): Promise<void> {
  const reader = body?.getReader();
  let size = 0;
  try {
    for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) {
      size += piece.value.byteLength;
      if (size > DISCARDED_BYTES_MAX) {
        break;
      }
    }
    await reader?.cancel();
  } catch {
    // The refusal stands, whoever is left to read it.
  }
}

async function readChunks(request: Request, bytesMax: number): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size <= bytesMax) {
      chunks.push(chunk);
    }
    if (size > DISCARDED_BYTES_MAX) {
      break;
    }
  }
  if (size > bytesMax) {
    const announced = request.headers.get("content-length") ?? size;
    throw new PayloadTooLargeError(
      `the body has ${announced} bytes, while up to ${bytesMax} are allowed`,
    );
  }
  return chunks;
}
