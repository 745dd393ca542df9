import type { LedgerCount, LedgerCounts } from "./ledger.ts";

/**
 * What Cloudflare bills on the plan Workers Paid, as of November 2026. All of it is a month's. The
 * pages say what each unit is: look again before relying on a price.
 */

/** A base fee, whatever is used. https://developers.cloudflare.com/workers/platform/pricing/ */
export const PLAN = { name: "Workers Paid", usd_a_month: 5 } as const;

/** What is paid for beyond what is included: `usd` for each `per` units. */
export interface Price {
  readonly usd: number;
  readonly per: number;
}

/** Something that is billed. */
export interface BilledItem {
  /** The count of the ledger, or the storage, that it is a bill for. */
  readonly item: LedgerCount | StoredItem;
  readonly name: string;
  readonly unit: string;
  /** Units a month that cost nothing. */
  readonly included: number;
  readonly price: Price;
}

/** What is billed by how much lies there, not by how much is done. */
export const STORED_ITEMS = ["d1_storage", "r2_storage"] as const;
export type StoredItem = (typeof STORED_ITEMS)[number];

const MILLION = 1_000_000;
const GIGABYTE = 1_000_000_000;

/** https://developers.cloudflare.com/workers/platform/pricing/#workers */
const WORKERS_REQUESTS: BilledItem = {
  item: "requests",
  name: "Workers requests",
  unit: "requests",
  included: 10 * MILLION,
  price: { usd: 0.3, per: MILLION },
};

/** https://developers.cloudflare.com/queues/platform/pricing/ */
const QUEUE_OPERATIONS: BilledItem = {
  item: "queue_operations",
  name: "Queue operations",
  unit: "operations",
  included: MILLION,
  price: { usd: 0.4, per: MILLION },
};

/** https://developers.cloudflare.com/d1/platform/pricing/ */
const D1_ROWS_READ: BilledItem = {
  item: "rows_read",
  name: "D1 rows read",
  unit: "rows",
  included: 25_000 * MILLION,
  price: { usd: 0.001, per: MILLION },
};

/** https://developers.cloudflare.com/d1/platform/pricing/ */
const D1_ROWS_WRITTEN: BilledItem = {
  item: "rows_written",
  name: "D1 rows written",
  unit: "rows",
  included: 50 * MILLION,
  price: { usd: 1, per: MILLION },
};

/** Bytes a month; 10 GB is the largest database. https://developers.cloudflare.com/d1/platform/pricing/ */
const D1_STORAGE: BilledItem = {
  item: "d1_storage",
  name: "D1 storage",
  unit: "bytes",
  included: 5 * GIGABYTE,
  price: { usd: 0.75, per: GIGABYTE },
};

/** Operations that write or list. https://developers.cloudflare.com/r2/pricing/ */
const R2_CLASS_A: BilledItem = {
  item: "class_a",
  name: "R2 writes and lists",
  unit: "operations",
  included: MILLION,
  price: { usd: 4.5, per: MILLION },
};

/** Operations that read. https://developers.cloudflare.com/r2/pricing/ */
const R2_CLASS_B: BilledItem = {
  item: "class_b",
  name: "R2 reads",
  unit: "operations",
  included: 10 * MILLION,
  price: { usd: 0.36, per: MILLION },
};

/** Bytes a month. https://developers.cloudflare.com/r2/pricing/ */
const R2_STORAGE: BilledItem = {
  item: "r2_storage",
  name: "R2 storage",
  unit: "bytes",
  included: 10 * GIGABYTE,
  price: { usd: 0.015, per: GIGABYTE },
};

/** Waits count too. https://developers.cloudflare.com/workflows/reference/pricing/ */
const WORKFLOW_STEPS: BilledItem = {
  item: "steps",
  name: "Workflow steps",
  unit: "steps",
  included: 500_000,
  price: { usd: 0.8, per: 100_000 },
};

/**
 * Each call of a method is one. https://developers.cloudflare.com/durable-objects/platform/pricing/
 */
const OBJECT_REQUESTS: BilledItem = {
  item: "object_requests",
  name: "Durable Object requests",
  unit: "requests",
  included: MILLION,
  price: { usd: 0.15, per: MILLION },
};

/** https://developers.cloudflare.com/durable-objects/platform/pricing/#sqlite-storage-backend */
const OBJECT_ROWS_WRITTEN: BilledItem = {
  item: "object_rows_written",
  name: "Durable Object rows written",
  unit: "rows",
  included: 50 * MILLION,
  price: { usd: 1, per: MILLION },
};

