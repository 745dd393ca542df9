/** Candles a second, to a file's bytes and back. */
import { CHAIN_START } from "@candlehouse/shared/core/archive";
import type { Candle } from "@candlehouse/shared/core/candle";
import type { Series } from "@candlehouse/shared/core/series";
import { decodeGroup, reuseOutput } from "@candlehouse/shared/r2/decode-columns";
import { decodeWholeFile } from "@candlehouse/shared/r2/describe-file";
import { encodeCandleFile } from "@candlehouse/shared/r2/encode-candle-file";
import { formatTable } from "../table.ts";
import { alternate, milliseconds } from "./alternate.ts";

const MONTH_MINUTES = 44_640;

export async function measureCoding(series: Series, minutes: readonly Candle[]): Promise<void> {
  const month = minutes.slice(0, MONTH_MINUTES);
  const { bytes } = encodeCandleFile(series, month, CHAIN_START);
  const { file } = decodeWholeFile(bytes, "bench");
  const outputOf = reuseOutput();
  const measured = await alternate([
    {
      name: "encode: scales, Parquet, statistics, all hashes",
      run: () => encodeCandleFile(series, month, CHAIN_START),
    },
    {
      name: "decode a whole file to candles: all hashes, order and bounds checked",
      run: () => decodeWholeFile(bytes, "bench"),
    },
    {
      name: "decode to columns of exact integers, nothing checked",
      run: () => {
        for (const [index, { start, end }] of file.groups.entries()) {
          decodeGroup(file, index, bytes.subarray(start, end), outputOf);
        }
      },
    },
  ]);
  process.stdout.write(
    `\nA month of ${month.length.toLocaleString("en")} candles in memory\n\n` +
      formatTable(
        ["", "candles a second", "ms, median"],
        measured.map((side) => [
          side.name,
          Math.round((month.length / side.median) * 1_000).toLocaleString("en"),
          milliseconds(side.median),
        ]),
      ),
  );
}
