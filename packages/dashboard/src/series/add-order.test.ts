import { CandlehouseProblem } from "@candlehouse/client";
import { describe, expect, it } from "vitest";
import { addEach, addFaultsOf, backfillLink, namesOf, type AddDraft } from "./add-order.ts";

const DRAFT: AddDraft = {
  source: "kraken",
  symbols: "btc/usd, FOO-USD",
  timeframes: ["1h", "1d"],
  tier: null,
};

const isRefusal = (error: unknown): error is CandlehouseProblem =>
  error instanceof CandlehouseProblem && error.parameter === "series";

const failing = () => Promise.reject(new TypeError("nothing answers"));

/** A system that does not have FOO. */
function system() {
  const asked: (readonly string[])[] = [];
  const send = (names: readonly string[]) => {
    asked.push(names);
    return names.some((name) => name.includes("FOO"))
      ? Promise.reject(
          new CandlehouseProblem(400, { detail: "no FOO here", parameter: "series" }, undefined),
        )
      : Promise.resolve({ added: names, known: [], message: `Added ${names.length} series.` });
  };
  return { asked, send };
}

describe("series that are to be added", () => {
  it("are each symbol in each timeframe", () => {
    expect(namesOf(DRAFT, ["BTC-USD", "ETH-USD"])).toEqual([
      "kraken:BTC-USD:1h",
      "kraken:BTC-USD:1d",
      "kraken:ETH-USD:1h",
      "kraken:ETH-USD:1d",
    ]);
  });

  it("are asked for in one order where nothing is wrong with them", async () => {
    const { asked, send } = system();
    const outcome = await addEach({ ...DRAFT, symbols: "BTC-USD ETH-USD" }, send, isRefusal);
    expect(asked).toHaveLength(1);
    expect(outcome.added).toHaveLength(4);
    expect(outcome.refused).toEqual([]);
  });

  it("have an answer each where one is refused, and the others are added", async () => {
    const { send } = system();
    const outcome = await addEach(DRAFT, send, isRefusal);
    expect(outcome.added).toEqual(["kraken:BTC-USD:1h", "kraken:BTC-USD:1d"]);
    expect(outcome.refused).toEqual([{ symbol: "FOO-USD", why: "no FOO here" }]);
    expect(outcome.messages).toEqual(["Added 2 series."]);
  });

  it("are counted in one sentence, and what else was said is kept, each once", async () => {
    const { send } = system();
    const outcome = await addEach(
      { ...DRAFT, symbols: "XBT-USD FOO-USD XBT-EUR" },
      async (names) => {
        const answer = await send(names);
        return { ...answer, message: `${answer.message} XBT is BTC here.` };
      },
      isRefusal,
    );
    expect(outcome.messages).toEqual(["Added 4 series.", "XBT is BTC here."]);
  });

  it("fail as a whole where it is no matter of a series", async () => {
    await expect(addEach(DRAFT, failing, isRefusal)).rejects.toThrow("nothing answers");
  });

  it("are told what is missing, and that they are too many", () => {
    expect(Object.keys(addFaultsOf({ ...DRAFT, symbols: " ", timeframes: [] }))).toEqual([
      "symbols",
      "timeframes",
    ]);
    const many = Array.from({ length: 501 }, (_, i) => `A${i}-USD`).join(" ");
    expect(addFaultsOf({ ...DRAFT, symbols: many }).symbols).toContain("1002 series");
  });

  it("lead to the backfill of their history", () => {
    const link = new URL(
      backfillLink(DRAFT, ["kraken:BTC-USD:1h", "kraken:BTC-USD:1d"]),
      "http://x",
    );
    expect(Object.fromEntries(link.searchParams)).toEqual({
      start: "backfill",
      source: "kraken",
      symbols: "BTC-USD",
      timeframes: "1h,1d",
    });
  });
});
