import { env } from "cloudflare:workers";

/** A change of October of one of Binance's markets. */
interface Change {
  readonly symbol: string;
  /** Unix seconds. */
  readonly at: number;
  readonly sequence: number;
  readonly kind?: string;
  /** Whether a file comes with it. */
  readonly adds?: boolean;
}

/** Writes the change, and the file that comes with it; the file before it goes. */
export async function archiveMonth({
  symbol,
  at,
  sequence,
  kind = "archive",
  adds = true,
}: Change): Promise<void> {
  const key = `${symbol}-${sequence}`;
  const added = JSON.stringify(adds ? [[key, "current", "hash"]] : []);
  const removed = JSON.stringify(sequence === 1 ? [] : [`${symbol}-${sequence - 1}`]);
  const of = ["binance", symbol, "1m", "2026-10"];
  const change = env.DB.prepare(
    "INSERT INTO archive_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'before', 'after')",
  ).bind(...of, sequence, at, kind, added, removed);
  const file = env.DB.prepare(
    `INSERT INTO archive_files (source, symbol, timeframe, partition, key, state, format, rows,
      first_timestamp, last_timestamp, bytes, footer_length, content_hash, file_hash, footer_hash,
      day_counts, created_at)
     VALUES (?, ?, ?, ?, ?, 'current', 1, ?, 0, 1, ?, 1, 'c', 'f', 'o', '[]', ?)`,
  ).bind(...of, key, 1_000 + sequence, 18_000 + sequence, at);
  await env.DB.batch(adds ? [change, file] : [change]);
}
