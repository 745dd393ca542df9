import { PayloadTooLargeError } from "@candlehouse/shared/core/errors";
import { answerColumns, type ExtraColumns } from "./answer-columns.ts";
import { PARQUET_VALUES_MAX } from "./candle-limits.ts";
import { ParquetFile } from "./parquet-file.ts";
import type { ServedPart, ServedRange } from "./serve/serve-query.ts";

/**
 * The whole of `range`, which is of one series, as a Parquet file. Throws PayloadTooLargeError where
 * it holds more than `valuesMax` values, and what its parts throw.
 */
export async function collectParquet(
  { served, parts }: ServedRange,
  extra: ExtraColumns,
  valuesMax = PARQUET_VALUES_MAX,
): Promise<Uint8Array> {
  const file = new ParquetFile(extra);
  const columns = answerColumns(extra).length;
  for await (const { candles } of parts) {
    file.add(candles);
    if (file.size > valuesMax) {
      throw new PayloadTooLargeError(
        `the range holds more than the ${valuesMax} values that a Parquet file of an answer may have, which are ${Math.floor(valuesMax / columns)} candles of ${columns} values, and fewer where prices have more digits than a double: ask for a shorter range, fewer indicators or a coarser interval, take format=arrow, csv or ndjson, which have no end, or the files of /v1/archive as they are`,
      );
    }
  }
  return file.write(onlyOf(served).series);
}

/** The only one of `parts` as a Parquet file. */
export function parquetOf(parts: readonly ServedPart[], extra: ExtraColumns): Uint8Array {
  const part = onlyOf(parts);
  const file = new ParquetFile(extra);
  file.add(part.candles);
  return file.write(part.series);
}

function onlyOf<Part>(parts: readonly Part[]): Part {
  const [only] = parts;
  if (only === undefined || parts.length > 1) {
    throw new RangeError(`a Parquet file is of one series, here are ${parts.length}`);
  }
  return only;
}
