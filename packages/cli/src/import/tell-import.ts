import { EXIT_CODES, type ExitCode } from "../command-error.ts";
import type { Output } from "../output.ts";
import { formatBytes, formatCount, formatNumber } from "../terminal/format.ts";
import { colourState } from "../terminal/state-colour.ts";
import type { Column } from "../terminal/table.ts";
import type { PlannedFile } from "./plan-import.ts";
import { isBad } from "./run-import.ts";
import type { FileResult } from "./file-result.ts";

/** More files than this are told series by series. */
const FILES_SHOWN_MAX = 25;
/** Rejected rows of a file that are told; --json has up to a hundred. */
const ROWS_SHOWN_MAX = 5;

/** Files of one series, or one file. */
interface PlanLine {
  readonly name: string;
  readonly series: string;
  readonly action: string;
  readonly rows: number;
  readonly bytes: number;
}

/** Shows what is to be done with each file, or with the files of each series where they are many. */
export function tellPlan(
  out: Output,
  plan: readonly PlannedFile[],
  rows: ReadonlyMap<string, number>,
): void {
  const isShort = plan.length <= FILES_SHOWN_MAX;
  const groups = groupBy(plan, (file) =>
    isShort ? file.path : `${file.series ?? ""} ${file.action}`,
  );
  const lines = groups.map((files): PlanLine => ({
    name: nameOf(files),
    series: files[0]?.series ?? (files[0]?.format === "parquet" ? "as the file says" : "?"),
    action: wordsOf(files[0]),
    rows: files.reduce((sum, { path }) => sum + (rows.get(path) ?? 0), 0),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
  }));
  out.table(PLAN_COLUMNS, lines);
  const due = plan.filter(({ path }) => rows.has(path));
  const dueRows = [...rows.values()].reduce((sum, count) => sum + count, 0);
  const dueBytes = due.reduce((sum, { bytes }) => sum + bytes, 0);
  const series = new Set(due.map((file) => file.series)).size;
  out.line(
    due.length === 0
      ? "there is nothing to import"
      : `${formatCount(due.length, "file")} of ${formatCount(series, "series")}: about ${formatCount(dueRows, "row")}, ${formatBytes(dueBytes)}`,
  );
}

/** The name of the file where it is one, else how many they are. */
function nameOf(files: readonly { readonly shown: string }[]): string {
  return files.length === 1 ? (files[0]?.shown ?? "") : formatCount(files.length, "file");
}

function wordsOf(file: PlannedFile | undefined): string {
  return file?.reason === undefined ? (file?.action ?? "") : `${file.action}: ${file.reason}`;
}

const PLAN_COLUMNS: readonly Column<PlanLine>[] = [
  { name: "file", mayShrink: true, text: ({ name }) => name },
  { name: "series", text: ({ series }) => series },
  {
    name: "rows",
    align: "right",
    text: ({ rows }) => (rows === 0 ? "–" : `~${formatNumber(rows)}`),
  },
  { name: "size", align: "right", text: ({ bytes }) => formatBytes(bytes) },
  { name: "what", mayShrink: true, text: ({ action }) => action },
];

/** Shows what came of the files, what was not taken and why, and a sentence about all. */
export function tellResults(
  out: Output,
  plan: readonly PlannedFile[],
  results: readonly FileResult[],
  isStopped: boolean,
): void {
  const isShort = results.length <= FILES_SHOWN_MAX;
  const groups = groupBy(results, ({ path, series }) => (isShort ? path : (series ?? "?")));
  out.table(RESULT_COLUMNS, groups.map(sumOf));
  for (const result of results.filter(isBad)) {
    tellRejections(out, result);
  }
  for (const { path, unused_columns: names } of results) {
    if (names.length > 0) {
      out.line(`${path}: columns that were not read: ${names.join(", ")}`);
    }
  }
  for (const { path, reason } of plan.filter(({ action }) => action === "unknown")) {
    out.line(`${path} was not imported: ${reason}`);
  }
  out.line(summaryOf(plan, results, isStopped));
}

