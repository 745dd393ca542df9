/**
 * Reads the largest CSV file that an import takes, piece by piece, and encodes and describes its
 * partitions as an import does: to be run with little memory. Prints what memory was held at most,
 * heap and buffers together, beside the file's own bytes.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { CHAIN_START } from "@candlehouse/shared/core/archive";
import { CsvReader } from "@candlehouse/shared/import/csv-reader";
import { distinctRows } from "@candlehouse/shared/import/distinct-rows";
import { PartitionBlocks } from "@candlehouse/shared/import/partition-blocks";
import { describeColumns } from "@candlehouse/shared/r2/describe-columns";
import { encodeColumns } from "@candlehouse/shared/r2/encode-columns";

const SERIES = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" } as const;
const FILE_BYTES = 95_000_000;
/** As workers/archiver/src/import-rows.ts has them. */
const WAITING_ROWS_MAX = 60_000;
const SLICE_BYTES = 256 * 1_024;
const START = Date.UTC(2015, 0, 1) / 1_000;

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

let most = 0;
let [rows, bytes] = [0, 0];

function measure(): void {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  most = Math.max(most, heapUsed + arrayBuffers);
}

/** A slice of the file: rows of Kraken's form from minute `first` on. */
function sliceFrom(first: number): { readonly piece: Uint8Array; readonly minutes: number } {
  let text = "";
  let minutes = 0;
  for (; text.length < SLICE_BYTES; minutes += 1) {
    const minute = first + minutes;
    const price = 20_000 + (minute % 9_973) / 100;
    const volume = ((minute * 7_919) % 10_000_019) / 100_000;
    text += `${START + minute * 60},${price},${price + 5},${price - 5},${price},${volume},${minute % 997}\n`;
  }
  return { piece: new TextEncoder().encode(text), minutes };
}

const blocks = new PartitionBlocks("1m", Infinity);
const reader = new CsvReader(
  { format: "kraken", unit: "auto" },
  { timeframe: "1m", nowSeconds: START + 20 * 365 * 86_400 },
  1,
  {
    accept: (row, line) => {
      blocks.add(row, line);
    },
    reject: (_line, reason) => {
      throw new Error(reason);
    },
  },
);

function storeAbove(limit: number): void {
  while (blocks.rows > limit) {
    const taken = blocks.take();
    if (taken?.partition === undefined) {
      return;
    }
    const { block } = distinctRows(taken.block);
    const encoded = encodeColumns(SERIES, block.toColumns(), CHAIN_START);
    rows += describeColumns(encoded.bytes.slice(), "key", taken.partition).rows;
    measure();
  }
}

for (let minute = 0; bytes < FILE_BYTES;) {
  const { piece, minutes } = sliceFrom(minute);
  reader.push(piece);
  bytes += piece.length;
  minute += minutes;
  storeAbove(WAITING_ROWS_MAX);
}
reader.finish();
storeAbove(0);
process.stdout.write(JSON.stringify({ isWhole: rows === reader.rows, rows, bytes, most }));
