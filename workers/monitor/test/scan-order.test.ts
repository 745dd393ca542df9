import * as fc from "fast-check";
import { beforeEach, expect, test, vi } from "vitest";
import { scanPage, type ScanOrder } from "../src/scan-page.ts";
import {
  answered,
  clearAll,
  clearGaps,
  collect,
  DAY,
  gapRows,
  monitorAt,
  NOW,
  putHot,
  seriesOf,
  TODAY,
} from "./holdings.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);

beforeEach(clearAll);

const HOUR = 3_600;
const DAYS = 6;
const START = TODAY - DAYS * DAY;
const HOURS = DAYS * 24;

const part = fc
  .tuple(fc.nat({ max: HOURS - 1 }), fc.integer({ min: 1, max: HOURS }))
  .map(([from, length]) => [from, Math.min(HOURS, from + length)] as const);

const worlds = fc.record({
  source: fc.constantFrom("kraken" as const, "binance" as const),
  held: fc.uniqueArray(fc.nat({ max: HOURS - 1 }), { minLength: HOURS / 4, maxLength: HOURS }),
  asks: fc.array(part, { maxLength: 4 }),
  rejected: fc.array(fc.nat({ max: HOURS - 1 }), { maxLength: 6 }),
  early: fc.array(part, { maxLength: 3 }),
  late: fc.array(part, { minLength: 1, maxLength: 4 }),
});

function scan(range?: readonly [number, number]) {
  const [from, to] = range ?? [0, undefined];
  const scope: ScanOrder["scope"] = {
    kind: "range",
    ...(range === undefined ? {} : { start: START + from * HOUR }),
    ...(to === undefined ? {} : { end: START + to * HOUR }),
  };
  return scanPage(monitorAt(NOW), { filter: {}, scope });
}

async function records(): Promise<unknown[]> {
  return (await gapRows()).map(({ start, end, missing, runs, class: name, state }) => [
    (start - START) / HOUR,
    (end - START) / HOUR,
    missing,
    runs,
    name,
    state,
  ]);
}

test("scans of any parts, before and after, leave the records of one whole scan", async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async ({ source, held, asks, rejected, early, late }) => {
      await clearAll();
      const series = seriesOf("BTC-USD", source, "1h");
      await collect(series);
      const missing = new Set(rejected);
      // The first candle is held: where a series begins is not what this is about.
      const hours = [...new Set([0, ...held.filter((hour) => !missing.has(hour))])];
      await putHot(
        series,
        hours.map((hour) => START + hour * HOUR),
      );
      for (const [from, to] of asks) {
        await answered(series, START + from * HOUR, START + to * HOUR, {
          rejected: rejected.toSorted((a, b) => a - b).map((hour) => START + hour * HOUR),
        });
      }
      await scan();
      const whole = await records();
      await clearGaps();
      for (const range of early) {
        await scan(range);
      }
      await scan();
      expect(await records()).toEqual(whole);
      for (const range of late) {
        await scan(range);
        expect(await records()).toEqual(whole);
      }
    }),
    { numRuns: 40 },
  );
});
