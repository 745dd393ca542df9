import { PLAN, type BillLine } from "@candlehouse/shared/core/cost";
import { LEDGER_COUNTS } from "@candlehouse/shared/core/ledger";
import type { SimulatedMonth } from "./month.ts";

/** A month as JSON. */
export function monthJson(fleet: string, month: SimulatedMonth) {
  const { works, bill, ...figures } = month;
  return {
    fleet,
    ...figures,
    usd: bill.projected_usd,
    usd_beyond_the_plan: beyondOf(month),
    items: bill.items.map(({ item, unit, used, included, projected_usd: usd }) => ({
      item,
      unit,
      used,
      included,
      billed: Math.max(0, used - included),
      usd,
    })),
    works: Array.from(works, ([work, tally]) => ({
      work,
      ...Object.fromEntries(LEDGER_COUNTS.map((name) => [name, tally[name]])),
    })),
  };
}

function beyondOf({ bill }: SimulatedMonth): number {
  return Math.round((bill.projected_usd - PLAN.usd_a_month) * 10_000) / 10_000;
}

const HEAD = ["billed", "used", "included", "beyond", "USD"];

/** A month as text, a line each. */
export function monthLines(fleet: string, month: SimulatedMonth): string[] {
  const { series, days, candles, bill, lateMinutes, replacedFiles } = month;
  const queue = month.queueOperationsACandle.toFixed(3);
  const least = month.leastQueueOperationsACandle.toFixed(3);
  const shown = bill.items.map(lineOf);
  return [
    `${fleet}: ${whole(series)} series, ${whole(candles)} candles in ${days} ${days === 1 ? "day" : "days"}`,
    ...table([HEAD, ...shown]),
    `rows written a candle, from its source to its archive: ${month.rowsWrittenACandle.toFixed(3)}`,
    `queue operations a candle: ${queue}; at least ${least}, with ten candles of one source a message and none that waits`,
    lateMinutes === 0
      ? "no series was ever left to a later minute"
      : `minutes after which a series was still due: ${whole(lateMinutes)} of ${whole(days * 1_440)}`,
    ...(replacedFiles > month.series
      ? [`the clean-up falls behind: ${whole(replacedFiles)} replaced files are left`]
      : []),
    `in all $${bill.projected_usd.toFixed(2)}: $${PLAN.usd_a_month.toFixed(2)} for the plan, and $${beyondOf(month).toFixed(2)} beyond what it includes`,
  ];
}

function lineOf({ name, unit, used, included, projected_usd: usd }: BillLine): string[] {
  const amount = (value: number): string =>
    unit === "bytes" ? `${(value / 1_000_000_000).toFixed(2)} GB` : whole(value);
  return [
    name,
    amount(used),
    amount(included),
    amount(Math.max(0, used - included)),
    usd.toFixed(2),
  ];
}

function whole(value: number): string {
  return value.toLocaleString("en-US");
}

/** Columns as wide as they must be; all but the first are numbers. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd(),
  );
}
