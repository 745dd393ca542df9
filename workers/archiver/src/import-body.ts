import { PayloadTooLargeError, StorageUnavailableError } from "@candlehouse/shared/core/errors";
import { startSha256 } from "@candlehouse/shared/hash/sha256";

/**
 * Most bytes in the body of an import. More than 100 MB no Worker is handed.
 * https://developers.cloudflare.com/workers/platform/limits/#request-limits
 */
const IMPORT_BYTES_MAX = 95_000_000;

/** A larger body is read this far before it is refused: its sender gets the answer then. */
const DISCARDED_BYTES_MAX = 2 * IMPORT_BYTES_MAX;

/**
 * Bodies of up to this many bytes are held in memory, larger ones on R2 while they are read: of the
 * 128 MB that an isolate has, three senders at once take less than a third.
 * https://developers.cloudflare.com/workers/platform/limits/#memory
 */
const HELD_BYTES_MAX = 12 * 1_024 * 1_024;

/** Bytes that are read at once: a stream hands over four kilobytes where it is not asked for more. */
const BLOCK_BYTES = 1_024 * 1_024;

/**
 * Parts of an object are of one size, of 5 MiB or more, but for the last.
 * https://developers.cloudflare.com/r2/objects/multipart-objects/
 */
const PART_BYTES = 8 * 1_024 * 1_024;

/** Where bodies lie while they are read; what is older than a day was left by a crash. */
const FOLDER = "imports/";
const LEFT_AFTER_MS = 24 * 3_600 * 1_000;

/** Pieces of a file, in order. */
export type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** The whole of a body that came, before anything is made of it. */
export interface ImportBody {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** The body from its first byte on; from `from` to `to` (exclusive) where they are given. */
  readonly read: (from?: number, to?: number) => Promise<Pieces>;
  /** Whether it is held in memory. */
  readonly isHeld: boolean;
  /** Forgets it. */
  readonly discard: () => Promise<void>;
}

/**
 * Takes the body of `request` to its end, so that its hash is known before a row of it is stored.
 * Throws PayloadTooLargeError, StorageUnavailableError.
 */
export async function takeBody(bucket: R2Bucket, request: Request): Promise<ImportBody> {
  const hash = startSha256();
  let waiting: Uint8Array[] = [];
  let [bytes, waitingBytes] = [0, 0];
  let upload: BodyUpload | undefined;
  try {
    for await (const block of request.body === null ? [] : blocksOf(request.body)) {
      bytes += block.byteLength;
      if (bytes > IMPORT_BYTES_MAX) {
        // The rest is read and thrown away, or the answer would go with the connection.
        waiting = [];
        if (bytes > DISCARDED_BYTES_MAX) {
          break;
        }
        continue;
      }
      hash.update(block);
      waiting.push(block);
      waitingBytes += block.byteLength;
      if (waitingBytes > HELD_BYTES_MAX && upload === undefined) {
        upload = await BodyUpload.begin(bucket);
      }
      waitingBytes -= (await upload?.addFull(waiting, waitingBytes)) ?? 0;
    }
    if (bytes > IMPORT_BYTES_MAX) {
      throw new PayloadTooLargeError(
        `the body has ${bytes} bytes, while up to ${IMPORT_BYTES_MAX} are allowed; a CSV file can be cut at line ends`,
      );
    }
    const sha256 = hash.digest("hex");
    return upload === undefined
      ? heldBody(waiting, bytes, sha256)
      : await upload.finish(joinBlocks(waiting), bytes, sha256);
  } catch (error) {
    await upload?.abort();
    throw error;
  }
}