/** All that is billed and known, what costs a warehouse most first. */
export const BILLED_ITEMS: readonly BilledItem[] = [
  D1_ROWS_WRITTEN,
  OBJECT_REQUESTS,
  QUEUE_OPERATIONS,
  OBJECT_ROWS_WRITTEN,
  D1_ROWS_READ,
  WORKERS_REQUESTS,
  WORKFLOW_STEPS,
  R2_CLASS_A,
  R2_CLASS_B,
  D1_STORAGE,
  R2_STORAGE,
];

/** What is billed and no row of the ledger tells. */
export const NOT_COUNTED = [
  "requests of readers over HTTP, the rows and files that they read, and changes of series and other settings",
  "the time that Durable Objects work beyond 400,000 GB-s a month, and the rows that they read beyond 25,000 million",
  "CPU time of Workers beyond 30 million milliseconds a month",
  "log events beyond 20 million a month",
] as const;

/** One line of a bill. Ratios are of what is included: 1 is all of it. */
export interface BillLine extends BilledItem {
  readonly used: number;
  /** By the month's end. */
  readonly projected: number;
  readonly used_ratio: number;
  readonly projected_ratio: number;
  readonly projected_usd: number;
}

/** The bill of a month as it will be. */
export interface Bill {
  readonly items: readonly BillLine[];
  /** With the plan's fee. */
  readonly projected_usd: number;
}

/**
 * The bill of a month of which `elapsed` (0 to 1) is over and in which `sums` was counted and
 * `stored` bytes lie there. What is done is projected as if it went on to the month's end as it went
 * from its beginning to now; what lies there as if it stayed. A storage that is not known has no line.
 */
export function billOf(
  sums: LedgerCounts,
  stored: Readonly<Partial<Record<StoredItem, number>>>,
  elapsed: number,
): Bill {
  const items = BILLED_ITEMS.flatMap((billed) => {
    if (billed.item === "d1_storage" || billed.item === "r2_storage") {
      const bytes = stored[billed.item];
      return bytes === undefined ? [] : [lineOf(billed, bytes, bytes)];
    }
    const used = sums[billed.item] ?? 0;
    return [lineOf(billed, used, projectionOf(used, elapsed))];
  });
  const usd = items.reduce<number>((sum, line) => sum + line.projected_usd, PLAN.usd_a_month);
  return { items, projected_usd: roundUsd(usd) };
}

/** What `sums` and `stored` bytes come to as the bill of a whole month, with the plan's fee; not rounded. */
export function usdOf(
  sums: LedgerCounts,
  stored: Readonly<Partial<Record<StoredItem, number>>> = {},
): number {
  return BILLED_ITEMS.reduce<number>((usd, { item, included, price }) => {
    const used =
      item === "d1_storage" || item === "r2_storage" ? (stored[item] ?? 0) : (sums[item] ?? 0);
    return usd + (Math.max(0, used - included) / price.per) * price.usd;
  }, PLAN.usd_a_month);
}

/** What `sums` cost where nothing of what the plan includes is left. */
export function marginalUsdOf(sums: LedgerCounts): number {
  return BILLED_ITEMS.reduce<number>((usd, { item, price }) => {
    const used = item === "d1_storage" || item === "r2_storage" ? 0 : (sums[item] ?? 0);
    return usd + (used / price.per) * price.usd;
  }, 0);
}

function lineOf(billed: BilledItem, used: number, projected: number): BillLine {
  const { included, price } = billed;
  return {
    ...billed,
    used,
    projected,
    used_ratio: used / included,
    projected_ratio: projected / included,
    projected_usd: roundUsd((Math.max(0, projected - included) / price.per) * price.usd),
  };
}

function projectionOf(used: number, elapsed: number): number {
  return elapsed <= 0 ? used : Math.max(used, Math.round(used / Math.min(1, elapsed)));
}

/** To a hundredth of a cent. */
function roundUsd(usd: number): number {
  return Math.round(usd * 10_000) / 10_000;
}

/** A calendar month, UTC; unix seconds. */
export interface Month {
  /** Inclusive. */
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/;

/** The month that `text` names, such as 2026-11; undefined where it names none. */
export function parseMonth(text: string): Month | undefined {
  const [, year, month] = MONTH.exec(text) ?? [];
  return year === undefined || month === undefined
    ? undefined
    : {
        start: Date.UTC(Number(year), Number(month) - 1) / 1_000,
        end: Date.UTC(Number(year), Number(month)) / 1_000,
      };
}

/** The name of the month that holds `seconds`: 2026-11. */
export function monthOf(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().slice(0, 7);
}

/** How much of `month` is over at `nowSeconds`, 0 to 1. */
export function elapsedRatio({ start, end }: Month, nowSeconds: number): number {
  return Math.min(1, Math.max(0, (nowSeconds - start) / (end - start)));
}
