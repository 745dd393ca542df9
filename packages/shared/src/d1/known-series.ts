import { NotFoundError } from "../core/errors.ts";
import { formatSeries, type Series } from "../core/series.ts";
import { throwStorageError } from "./d1-error.ts";
import { ownerOf } from "./databases.ts";

const OF_SERIES = "source = ?1 AND symbol = ?2 AND timeframe = ?3";
const TABLES = ["series", "price_data", "archive_files", "archive_changes"];

const SELECT_KNOWN = `
SELECT ${TABLES.map((table) => `EXISTS (SELECT 1 FROM ${table} WHERE ${OF_SERIES})`).join(" OR ")}
  AS known`;

/** Whether `series` is collected, has hot candles, or has files or had some. Throws StorageUnavailableError. */
export async function isSeriesKnown(
  databases: D1Database,
  { source, symbol, timeframe }: Series,
): Promise<boolean> {
  const db = ownerOf(databases, { source, symbol, timeframe });
  const known = await db
    .prepare(SELECT_KNOWN)
    .bind(source, symbol, timeframe)
    .first<number>("known")
    .catch(throwStorageError);
  return known === 1;
}

/** Throws NotFoundError where nothing is known of `series`, and as `isSeriesKnown` does. */
export async function assertSeriesKnown(db: D1Database, series: Series): Promise<void> {
  if (!(await isSeriesKnown(db, series))) {
    throw new NotFoundError(
      `there is no series ${formatSeries(series)}: it is not collected, and has neither candles nor files`,
    );
  }
}
