import { isSourceId, type SourceId } from "@candlehouse/shared/core/source";
import { isTimeframe, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { IMPORT_FORMATS, recogniseFile } from "@candlehouse/shared/import/recognise-file";

/** Most bytes of a file that the system takes in one request: 95 MB. */
const IMPORT_BYTES_MAX = 95_000_000;

/** What a file is to be read as. An empty text is left to the file itself. */
export interface ImportDraft {
  readonly format: string;
  readonly source: SourceId | "";
  readonly symbol: string;
  readonly timeframe: Timeframe | "";
  readonly columns: string;
  readonly timeUnit: string;
}

export type ImportField = keyof ImportDraft;

export const FORMAT_CHOICES = ["auto", ...IMPORT_FORMATS] as const;

/** What the name of a file says of it; what it does not say is as it was for the file before. */
export function importDraftOf(name: string, before?: ImportDraft): ImportDraft {
  const { format, source, symbol, timeframe } = recogniseFile(name);
  if (source !== undefined) {
    return {
      format,
      source,
      symbol: symbol ?? "",
      timeframe: timeframe ?? "",
      columns: "",
      timeUnit: "auto",
    };
  }
  return {
    format: /\.zip$/i.test(name) ? "auto" : format,
    source: before?.source ?? "",
    symbol: before?.symbol ?? "",
    timeframe: before?.timeframe ?? "",
    columns: before?.columns ?? "",
    timeUnit: before?.timeUnit ?? "auto",
  };
}

/** Whether the name of a file says all that there is to know; an archive is looked into. */
export function isRecognised(name: string): boolean {
  const { source, symbol } = recogniseFile(name);
  return (source !== undefined && symbol !== undefined) || /\.zip$/i.test(name);
}

/** What is missing before a file can be sent, by field; empty where nothing is. */
export function importFaultsOf(
  name: string,
  { source, symbol, timeframe }: ImportDraft,
): Partial<Record<ImportField, string>> {
  if (isRecognised(name)) {
    return {};
  }
  return {
    ...(source === "" ? { source: "Say who published the candles." } : {}),
    ...(symbol.trim() === "" ? { symbol: "Say which market, such as BTC-USD." } : {}),
    ...(timeframe === "" ? { timeframe: "Say how long a candle is." } : {}),
  };
}

/** Why a file cannot be sent at all; null where it can. */
export function refusalOf({ name, size }: { readonly name: string; readonly size: number }) {
  if (!/\.(?:csv|zip|parquet|txt)$/i.test(name)) {
    return "It is no CSV, ZIP or Parquet file.";
  }
  if (size === 0) {
    return "It is empty.";
  }
  return size > IMPORT_BYTES_MAX
    ? "It has more than 95 MB. The command line sends such files in parts: candlehouse import."
    : null;
}

/** Path and query string of the request that sends the file. */
export function importAddress(name: string, draft: ImportDraft): string {
  const query = new URLSearchParams({ name });
  const given = {
    format: draft.format === "auto" ? "" : draft.format,
    source: draft.source,
    symbol: draft.symbol.trim().toUpperCase().replace("/", "-"),
    timeframe: draft.timeframe,
    columns: draft.columns.trim(),
    time_unit: draft.timeUnit === "auto" ? "" : draft.timeUnit,
  };
  for (const [parameter, value] of Object.entries(given)) {
    if (value !== "") {
      query.set(parameter, value);
    }
  }
  return `/v1/imports?${query.toString()}`;
}

const FIELDS: Readonly<Record<string, ImportField>> = {
  format: "format",
  source: "source",
  symbol: "symbol",
  timeframe: "timeframe",
  columns: "columns",
  time_unit: "timeUnit",
};

/** The field that a refusal is about; undefined where it is about none. */
export function importFieldOf(parameter: string | undefined): ImportField | undefined {
  return FIELDS[parameter ?? ""];
}

/** The source or timeframe that was chosen; nothing where it was taken back. */
export const sourceOr = (text: string): SourceId | "" => (isSourceId(text) ? text : "");
export const timeframeOr = (text: string): Timeframe | "" => (isTimeframe(text) ? text : "");
