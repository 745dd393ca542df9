import { storageErrorOf } from "@candlehouse/shared/d1/d1-error";

/** How a source is doing. Times are unix seconds. */
export interface SourceRow {
  readonly source: string;
  readonly state: "ok" | "failing" | "off";
  readonly since: number;
  readonly reason_code: string | null;
  readonly reason: string | null;
  readonly last_success_at: number | null;
  readonly last_error_at: number | null;
}

/** Every source that was asked for candles, by name. Throws StorageUnavailableError. */
export async function readSources(db: D1Database): Promise<readonly SourceRow[]> {
  try {
    const { results } = await db
      .prepare(`SELECT source, state, since, reason_code, reason, last_success_at, last_error_at
        FROM source_state ORDER BY source`)
      .all<SourceRow>();
    return results;
  } catch (error) {
    throw storageErrorOf(error);
  }
}
