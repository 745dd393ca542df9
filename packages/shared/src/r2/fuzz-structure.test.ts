import { describe, expect, test } from "vitest";
import { drawsOf, oneOf, wholeOf, type Draw } from "../../../../tests/fuzz/draw.ts";
import { mutateBytes } from "../../../../tests/fuzz/mutate-bytes.ts";
import { withFooter, withLies, withWrongRemarks, type Footer } from "../../test/parquet-lies.ts";
import { fileOf, tableOf, type Expected } from "../../test/parquet-table.ts";
import { CHAIN_START } from "../core/archive.ts";
import type { Candle } from "../core/candle.ts";
import { FragmentUnreadableError } from "../core/errors.ts";
import { sha256Hex } from "../hash/sha256.ts";
import { footerLengthOf } from "./candle-file.ts";
import { readUploadRows } from "./decode-fragment.ts";
import { encodeCandleFile } from "./encode-candle-file.ts";
import { METADATA_KEYS } from "./file-schema.ts";

/** Files in all, half of them of another program, half of them of ours. */
const FILES = Number(process.env["FUZZ_STRUCTURES"] ?? 300);
/** The same one makes the same files again. */
const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);
/** A file takes a millisecond or two; one that takes so long hangs. */
const FILE_MS_MAX = 2_000;
const ROWS_MAX = 600_000;
const SERIES = { source: "kraken", symbol: "BTC-USD", timeframe: "1m" } as const;

/** The rows of a file, or the sentence that refuses it. */
function read(bytes: Uint8Array): Expected[] | string {
  try {
    const { rows, at } = readUploadRows(bytes, SERIES, ROWS_MAX);
    return Array.from({ length: rows }, (_, row) => at(row));
  } catch (error) {
    if (error instanceof FragmentUnreadableError) {
      return error.message;
    }
    throw error;
  }
}

/** What is wrong with how a file was read that holds `expected`, and may be refused. */
function faultOf(
  bytes: Uint8Array,
  expected: readonly Expected[],
  mayRefuse: boolean,
): { readonly fault: string | undefined; readonly isRead: boolean } {
  const startMs = performance.now();
  const found = read(bytes);
  const tookMs = performance.now() - startMs;
  if (tookMs > FILE_MS_MAX) {
    return { fault: `took ${tookMs} ms`, isRead: false };
  }
  if (typeof found === "string") {
    const isSentence = found.length > 20 && found.length < 1_000;
    return { fault: mayRefuse && isSentence ? undefined : `refused: ${found}`, isRead: false };
  }
  const wrong = found.findIndex((row, place) => !isSame(row, expected[place], mayRefuse));
  const isCounted = found.length === expected.length;
  return {
    fault:
      wrong === -1 && isCounted
        ? undefined
        : `row ${wrong} of ${found.length}: ${JSON.stringify(found[wrong])}, not ${JSON.stringify(expected[wrong])}`,
    isRead: true,
  };
}

/** Whether a row is the one that is expected, or is refused for what is wrong with it. */
function isSame(row: Expected, expected: Expected | undefined, mayRefuse: boolean): boolean {
  if (typeof row === "string") {
    return typeof expected === "string" ? mayRefuse || row.includes(expected) : mayRefuse;
  }
  return JSON.stringify(row) === JSON.stringify(expected);
}

/** Reads `FILES / 2` files that `make` makes; what is wrong, and the share that could be read. */
function fuzz(
  make: (draw: Draw) => { bytes: Uint8Array; expected: readonly Expected[]; mayRefuse: boolean },
): {
  faults: string;
  readShare: number;
} {
  const faults: string[] = [];
  let reads = 0;
  const count = Math.ceil(FILES / 2);
  for (let index = 0; index < count; index += 1) {
    const { bytes, expected, mayRefuse } = make(drawsOf(SEED, index));
    const { fault, isRead } = faultOf(bytes, expected, mayRefuse);
    reads += isRead ? 1 : 0;
    faults.push(...(fault === undefined ? [] : [`file ${index}: ${fault}`]));
  }
  return { faults: faults.slice(0, 3).join("\n"), readShare: reads / count };
}

