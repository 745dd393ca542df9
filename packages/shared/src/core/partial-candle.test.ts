import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { joinParts, partsOf, type CandlePart } from "./partial-candle.ts";
import { rollUpTrades, type Trade } from "./trade-candles.ts";

/** 2023-11-14 22:00 UTC. */
const TEN_PM_NS = 1_699_999_200n * 1_000_000_000n;

/** Trades of an hour with a few times, so that many share one. */
const tradeLists = fc
  .array(
    fc.record({
      ns: fc.bigInt({ min: 0n, max: 12n }).map((step) => step * 300_000_000_000n - step / 12n),
      price: fc.oneof(fc.integer({ min: 1, max: 99 }), fc.constant("12345678901234.12345678")),
      volume: fc.constantFrom<number | string>(0.1, 0.2, "12345678901234.12345678"),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((list) =>
    list.map(({ ns, price, volume }, id): Trade => {
      return { id: ((id * 17) % 41) + 1, timeNs: TEN_PM_NS + ns, price, volume };
    }),
  );

function trade(id: number, minute: bigint): Trade {
  return { id, timeNs: TEN_PM_NS + minute * 60_000_000_000n, price: id, volume: 1 };
}

describe("a candle that comes in parts", () => {
  test("is the same candle, however its trades are spread over the parts", () => {
    fc.assert(
      fc.property(
        tradeLists,
        fc.array(fc.nat(3), { minLength: 40, maxLength: 40 }),
        (all, pages) => {
          const parts = [0, 1, 2, 3].flatMap((page) =>
            partsOf(
              all.filter((_, place) => pages[place] === page),
              "1h",
            ),
          );
          const [first, ...others] = parts;
          const whole = others.reduce<CandlePart | undefined>(
            (joined, part) => (joined === undefined ? undefined : joinParts(joined, part)),
            first,
          );
          expect([whole?.candle]).toEqual(rollUpTrades(all, "1h"));
          expect(JSON.parse(JSON.stringify(whole))).toEqual(whole);
        },
      ),
    );
  });

  test("is told apart from the next one", () => {
    const parts = partsOf([trade(1, 0n), trade(2, 1n), trade(3, 1n)], "1m");
    expect(parts.map(({ candle, first, last }) => [candle.open, first.id, last.id])).toEqual([
      [1, 1, 1],
      [2, 2, 3],
    ]);
  });
});
