import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { filterOf, openText, queryOf, withFilter, type LetterFilter } from "./letter-filter.ts";

const filters: fc.Arbitrary<LetterFilter> = fc.record({
  state: fc.constantFrom("open", "replayed", "discarded", null),
  source: fc.option(fc.string({ minLength: 1 })),
  queue: fc.option(fc.string({ minLength: 1 })),
});

describe("the filter of the dead letters", () => {
  it("is restored from the address that it was written to", () => {
    fc.assert(
      fc.property(filters, (filter) => {
        const search = withFilter(new URLSearchParams("rates=table"), filter);
        expect(filterOf(new URLSearchParams(search.toString()))).toEqual(filter);
        expect(search.get("rates")).toBe("table");
      }),
    );
  });

  it("shows the open ones of an address that says nothing, or nonsense", () => {
    const open = { state: "open", source: null, queue: null };
    expect(filterOf(new URLSearchParams())).toEqual(open);
    expect(filterOf(new URLSearchParams("letters=lost"))).toEqual(open);
    expect(
      withFilter(new URLSearchParams("letters=all"), filterOf(new URLSearchParams())).size,
    ).toBe(0);
  });

  it("asks the API for nothing that is not chosen", () => {
    expect(queryOf({ state: null, source: "kraken", queue: null })).toEqual({ source: "kraken" });
  });

  it("says whom a replay of all means", () => {
    expect(openText({ state: null, source: null, queue: null })).toBe("every open dead letter");
    expect(openText({ state: "open", source: "kraken", queue: "candles-dlq" })).toBe(
      "every open dead letter of kraken from the queue candles-dlq",
    );
  });
});
