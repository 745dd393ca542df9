/** The Parquet files that DuckDB reads: those of our bucket, and the hot candles in files alike. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CHAIN_START } from "@candlehouse/shared/core/archive";
import { archiveKey } from "@candlehouse/shared/core/archive-key";
import type { Candle } from "@candlehouse/shared/core/candle";
import { partitionOf } from "@candlehouse/shared/core/partition";
import type { Series } from "@candlehouse/shared/core/series";
import { encodeCandleFile } from "@candlehouse/shared/r2/encode-candle-file";

/** Writes `candles` (ascending) below `folder` as the archive will have them one day. */
export function writeFiles(folder: string, series: Series, candles: readonly Candle[]): void {
  const partitions = Map.groupBy(candles, ({ timestamp }) =>
    partitionOf(timestamp, series.timeframe),
  );
  for (const [partition, list] of partitions) {
    const { bytes, contentHash } = encodeCandleFile(series, list, CHAIN_START);
    const key = archiveKey({ folder: "candles", series, partition, name: contentHash });
    write(folder, key, bytes);
  }
}

/** Downloads every file of the archive at `url` into `folder`, under its own key; returns how many. */
export async function downloadArchive(url: string, folder: string): Promise<number> {
  const response = await fetch(`${url}/v1/archive?limit=1000`);
  const listed: { files?: { key: string; url: string }[]; next_cursor?: string | null } = Object(
    await response.json(),
  );
  const { files = [], next_cursor: next } = listed;
  if (!response.ok || next !== null) {
    throw new Error(`/v1/archive answered ${response.status}, next_cursor ${next}`);
  }
  for (const { key, url: path } of files) {
    const file = await fetch(`${url}${path}`);
    if (!file.ok) {
      throw new Error(`${path} answered ${file.status}`);
    }
    write(folder, key, new Uint8Array(await file.arrayBuffer()));
  }
  return files.length;
}

function write(folder: string, key: string, bytes: Uint8Array): void {
  const path = join(folder, key);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}
