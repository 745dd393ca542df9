import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import { COMPRESSORS } from "@candlehouse/shared/r2/zstd";
import type { SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { answerColumns, type AnswerColumn, type ExtraColumns } from "./answer-columns.ts";
import { ColumnValues } from "./column-values.ts";
import { fileColumnOf } from "./parquet-column.ts";
import { concatBytes } from "./piece-format.ts";

/** Each column of a row group is held as single values while it is written. */
const ROW_GROUP_VALUES = 403_200;

/**
 * Bytes of a page before it is encoded. `zstdCompressSync` of the Workers runtime fails where its
 * output has more than 40,960 bytes; no page that is packed takes twice what it had.
 */
const PAGE_BYTES = 20_160;

/**
 * Candles of one series, collected piece by piece and then written as a Parquet file. Every price
 * and volume is exact, as a DECIMAL wherever one holds it.
 */
export class ParquetFile {
  readonly #columns: readonly AnswerColumn[];
  readonly #values: ColumnValues[];
  rows = 0;

  constructor(extra: ExtraColumns) {
    this.#columns = answerColumns(extra);
    this.#values = this.#columns.map(() => new ColumnValues());
  }

  /** What was added, in values; see PARQUET_VALUES_MAX. */
  get size(): number {
    return this.#values.reduce((sum, { size }) => sum + size, 0);
  }

  /** Adds `candles`, which come after those that were added before. */
  add(candles: readonly ServedCandle[]): void {
    for (const [index, column] of this.#columns.entries()) {
      this.#values[index]?.add(candles.map((candle) => column.of(candle)));
    }
    this.rows += candles.length;
  }

  /** The file, with what was added, of `series`. Done once: what was added is let go of. */
  write(series: Series): Uint8Array {
    const values = this.#values.splice(0);
    const columns = this.#columns.map((column, index) =>
      fileColumnOf(column, values[index] ?? new ColumnValues()),
    );
    const root: SchemaElement = { name: "candles", num_children: columns.length };
    const output = new PieceWriter();
    const writer = new ParquetWriter({
      writer: output,
      schema: [root, ...columns.map(({ element }) => element)],
      codec: "ZSTD",
      compressors: COMPRESSORS,
      createdBy: "candlehouse",
      kvMetadata: [{ key: "series", value: formatSeries(series) }],
    });
    const groupRows = Math.floor(ROW_GROUP_VALUES / columns.length);
    for (let from = 0; from < this.rows; from += groupRows) {
      const to = Math.min(this.rows, from + groupRows);
      void writer.write({
        columnData: columns.map(({ element: { name }, encoding, valuesOf }) => ({
          name,
          data: valuesOf(from, to),
          encoding,
          offsetIndex: false,
        })),
        rowGroupSize: to - from,
        pageSize: PAGE_BYTES,
      });
    }
    void writer.finish();
    for (const column of values) {
      column.clear();
    }
    return output.whole();
  }
}

/** Gives away what it holds after each row group: what grows to the end would be copied as it grows. */
class PieceWriter extends ByteWriter {
  readonly #pieces: Uint8Array[] = [];

  flush(): void {
    this.#pieces.push(this.getBytes().slice());
    this.index = 0;
  }

  /** All that was written. */
  whole(): Uint8Array {
    return concatBytes([...this.#pieces, this.getBytes()]);
  }
}
