import type { MiddlewareHandler } from "hono";
import { compress, compressStream } from "./compress.ts";
import { concatBytes } from "./piece-format.ts";
import { acceptEncodingOf, chooseEncoding, refusesIdentity } from "./content-encoding.ts";

/** A shorter body is not worth a header that says how it was sent. */
const COMPRESSED_BYTES_MIN = 1_024;

/** Types of text: nothing else grows shorter. Events of a stream go out one by one, as they are. */
const TEXT = /^(text\/(?!event-stream)|application\/([a-z.-]+\+)?(json|x-ndjson|javascript|xml))/;

/**
 * Sends text as the client wants it by its Accept-Encoding, with an entity tag for each encoding.
 * Goes around the routes and inside of what answers 304.
 */
export const encodeAnswers: MiddlewareHandler = async (c, next) => {
  await next();
  const encoded = await encodeAnswer(c.req.raw, c.res);
  if (encoded !== c.res) {
    // What is assigned over another answer is made anew, without the word that it is encoded already.
    c.res = undefined;
    c.res = encoded;
  }
};

/** `response` to `request` as it is sent; the same one where it is sent as it is. */
export async function encodeAnswer(request: Request, response: Response): Promise<Response> {
  const { headers, body, status } = response;
  if (headers.has("content-encoding")) {
    return new Response(body, { status, headers, encodeBody: "manual" });
  }
  if (status !== 200 || !TEXT.test(headers.get("content-type") ?? "")) {
    return response;
  }
  headers.append("vary", "Accept-Encoding");
  if (body === null) {
    return response;
  }
  const accepted = acceptEncodingOf(request);
  const encoding = chooseEncoding(accepted);
  if (encoding === "identity") {
    return response;
  }
  const least = refusesIdentity(accepted) ? 0 : COMPRESSED_BYTES_MIN;
  const etag = headers.get("etag");
  if (etag === null) {
    const { start, rest } = await takeStart(body, least);
    return rest === undefined && start.length < least
      ? new Response(start, { headers })
      : encodedBy(encoding, compressStream(streamOf(start, rest), encoding), headers);
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length < least) {
    return new Response(bytes, { headers });
  }
  headers.set("etag", `${etag.slice(0, -1)}-${encoding}"`);
  const compressed = await compress(bytes, encoding);
  headers.set("content-length", String(compressed.length));
  return encodedBy(encoding, compressed, headers);
}

/** The beginning of a body, and the reader of what follows: undefined where that was all. */
interface Start {
  readonly start: Uint8Array;
  readonly rest: ReadableStreamDefaultReader<Uint8Array> | undefined;
}

/** Reads `body` until `least` bytes of it are here, or all. */
async function takeStart(body: ReadableStream<Uint8Array>, least: number): Promise<Start> {
  const reader = body.getReader();
  const pieces: Uint8Array[] = [];
  for (let length = 0; length < least;) {
    const { value, done } = await reader.read();
    if (done) {
      return { start: concatBytes(pieces), rest: undefined };
    }
    pieces.push(value);
    length += value.length;
  }
  return { start: concatBytes(pieces), rest: reader };
}

/** `start`, and then what `rest` reads, when it is asked for. */
function streamOf(start: Uint8Array, rest: Start["rest"]): ReadableStream<Uint8Array> {
  let isStarted = start.length === 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (!isStarted) {
          isStarted = true;
          controller.enqueue(start);
          return;
        }
        const next = await rest?.read();
        if (next === undefined || next.done) {
          controller.close();
        } else {
          controller.enqueue(next.value);
        }
      },
      cancel: (reason) => rest?.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function encodedBy(encoding: string, body: BodyInit, headers: Headers): Response {
  headers.set("content-encoding", encoding);
  return new Response(body, { headers, encodeBody: "manual" });
}
