import type { CandlehouseError } from "@candlehouse/shared/core/errors";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import type { ImportReport } from "@candlehouse/shared/d1/import-jobs";
import { log } from "@candlehouse/shared/log/log";
import type { ImportOrder } from "./import-order.ts";
import type { ImportRun } from "./import-run.ts";
import type { RowRange } from "./import-waiting.ts";

/** What a report says whatever became of the file. */
type About = Pick<
  ImportReport,
  "id" | "name" | "format" | "columns" | "time_unit" | "sha256" | "bytes" | "known"
>;

export function completeReport(
  about: About,
  { series, tally }: ImportRun,
  { rowsRead, first, last, unused }: RowRange,
): Omit<ImportReport, "durationMs"> {
  const { stored, duplicate, revised, rejected, queued } = tally;
  if (stored + duplicate + revised + rejected !== rowsRead) {
    throw new Error(
      `${rowsRead} rows were read, while ${stored + duplicate + revised + rejected} are accounted for`,
    );
  }
  return {
    ...about,
    series: formatSeries(series),
    state: "complete",
    rows_read: rowsRead,
    stored,
    duplicate,
    revised,
    rejected,
    rejected_open: tally.rejectedOpen,
    queued,
    rejections: tally.firstRejections(),
    unused_columns: unused,
    first_timestamp: first,
    last_timestamp: last,
    message: messageOf(series, { rowsRead, stored, duplicate, revised, rejected }),
  };
}

function messageOf(
  series: Series,
  rows: Record<"rowsRead" | "stored" | "duplicate" | "revised" | "rejected", number>,
): string {
  const others = (["duplicate", "revised", "rejected"] as const)
    .filter((name) => rows[name] > 0)
    .map((name) => `${rows[name]} ${name}`);
  const rest = others.length === 0 ? "" : `; ${others.join(", ")}`;
  return `Stored ${rows.stored} of ${rows.rowsRead} rows of ${formatSeries(series)}${rest}`;
}

/** What is told of a file that was imported before: it is all there. */
export function knownReport(
  before: ImportReport,
  { name }: ImportOrder,
  durationMs: number,
): ImportReport {
  return {
    ...before,
    name,
    known: true,
    stored: 0,
    duplicate: before.rows_read - before.rejected,
    revised: 0,
    queued: 0,
    durationMs,
    message: `The same file was imported before as ${before.name}: nothing is stored again`,
  };
}

export function rejectedReport(
  about: About,
  { series }: ImportOrder,
  run: ImportRun | undefined,
  error: CandlehouseError,
): Omit<ImportReport, "durationMs"> {
  const { tally } = run ?? {};
  const of = run?.series ?? series;
  const { stored = 0, duplicate = 0, revised = 0, rejected = 0, queued = 0 } = tally ?? {};
  return {
    ...about,
    series: of === undefined ? null : formatSeries(of),
    state: "rejected",
    rows_read: stored + duplicate + revised + rejected,
    stored,
    duplicate,
    revised,
    rejected,
    rejected_open: tally?.rejectedOpen ?? 0,
    queued,
    rejections: tally?.firstRejections() ?? [],
    unused_columns: [],
    first_timestamp: null,
    last_timestamp: null,
    message: error.message,
  };
}

export function logReport(report: ImportReport, fragments: number): void {
  const { id, name, series, format, state, bytes, message, durationMs } = report;
  const { rows_read: rows, stored, duplicate, revised, rejected, queued } = report;
  log("import.finished", {
    id,
    name,
    series,
    format,
    state,
    bytes,
    rows,
    stored,
    duplicate,
    revised,
    rejected,
    queued,
    fragments,
    message,
    durationMs,
  });
}
