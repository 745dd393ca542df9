import type { ImportReport } from "../answers/import.ts";
import type { PlannedFile } from "./plan-import.ts";

/** What came of a file: the sums of its parts. */
export interface FileResult {
  readonly path: string;
  /** How it is shown in tables. */
  readonly shown: string;
  readonly series: string | null;
  /** `known`: the system had these bytes already. `failed`: it could not be sent or taken now. */
  readonly state: "complete" | "known" | "empty" | "rejected" | "failed";
  readonly bytes: number;
  readonly rows_read: number;
  readonly stored: number;
  readonly duplicate: number;
  readonly revised: number;
  readonly rejected: number;
  readonly rejections: readonly { readonly line: number | null; readonly reason: string }[];
  readonly unused_columns: readonly string[];
  readonly first_timestamp: number | null;
  readonly last_timestamp: number | null;
  /** Why it was not taken. */
  readonly reason: string | null;
}

/** Most rejected rows of a file that are kept for the list. */
const REJECTIONS_MAX = 100;

/** A result of nothing read. */
export function refused(
  { path, shown, series, bytes }: PlannedFile,
  state: "rejected" | "failed" | "empty",
  reason: string | null,
): FileResult {
  return {
    path,
    shown,
    series: series ?? null,
    state,
    bytes,
    rows_read: 0,
    stored: 0,
    duplicate: 0,
    revised: 0,
    rejected: 0,
    rejections: [],
    unused_columns: [],
    first_timestamp: null,
    last_timestamp: null,
    reason,
  };
}

/** What came of a file by the reports of its parts; `isKnown` where all of them were known. */
export function sumOf(
  file: PlannedFile,
  reports: readonly ImportReport[],
  isKnown: boolean,
): FileResult {
  const sum = (name: "rows_read" | "stored" | "duplicate" | "revised" | "rejected") =>
    reports.reduce((total, report) => total + report[name], 0);
  // Of a file that is cut, a part whose rows are all rejected is one that was taken.
  const isRejected = reports.length > 0 && sum("rejected") === sum("rows_read");
  const [rejection] = reports.flatMap(({ rejections }) => rejections);
  const times = reports.flatMap(({ first_timestamp, last_timestamp }) =>
    [first_timestamp, last_timestamp].filter((time) => time !== null),
  );
  return {
    path: file.path,
    shown: file.shown,
    series: reports[0]?.series ?? file.series ?? null,
    state: isRejected ? "rejected" : isKnown ? "known" : "complete",
    bytes: file.bytes,
    rows_read: sum("rows_read"),
    stored: isKnown ? 0 : sum("stored"),
    duplicate: isKnown ? sum("rows_read") - sum("rejected") : sum("duplicate"),
    revised: isKnown ? 0 : sum("revised"),
    rejected: sum("rejected"),
    rejections: reports.flatMap(({ rejections }) => rejections).slice(0, REJECTIONS_MAX),
    unused_columns: [...new Set(reports.flatMap(({ unused_columns }) => unused_columns))],
    first_timestamp: times.length === 0 ? null : Math.min(...times),
    last_timestamp: times.length === 0 ? null : Math.max(...times),
    reason: isRejected
      ? `none of its ${sum("rows_read")} rows can be stored; ${rejection?.reason ?? ""}`
      : null,
  };
}
