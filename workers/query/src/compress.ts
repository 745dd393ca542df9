import { once } from "node:events";
import { constants, createZstdCompress, gzipSync, zstdCompressSync } from "node:zlib";
import { concatBytes } from "./piece-format.ts";
import type { ContentEncoding } from "./content-encoding.ts";

type Compression = Exclude<ContentEncoding, "identity">;

/**
 * The zstd of the Workers runtime fails where it has more than 40,960 bytes to give at once: so much
 * goes in at once that no more comes out, whatever it is.
 * https://github.com/cloudflare/workerd/issues/6769
 */
const ZSTD_INPUT_BYTES = 32_768;

/** Digits compress by four at the lowest levels; higher ones cost more than they gain. */
const ZSTD_LEVEL = 3;
const GZIP_LEVEL = 4;

/** `bytes`, compressed. */
export async function compress(bytes: Uint8Array, encoding: Compression): Promise<Uint8Array> {
  if (encoding === "gzip") {
    return new Uint8Array(gzipSync(bytes, { level: GZIP_LEVEL }));
  }
  if (bytes.length <= ZSTD_INPUT_BYTES) {
    return new Uint8Array(zstdCompressSync(bytes, ZSTD_OPTIONS));
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of zstdFrame([bytes])) {
    pieces.push(piece);
  }
  return concatBytes(pieces);
}

/** `body`, compressed piece by piece: as fast as it is taken, and no faster. */
export function compressStream(
  body: ReadableStream<Uint8Array>,
  encoding: Compression,
): ReadableStream<Uint8Array> {
  if (encoding === "gzip") {
    return body.pipeThrough(new CompressionStream("gzip"));
  }
  const pieces = zstdFrame(body);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await pieces.next();
        if (done === true) {
          controller.close();
        } else {
          controller.enqueue(value);
        }
      },
      async cancel() {
        await pieces.return();
      },
    },
    { highWaterMark: 0 },
  );
}

const ZSTD_OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } };

/**
 * `chunks` as one zstd frame: many clients, Node.js among them, read the first frame of a body and
 * pass over the others without a word.
 */
async function* zstdFrame(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const zstd = createZstdCompress(ZSTD_OPTIONS);
  let given: Uint8Array[] = [];
  zstd.on("data", (piece: Uint8Array) => given.push(piece));
  const takeGiven = () => {
    const taken = concatBytes(given);
    given = [];
    return taken;
  };
  try {
    for await (const chunk of chunks) {
      for (let start = 0; start < chunk.length; start += ZSTD_INPUT_BYTES) {
        await new Promise<void>((resolve, reject) => {
          zstd.once("error", reject);
          zstd.write(chunk.subarray(start, start + ZSTD_INPUT_BYTES));
          zstd.flush(constants.ZSTD_e_flush, () => {
            zstd.off("error", reject);
            resolve();
          });
        });
      }
      yield takeGiven();
    }
    const ended = once(zstd, "end");
    zstd.end();
    await ended;
    yield takeGiven();
  } finally {
    zstd.destroy();
  }
}
