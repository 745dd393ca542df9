import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BILLED_ITEMS, billOf, elapsedRatio, monthOf, parseMonth, PLAN } from "./cost.ts";
import { LEDGER_COUNTS, type LedgerCounts } from "./ledger.ts";

const counts: fc.Arbitrary<LedgerCounts> = fc.record(
  Object.fromEntries(LEDGER_COUNTS.map((name) => [name, fc.nat(10 ** 12)])),
);
const stored = fc.record({ d1_storage: fc.nat(10 ** 11), r2_storage: fc.nat(10 ** 13) });
const elapsed = fc.double({ min: 0.001, max: 1, noNaN: true });

describe("a bill", () => {
  test("is never projected below what is used", () => {
    fc.assert(
      fc.property(counts, stored, elapsed, (sums, bytes, over) => {
        for (const { used, projected, used_ratio, projected_ratio } of billOf(sums, bytes, over)
          .items) {
          expect(projected).toBeGreaterThanOrEqual(used);
          expect(projected_ratio).toBeGreaterThanOrEqual(used_ratio);
        }
      }),
    );
  });

  test("asks for nothing but the fee within what is included, and for more beyond it", () => {
    fc.assert(
      fc.property(counts, stored, elapsed, (sums, bytes, over) => {
        const { items, projected_usd } = billOf(sums, bytes, over);
        for (const { projected, included, projected_usd: usd, price } of items) {
          expect(usd > 0).toBe(((projected - included) / price.per) * price.usd >= 0.00005);
        }
        const sum = items.reduce<number>(
          (total, line) => total + line.projected_usd,
          PLAN.usd_a_month,
        );
        expect(projected_usd).toBeCloseTo(sum, 3);
      }),
    );
  });

  test("never falls when more is done, and never rises when the month goes on without work", () => {
    fc.assert(
      fc.property(counts, counts, stored, elapsed, elapsed, (one, more, bytes, a, b) => {
        const both = Object.fromEntries(
          LEDGER_COUNTS.map((name) => [name, (one[name] ?? 0) + (more[name] ?? 0)]),
        );
        const [early, late] = [Math.min(a, b), Math.max(a, b)];
        const usd = (sums: LedgerCounts, over: number) => billOf(sums, bytes, over).projected_usd;
        expect(usd(both, early)).toBeGreaterThanOrEqual(usd(one, early));
        expect(usd(one, late)).toBeLessThanOrEqual(usd(one, early));
      }),
    );
  });

  test("says what 1,000 series of minutes cost, half a month in", () => {
    const { items, projected_usd } = billOf(
      {
        rows_written: 43_577_640,
        queue_operations: 6_480_000,
        object_requests: 24_127_200,
        object_rows_written: 14_644_800,
      },
      { d1_storage: 2_800_000_000 },
      0.5,
    );
    expect(items.find(({ item }) => item === "rows_written")).toMatchObject({
      projected: 87_155_280,
      projected_usd: 37.1553,
    });
    expect(items.find(({ item }) => item === "queue_operations")).toMatchObject({
      projected: 12_960_000,
      projected_usd: 4.784,
    });
    expect(items.find(({ item }) => item === "object_requests")).toMatchObject({
      projected: 48_254_400,
      projected_usd: 7.0882,
    });
    // Of 50 million that are included.
    expect(items.find(({ item }) => item === "object_rows_written")).toMatchObject({
      projected: 29_289_600,
      projected_usd: 0,
    });
    expect(items.some(({ item }) => item === "r2_storage")).toBe(false);
    expect(projected_usd).toBe(54.0275);
  });

  test("of a month that has just begun is what is used by now", () => {
    const { items } = billOf({ rows_written: 7 }, {}, 0);
    expect(items[0]).toMatchObject({ used: 7, projected: 7 });
  });

  test("has a line for each thing that is billed, once", () => {
    const names = BILLED_ITEMS.map(({ item }) => item);
    expect(new Set(names).size).toBe(names.length);
    expect(billOf({}, { d1_storage: 1, r2_storage: 1 }, 1).items).toHaveLength(names.length);
  });
});

describe("a month", () => {
  test("begins with its first second and ends before the next month's", () => {
    expect(parseMonth("2026-12")).toEqual({
      start: Date.UTC(2026, 11) / 1_000,
      end: Date.UTC(2027, 0) / 1_000,
    });
    expect(monthOf(Date.UTC(2026, 11) / 1_000)).toBe("2026-12");
    expect(monthOf(Date.UTC(2026, 11) / 1_000 - 1)).toBe("2026-11");
  });

  test.each(["2026", "2026-13", "2026-00", "2026-1", "2026-11-01", ""])("is not %j", (text) => {
    expect(parseMonth(text)).toBeUndefined();
  });

  test("is over from nothing to all of it", () => {
    const month = { start: 1_000, end: 3_000 };
    expect([0, 1_000, 1_500, 3_000, 9_000].map((at) => elapsedRatio(month, at))).toEqual([
      0, 0, 0.25, 1, 1,
    ]);
  });
});
