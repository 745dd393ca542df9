import { env } from "cloudflare:workers";
import { dayUnits, runUnits } from "@candlehouse/shared/core/fleet-month-archive";
import { sumCounts, type LedgerCounts, type LedgerTally } from "@candlehouse/shared/core/ledger";
import { listHotSeries } from "@candlehouse/shared/d1/hot-candles";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { archivePartition } from "../src/archive-partition.ts";
import { cleanUp } from "../src/clean-up.ts";
import { countWork } from "../src/count-work.ts";
import { archiverAt, clearWarehouse } from "./archiver-at.ts";
import { candlesAt, contextAt, paramsOf, putHot, seriesOf, stepsOf, TODAY } from "./warehouse.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);

const DAY_SECONDS = 86_400;
const SERIES = ["ONE", "TWO", "THREE", "FOUR"].map((name) => seriesOf(`MONTH${name}`));
/** Candles of each that a run takes. */
const CANDLES = 200;

beforeEach(async () => {
  await clearWarehouse();
  await env.DB.prepare("DELETE FROM cost_ledger").run();
});

/** What the ledger has of the hour of `at`, where nothing else is told of then. */
async function ledgerAt(at: number): Promise<LedgerTally> {
  const { results } = await env.DB.prepare("SELECT * FROM cost_ledger WHERE hour = ?")
    .bind(at)
    .all<LedgerTally>();
  return sumCounts(results);
}

/** All that is counted but the rows that are read, of which a few depend on what lies beside. */
function expectBilled(real: LedgerTally, counts: LedgerCounts): void {
  const { rows_read: read, ...exact } = sumCounts([counts]);
  expect(real).toMatchObject({ ...exact, duration_ms: real.duration_ms });
  expect(Math.abs(read - real.rows_read)).toBeLessThan(0.02 * real.rows_read + 40);
}

async function archiveAll(day: number): Promise<void> {
  for (const series of SERIES) {
    await putHot(series, candlesAt(day * CANDLES, (day + 1) * CANDLES));
    const context = contextAt(TODAY + day * DAY_SECONDS);
    await archivePartition(context, paramsOf(series), stepsOf());
  }
}

describe("a simulated archive", () => {
  test("is billed what the archiver is billed for runs, and for the clean-up after them", async () => {
    await archiveAll(0);
    expectBilled(await ledgerAt(TODAY), sumCounts(SERIES.map(() => runUnits(CANDLES, false))));
    await archiveAll(1);
    expectBilled(
      await ledgerAt(TODAY + DAY_SECONDS),
      sumCounts(SERIES.map(() => runUnits(CANDLES, true))),
    );
    for (const series of SERIES) {
      await putHot(series, candlesAt(20_000, 20_002));
    }
    const at = TODAY + 3 * DAY_SECONDS;
    await countWork(archiverAt(at).context, "archive", async (context, tally) => {
      tally.requests = 1;
      await listHotSeries(context.db);
      expect(await cleanUp(context, at)).toMatchObject({ deleted: SERIES.length });
    });
    const day = { hotSeries: SERIES.length, objects: SERIES.length, deleted: SERIES.length };
    expectBilled(await ledgerAt(at), dayUnits(day));
  });
});