interface ResultLine {
  readonly name: string;
  readonly series: string;
  readonly state: string;
  readonly read: number;
  readonly stored: number;
  readonly duplicate: number;
  readonly revised: number;
  readonly rejected: number;
}

function sumOf(files: readonly FileResult[]): ResultLine {
  const sum = (name: "rows_read" | "stored" | "duplicate" | "revised" | "rejected") =>
    files.reduce((total, file) => total + file[name], 0);
  return {
    name: nameOf(files),
    series: files[0]?.series ?? "?",
    state: [...new Set(files.map(({ state }) => state))].join(", "),
    read: sum("rows_read"),
    stored: sum("stored"),
    duplicate: sum("duplicate"),
    revised: sum("revised"),
    rejected: sum("rejected"),
  };
}

const RESULT_COLUMNS: readonly Column<ResultLine>[] = [
  { name: "file", mayShrink: true, text: ({ name }) => name },
  { name: "series", text: ({ series }) => series },
  { name: "state", text: ({ state }) => colourState(state) },
  { name: "rows", align: "right", leaveOut: 1, text: ({ read }) => formatNumber(read) },
  { name: "stored", align: "right", text: ({ stored }) => formatNumber(stored) },
  { name: "known", align: "right", text: ({ duplicate }) => formatNumber(duplicate) },
  { name: "revised", align: "right", leaveOut: 2, text: ({ revised }) => formatNumber(revised) },
  { name: "rejected", align: "right", text: ({ rejected }) => formatNumber(rejected) },
];

function tellRejections(out: Output, { path, reason, rejected, rejections }: FileResult): void {
  if (reason !== null) {
    out.line(`${path}: ${reason}`);
  }
  for (const { line, reason: why } of rejections.slice(0, ROWS_SHOWN_MAX)) {
    out.line(`${path}${line === null ? "" : `:${line}`}: ${why}`);
  }
  const more = rejected - Math.min(rejections.length, ROWS_SHOWN_MAX);
  if (more > 0 && rejections.length > 0) {
    out.line(`${path}: and ${formatCount(more, "rejected row")} more; --json has more of them`);
  }
}

function summaryOf(
  plan: readonly PlannedFile[],
  results: readonly FileResult[],
  isStopped: boolean,
): string {
  const sum = (name: "stored" | "duplicate" | "revised" | "rejected") =>
    results.reduce((total, result) => total + result[name], 0);
  const bad = results.filter(({ state }) => state === "rejected" || state === "failed").length;
  const done = plan.filter(({ action }) => action === "done").length;
  const left = plan.filter(({ action }) => action === "left out").length;
  const parts = [
    `${formatCount(sum("stored"), "candle")} stored`,
    `${formatNumber(sum("duplicate"))} known before`,
    ...(sum("revised") > 0 ? [`${formatNumber(sum("revised"))} revised`] : []),
    ...(sum("rejected") > 0 ? [`${formatCount(sum("rejected"), "row")} rejected`] : []),
    ...(bad > 0 ? [`${formatCount(bad, "file")} not taken`] : []),
    ...(done > 0 ? [`${formatCount(done, "file")} done before`] : []),
    ...(left > 0 ? [`${formatCount(left, "file")} left out`] : []),
  ];
  const end = isStopped ? "; stopped there: the same command goes on with the rest" : "";
  return `imported ${formatCount(results.length - bad, "file")}: ${parts.join(", ")}${end}`;
}

/** Files that nobody knows the series of are a problem too. */
export function exitCodeOfImport(
  results: readonly FileResult[],
  unknown: number,
  isStopped: boolean,
): ExitCode {
  if (isStopped) {
    return EXIT_CODES.failed;
  }
  return unknown > 0 || results.some(isBad) ? EXIT_CODES.problems : EXIT_CODES.done;
}

function groupBy<Item>(items: readonly Item[], key: (item: Item) => string): Item[][] {
  return [...Map.groupBy(items, key).values()];
}