describe(
  `${FILES} files of a spoilt structure, FUZZ_SEED=${SEED}`,
  { timeout: 60_000 + FILES * 50 },
  () => {
    test("of another program are read as what they hold, or refused", () => {
      const { faults, readShare } = fuzz((draw) => {
        const table = tableOf(draw);
        const bytes = fileOf(draw, table);
        const kind = draw();
        const { expected } = table;
        if (kind < 0.2) {
          return { bytes, expected, mayRefuse: false };
        }
        return kind < 0.4
          ? { bytes: withWrongRemarks(draw, bytes), expected, mayRefuse: false }
          : { bytes: withLies(draw, bytes), expected, mayRefuse: true };
      });
      expect(faults).toBe("");
      expect(readShare).toBeGreaterThan(0.2);
      expect(readShare).toBeLessThan(0.9);
    });

    test("of ours are read as what was written, or refused", () => {
      const { faults, readShare } = fuzz((draw) => {
        const expected = ourCandles(draw);
        const { bytes } = encodeCandleFile(SERIES, expected, CHAIN_START);
        const lie = oneOf(draw, OUR_LIES);
        return { bytes: lie(draw, bytes), expected, mayRefuse: true };
      });
      expect(faults).toBe("");
      expect(readShare).toBeGreaterThan(0.02);
      expect(readShare).toBeLessThan(0.7);
    });
  },
);

/** Candles of a file of ours, with columns of each kind; some of them in more than one row group. */
function ourCandles(draw: Draw): Candle[] {
  const rows = draw() < 0.01 ? 10_085 : wholeOf(draw, 1, 60);
  const isLong = draw() < 0.3;
  return Array.from({ length: rows }, (_, row) => ({
    timestamp: 1_790_812_800 + row * 60,
    open: (2_750_000 + row * 7) / 100,
    high: isLong ? `27600.${"1".repeat(20)}${row % 9}1` : 27_700 + row / 100,
    low: 27_000,
    close: 27_500.5,
    volume_from: row % 5 === 0 ? null : row / 1_000,
    volume_to: null,
    trades: row % 7 === 0 ? null : row,
  }));
}

/** What may befall a file of ours: the footer says something else, or it is made to fit other bytes. */
const OUR_LIES: readonly ((draw: Draw, bytes: Uint8Array) => Uint8Array<ArrayBuffer>)[] = [
  (draw, bytes) => withLies(draw, bytes),
  (draw, bytes) => withWrongRemarks(draw, bytes),
  (draw, bytes) => withFooter(bytes, (footer) => lieOfMetadata(draw, footer)),
  (draw, bytes) => withFooter(bytes, (footer) => lieOfStatistics(draw, footer)),
  (draw, bytes) => {
    const end = bytes.length - (footerLengthOf(bytes) ?? 0);
    const changed = Uint8Array.from(bytes);
    changed.set(mutateBytes(draw, bytes.subarray(4, end)).subarray(0, end - 4), 4);
    return withFooter(changed, (footer) => signGroups(changed, footer));
  },
];

function lieOfMetadata(draw: Draw, footer: Footer): void {
  const said = footer.key_value_metadata ?? [];
  const pair = oneOf(draw, said);
  const values = ["", "0", "-1", "1e9", "x", "kraken:ETH-USD:1m", "0".repeat(64), `${pair.value}0`];
  if (pair.key === METADATA_KEYS.format && draw() < 0.5) {
    footer.key_value_metadata = said.filter(({ key }) => key !== pair.key);
    return;
  }
  pair.value = oneOf(draw, values);
}

function lieOfStatistics(draw: Draw, { row_groups }: Footer): void {
  const chunks = oneOf(draw, row_groups).columns.map(({ meta_data }) => meta_data);
  const chunk = oneOf(draw, draw() < 0.5 ? chunks.slice(0, 1) : chunks);
  const { min_value: least, max_value: most } = chunk?.statistics ?? {};
  if (chunk?.statistics !== undefined && least !== undefined && most !== undefined) {
    chunk.statistics = { ...chunk.statistics, min_value: most, max_value: least };
  }
}

/** Gives each row group the hash of the bytes that it has now: what it was made of nobody knows. */
function signGroups(bytes: Uint8Array, footer: Footer): void {
  const hashes = footer.row_groups.map(({ columns, total_compressed_size: size }) => {
    const start = Number(columns[0]?.file_offset);
    return sha256Hex(bytes.subarray(start, start + Number(size)));
  });
  footer.key_value_metadata = (footer.key_value_metadata ?? []).map((pair) =>
    pair.key === METADATA_KEYS.groups ? { ...pair, value: hashes.join(",") } : pair,
  );
}