/** What `body` holds in blocks of BLOCK_BYTES, but for the last. */
async function* blocksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader({ mode: "byob" });
  try {
    for (;;) {
      const { done, value } = await reader.readAtLeast(BLOCK_BYTES, new Uint8Array(BLOCK_BYTES));
      if (value !== undefined && value.byteLength > 0) {
        yield value;
      }
      if (done) {
        return;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function heldBody(blocks: Uint8Array[], bytes: number, sha256: string): ImportBody {
  return {
    bytes,
    sha256,
    isHeld: true,
    read: (from = 0, to = bytes) => Promise.resolve(partsOf(blocks, from, to)),
    discard: () => {
      blocks.length = 0;
      return Promise.resolve();
    },
  };
}

function* partsOf(blocks: readonly Uint8Array[], from: number, to: number): Generator<Uint8Array> {
  let start = 0;
  for (const block of blocks) {
    const end = start + block.byteLength;
    if (end > from && start < to) {
      yield block.subarray(Math.max(0, from - start), Math.min(block.byteLength, to - start));
    }
    start = end;
  }
}

/** A body that goes to R2 in parts. */
class BodyUpload {
  private readonly bucket: R2Bucket;
  private readonly upload: R2MultipartUpload;
  private readonly parts: R2UploadedPart[] = [];

  private constructor(bucket: R2Bucket, upload: R2MultipartUpload) {
    this.bucket = bucket;
    this.upload = upload;
  }

  static async begin(bucket: R2Bucket): Promise<BodyUpload> {
    const key = `${FOLDER}${crypto.randomUUID()}`;
    return unlessAway("begin a body", async () => {
      await deleteLeft(bucket);
      return new BodyUpload(bucket, await bucket.createMultipartUpload(key));
    });
  }

  /** Takes full parts out of `blocks`, which have `size` bytes, and adds them; says how many bytes. */
  async addFull(blocks: Uint8Array[], size: number): Promise<number> {
    const parts = Math.floor(size / PART_BYTES);
    for (let part = 0; part < parts; part += 1) {
      await this.addFirst(blocks);
    }
    return parts * PART_BYTES;
  }

  private async addFirst(blocks: Uint8Array[]): Promise<void> {
    const taken: Uint8Array[] = [];
    for (let size = 0; size < PART_BYTES;) {
      const block = blocks.shift() ?? new Uint8Array();
      const part = block.subarray(0, PART_BYTES - size);
      if (part.length < block.length) {
        blocks.unshift(block.subarray(part.length));
      }
      taken.push(part);
      size += part.length;
    }
    await this.addPart(joinBlocks(taken));
  }

  async finish(rest: Uint8Array, bytes: number, sha256: string): Promise<ImportBody> {
    if (rest.length > 0) {
      await this.addPart(rest);
    }
    const { bucket, upload } = this;
    await unlessAway("keep a body", () => upload.complete(this.parts));
    return {
      bytes,
      sha256,
      isHeld: false,
      read: (from = 0, to = bytes) =>
        unlessAway("give a body", async () => {
          const object = await bucket.get(upload.key, {
            range: { offset: from, length: to - from },
          });
          if (object === null) {
            throw new Error(`${upload.key} is gone`);
          }
          return blocksOf(object.body);
        }),
      discard: () => unlessAway("delete a body", () => bucket.delete(upload.key)),
    };
  }

  /** What was uploaded is forgotten by R2 itself after a week where this fails. */
  async abort(): Promise<void> {
    await this.upload.abort().catch(() => undefined);
  }

  private async addPart(bytes: Uint8Array): Promise<void> {
    const number = this.parts.length + 1;
    this.parts.push(await unlessAway("take a part", () => this.upload.uploadPart(number, bytes)));
  }
}

async function deleteLeft(bucket: R2Bucket): Promise<void> {
  const { objects } = await bucket.list({ prefix: FOLDER, limit: 1_000 });
  const left = objects.filter(({ uploaded }) => Date.now() - uploaded.getTime() > LEFT_AFTER_MS);
  if (left.length > 0) {
    await bucket.delete(left.map(({ key }) => key));
  }
}

async function unlessAway<Result>(what: string, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (cause) {
    throw new StorageUnavailableError(`R2 did not ${what}: ${String(cause)}`, { cause });
  }
}

/** `blocks` in one piece of memory. */
function joinBlocks(blocks: readonly Uint8Array[]): Uint8Array {
  const [first] = blocks;
  if (first !== undefined && blocks.length === 1) {
    return first;
  }
  const joined = new Uint8Array(blocks.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const block of blocks) {
    joined.set(block, at);
    at += block.byteLength;
  }
  return joined;
}
