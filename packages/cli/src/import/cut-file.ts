import { isHeader } from "@candlehouse/shared/import/column-names";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";

/** A stretch of a file that is sent as one. */
export interface FilePart {
  /** From 1. */
  readonly number: number;
  /** How many the file has. */
  readonly parts: number;
  /** First byte. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** Sent before the bytes: the header, where the part does not begin with it. */
  readonly header: string;
  /** Of the first line that is sent, counted from 1; it is the header's where there is one. */
  readonly firstLine: number;
  /** Of all that is sent, lower-case hexadecimal. */
  readonly sha256: string;
}

/** A CSV file of more bytes is cut at line ends into parts of at most so many, of about one size. */
const PART_BYTES_MAX = 50_000_000;

const LINE_FEED = 10;
/** No line of candles is longer. */
const LINE_BYTES_MAX = 65_536;

/**
 * The parts of the file at `path`, one after the other; one alone where `mayCut` is false, or the
 * file is small. Each is read once for its hash before it is yielded.
 */
export async function* cutFile(
  path: string,
  bytes: number,
  mayCut: boolean,
  partBytes = PART_BYTES_MAX,
): AsyncGenerator<FilePart, void> {
  if (!mayCut || bytes <= partBytes) {
    const { sha256 } = await readPart(path, 0, bytes, "");
    yield { number: 1, parts: 1, from: 0, to: bytes, header: "", firstLine: 1, sha256 };
    return;
  }
  const { header, ends } = await findCuts(path, bytes, partBytes);
  let from = 0;
  let line = 1;
  for (const [index, to] of ends.entries()) {
    const prefix = index === 0 ? "" : header;
    const { sha256, lines } = await readPart(path, from, to, prefix);
    const firstLine = prefix === "" ? line : line - 1;
    yield { number: index + 1, parts: ends.length, from, to, header: prefix, firstLine, sha256 };
    from = to;
    line += lines;
  }
}

/** Where each part ends, exclusive, and the header that all but the first are sent with. */
async function findCuts(path: string, bytes: number, partBytes: number) {
  const file = await open(path);
  try {
    const ends: number[] = [];
    for (let from = 0; from < bytes; from = ends.at(-1) ?? bytes) {
      ends.push(await findEnd(file, from, bytes, partBytes));
    }
    return { header: await readHeader(file), ends };
  } finally {
    await file.close();
  }
}

/** The header with its line end; nothing where the first line holds a candle. */
async function readHeader(file: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(LINE_BYTES_MAX), 0, LINE_BYTES_MAX, 0);
  const end = buffer.subarray(0, bytesRead).indexOf(LINE_FEED);
  const first = buffer.subarray(0, end + 1).toString();
  return isHeader(first.replace(/^\uFEFF/, "")) ? first : "";
}

/** Where the part that begins at `from` ends, so that what is left is cut into equal ones. */
async function findEnd(
  file: FileHandle,
  from: number,
  bytes: number,
  partBytes: number,
): Promise<number> {
  const left = bytes - from;
  if (left <= partBytes) {
    return bytes;
  }
  const equal = Math.ceil(left / Math.ceil(left / partBytes));
  const end =
    (await lineEndBefore(file, from, from + equal)) ??
    (await lineEndBefore(file, from, from + partBytes));
  if (end === undefined) {
    throw new Error(`there is no line end in ${LINE_BYTES_MAX} bytes: this is no CSV file`);
  }
  return end;
}

/** Behind the last line end before `wanted`; undefined where none is near. */
async function lineEndBefore(
  file: FileHandle,
  from: number,
  wanted: number,
): Promise<number | undefined> {
  const start = Math.max(from, wanted - LINE_BYTES_MAX);
  const length = wanted - start;
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, start);
  const end = buffer.lastIndexOf(LINE_FEED);
  return end === -1 ? undefined : start + end + 1;
}

async function readPart(path: string, from: number, to: number, header: string) {
  const hash = createHash("sha256").update(header);
  let lines = 0;
  if (to > from) {
    const pieces: AsyncIterable<Buffer> = createReadStream(path, { start: from, end: to - 1 });
    for await (const piece of pieces) {
      hash.update(piece);
      for (let at = piece.indexOf(LINE_FEED); at !== -1; at = piece.indexOf(LINE_FEED, at + 1)) {
        lines += 1;
      }
    }
  }
  return { sha256: hash.digest("hex"), lines };
}
