import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { measureCompleteness } from "@candlehouse/shared/coverage/measure-completeness";
import { listNewestGaps, STILL_MISSING } from "@candlehouse/shared/d1/list-gaps";
import type { ShownRange } from "./choose-interval.ts";

/** Most gaps in one table: the newest. */
const PANEL_GAPS_MAX = 1_000;

/** A table as the simPod data source takes it; times are unix milliseconds. */
export interface PanelTable {
  readonly type: "table";
  readonly refId?: string | undefined;
  readonly columns: readonly {
    readonly text: string;
    readonly type: "time" | "number" | "string";
  }[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** The points of a line: value and unix milliseconds. */
interface PanelPoints {
  readonly target: string;
  readonly refId?: string | undefined;
  readonly datapoints: readonly (readonly [number | null, number])[];
}

/** What the simPod data source takes for one target. */
export type PanelAnswer = PanelPoints | PanelTable;

const GAP_COLUMNS = [
  { text: "start", type: "time" },
  { text: "end", type: "time" },
  { text: "series", type: "string" },
  { text: "missing", type: "number" },
  { text: "class", type: "string" },
  { text: "state", type: "string" },
  { text: "reason", type: "string" },
] as const;

/**
 * What `series` still lacks in `range`, the newest first. Where nothing was traded, nothing is
 * missing. Throws StorageUnavailableError.
 */
export async function gapsTable(
  db: D1Database,
  series: Series,
  { from, to }: ShownRange,
): Promise<PanelTable> {
  const { source, symbol, timeframe } = series;
  const { rows } = await listNewestGaps(
    db,
    { source, symbol, timeframe, start: from, end: to, ...STILL_MISSING },
    undefined,
    PANEL_GAPS_MAX,
  );
  return {
    type: "table",
    columns: GAP_COLUMNS,
    rows: rows.map((gap) => [
      gap.start * 1_000,
      gap.end * 1_000,
      formatSeries(gap.series),
      gap.missing,
      gap.class,
      gap.state,
      gap.evidence.reason,
    ]),
  };
}

const COMPLETENESS_COLUMNS = [
  { text: "series", type: "string" },
  { text: "expected", type: "number" },
  { text: "held", type: "number" },
  { text: "explained", type: "number" },
  { text: "missing", type: "number" },
  { text: "ratio", type: "number" },
] as const;

/** How complete `series` is in the UTC days of `range`. Throws StorageUnavailableError. */
export async function completenessTable(
  db: D1Database,
  series: Series,
  { from, to }: ShownRange,
  nowSeconds: number,
): Promise<PanelTable> {
  const { list } = await measureCompleteness(db, series, { start: from, end: to }, nowSeconds);
  return {
    type: "table",
    columns: COMPLETENESS_COLUMNS,
    rows: list.map((one) => [
      formatSeries(one.series),
      one.expected,
      one.held,
      one.explained,
      one.missing,
      one.ratio,
    ]),
  };
}
