import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { archivePartition } from "../src/archive-partition.ts";
import { gated, type Gate } from "./stoppable.ts";
import { candlesAt, contextAt, paramsOf, putHot, seriesOf, stepsOf, TODAY } from "./warehouse.ts";

const DAY = 1_440;

/** What D1 bills and R2 is asked. */
interface Bill {
  rowsRead: number;
  rowsWritten: number;
  readonly r2: string[];
}

function isD1Result(value: unknown): value is D1Result {
  return typeof value === "object" && value !== null && "meta" in value;
}

/** A gate that adds what each call costs to `bill`. */
function billing(bill: Bill): Gate {
  return async (name, call) => {
    const result = await call();
    for (const one of [result].flat()) {
      if (isD1Result(one)) {
        bill.rowsRead += one.meta.rows_read;
        bill.rowsWritten += one.meta.rows_written;
      }
    }
    if (["get", "put", "head", "list", "delete"].includes(name)) {
      bill.r2.push(name);
    }
    return result;
  };
}

test("a run costs a row written and six read a candle, five beside, and four calls of R2; the ledger knows", async () => {
  const series = seriesOf("COST");
  await putHot(series, candlesAt(0, DAY));
  await archivePartition(contextAt(TODAY - 86_400), paramsOf(series), stepsOf());
  await putHot(series, candlesAt(DAY, 2 * DAY));
  const bill: Bill = { rowsRead: 0, rowsWritten: 0, r2: [] };
  const stores = {
    db: gated(env.DB, billing(bill)),
    bucket: gated(env.BUCKET, billing(bill)),
  };

  const outcome = await archivePartition(contextAt(TODAY, stores), paramsOf(series), stepsOf());

  expect(outcome).toMatchObject({ rows: 2 * DAY, added: DAY, deleted: DAY });
  // The link of the chain and its place in the index by time, the new file, the one that it replaces,
  // the ledger; a sixth when that file is deleted.
  expect(bill.rowsWritten).toBe(DAY + 5);
  expect(bill.rowsRead).toBeLessThan(6 * DAY + 100);
  expect(bill.r2).toEqual(["get", "put", "get", "get"]);
  const row = await env.DB.prepare("SELECT * FROM cost_ledger WHERE work = 'archive' AND hour = ?")
    .bind(TODAY)
    .first();
  expect(row).toMatchObject({
    runs: 1,
    candles: DAY,
    inserted: DAY,
    ignored: 0,
    revised: 0,
    requests: 1,
    rows_written: bill.rowsWritten,
    class_a: 1,
    class_b: 3,
    steps: 4,
  });
  // All that was read, but for what the row of the ledger itself took.
  const known = Number(row?.["rows_read"]);
  expect(bill.rowsRead - known).toBeGreaterThanOrEqual(0);
  expect(bill.rowsRead - known).toBeLessThanOrEqual(1);
});
