import { parseSeries } from "../core/series.ts";
import { throwStorageError } from "./d1-error.ts";

/** What became of a file that was imported, as it is answered and kept. Times are unix seconds. */
export interface ImportReport {
  readonly id: string;
  /** Of the file, as its sender named it. */
  readonly name: string;
  readonly format: string;
  /** Where its values stand, as its sender had it; null where the header or the format says it. */
  readonly columns: string | null;
  readonly time_unit: string;
  /** `kraken:BTC-USD:1h`; null where the file does not get that far. */
  readonly series: string | null;
  readonly state: "complete" | "rejected";
  /** Whether the same bytes were imported before: then nothing was done. */
  readonly known: boolean;
  /** The sum of stored, duplicate, revised and rejected. */
  readonly rows_read: number;
  /** Candles that were not held before. */
  readonly stored: number;
  readonly duplicate: number;
  /** Candles that were held with other values. */
  readonly revised: number;
  readonly rejected: number;
  /** Of `rejected`, rows whose candle had not closed yet: read again later, they are taken. */
  readonly rejected_open: number;
  /** Of `stored`, those that went through the queue. */
  readonly queued: number;
  /** The first 100. */
  readonly rejections: readonly { readonly line: number; readonly reason: string }[];
  /** Columns that the header names and nothing reads, as it spells them. */
  readonly unused_columns: readonly string[];
  readonly first_timestamp: number | null;
  readonly last_timestamp: number | null;
  readonly sha256: string;
  readonly bytes: number;
  readonly durationMs: number;
  readonly message: string;
}

/** Where a list of imports goes on: behind this one, newest first. */
export interface ImportPosition {
  readonly created_at: number;
  readonly id: string;
}

/** A list of imports, and where it goes on; null at its end. */
export interface ImportPage {
  readonly imports: readonly ImportReport[];
  readonly next: ImportPosition | null;
}

/** Behind the ids of a file's imports, all of which begin with the same text. */
const LAST_CHARACTER = "~";

const SAVE = `
INSERT INTO jobs (id, kind, source, symbol, timeframe, state, request, progress, message,
  created_at, started_at, updated_at, finished_at)
VALUES (?1, 'import', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?10)
ON CONFLICT (id) DO UPDATE SET
  state = excluded.state, request = excluded.request, progress = excluded.progress,
  message = excluded.message, updated_at = excluded.updated_at, finished_at = excluded.finished_at`;

const SELECT = "SELECT id, created_at, progress FROM jobs WHERE kind = 'import'";

/** By the key alone: the plus keeps the index of all imports by time from being walked for it. */
const SELECT_OF_FILE = `
SELECT id, created_at, progress FROM jobs WHERE id >= ?4 AND id < ?5 AND +kind = 'import'`;

/** The id of an import: of the same bytes, read the same way, it is the same. */
export function importId(sha256: string, reading: string): string {
  return `import-${sha256}-${reading}`;
}

/** Keeps what became of a file; what became of it before is forgotten. */
export async function saveImport(
  db: D1Database,
  report: ImportReport,
  { startedAt, finishedAt }: { readonly startedAt: number; readonly finishedAt: number },
): Promise<void> {
  const {
    source = null,
    symbol = null,
    timeframe = null,
  } = report.series === null ? {} : (parseSeries(report.series) ?? {});
  const { name, format, sha256 } = report;
  await db
    .prepare(SAVE)
    .bind(
      report.id,
      source,
      symbol,
      timeframe,
      report.state === "complete" ? "complete" : "failed",
      JSON.stringify({ name, format, sha256 }),
      JSON.stringify(report),
      report.message,
      startedAt,
      finishedAt,
    )
    .run()
    .catch(throwStorageError);
}

interface JobRow {
  readonly id: string;
  readonly created_at: number;
  /** JSON of an ImportReport: `saveImport` alone writes these rows. */
  readonly progress: string;
}

/** What became of the import `id`; undefined where there is none. */
export async function readImport(db: D1Database, id: string): Promise<ImportReport | undefined> {
  const row = await db
    .prepare(`${SELECT} AND id = ?1`)
    .bind(id)
    .first<JobRow>()
    .catch(throwStorageError);
  return row === null ? undefined : reportOf(row);
}

/** Imports, newest first; of the file with the hash `sha256` alone where it is given. */
export async function listImports(
  db: D1Database,
  sha256: string | undefined,
  after: ImportPosition | undefined,
  limit: number,
): Promise<ImportPage> {
  const prefix = `import-${sha256}-`;
  const bound = sha256 === undefined ? [] : [prefix, `${prefix}${LAST_CHARACTER}`];
  const { results } = await db
    .prepare(
      `${sha256 === undefined ? SELECT : SELECT_OF_FILE} AND (created_at, id) < (?1, ?2)
       ORDER BY created_at DESC, id DESC LIMIT ?3`,
    )
    .bind(after?.created_at ?? Number.MAX_SAFE_INTEGER, after?.id ?? "", limit + 1, ...bound)
    .all<JobRow>()
    .catch(throwStorageError);
  const page = results.slice(0, limit);
  const last = page.at(-1);
  return {
    imports: page.map(reportOf),
    next:
      results.length > limit && last !== undefined
        ? { created_at: last.created_at, id: last.id }
        : null,
  };
}

function reportOf({ progress }: JobRow): ImportReport {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- saveImport wrote it
  return JSON.parse(progress) as ImportReport;
}
