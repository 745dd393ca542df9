import { env } from "cloudflare:workers";
import { dayOf } from "@candlehouse/shared/core/missing";
import { partitionStart } from "@candlehouse/shared/core/partition";
import type { Series } from "@candlehouse/shared/core/series";

/**
 * Enters a file of `partition` in the manifest that has two candles on the day of `time`, and is not
 * on R2: whoever looks into that day meets the damage.
 */
export async function putDamagedFile(
  { source, symbol, timeframe }: Series,
  partition: string,
  time: number,
): Promise<void> {
  const counts = Array.from(
    { length: dayOf(time) - dayOf(partitionStart(partition)) + 1 },
    () => 0,
  );
  counts[counts.length - 1] = 2;
  await env.DB.prepare(
    `INSERT INTO archive_files (source, symbol, timeframe, partition, key, state, format, rows,
       first_timestamp, last_timestamp, bytes, footer_length, content_hash, file_hash, footer_hash,
       day_counts, created_at)
     VALUES (?1, ?2, ?3, ?4, 'gone.parquet', 'current', 1, 2, ?5, ?5, 1000, 100, '', '', '', ?6, ?5)`,
  )
    .bind(source, symbol, timeframe, partition, time, JSON.stringify(counts))
    .run();
}

export async function clearFiles(): Promise<void> {
  await env.DB.prepare("DELETE FROM archive_files").run();
}
