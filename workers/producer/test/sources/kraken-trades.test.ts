import { SourceAnswerError } from "@candlehouse/shared/core/errors";
import { rollUpTrades } from "@candlehouse/shared/core/trade-candles";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sourceOf } from "../../src/sources/registry.ts";
import type { HttpRequest, TradeHistory, TradePage } from "../../src/sources/source.ts";
import { answerOf, TEN_PM } from "./answers.ts";
import { replaceSomewhere } from "./pages.ts";

const NOW = TEN_PM + 3_600;
const TEN_PM_NS = BigInt(TEN_PM) * 1_000_000_000n;

function history(): TradeHistory {
  const { trades } = sourceOf("kraken");
  if (trades === null) {
    throw new Error("kraken has no trades");
  }
  return trades;
}

function request(sinceNs: bigint): HttpRequest {
  return history().toTradesRequest("XBTUSD", sinceNs, "api.kraken.com", undefined);
}

type Row = readonly [string, string, number, "b" | "s", "m" | "l", string, number];

function row(id: number, seconds: number, price = "30243.40000", volume = "0.34507674"): Row {
  return [price, volume, seconds, "b", "m", "", id];
}

function body(rows: readonly unknown[], last: unknown): unknown {
  return { error: [], result: { XXBTZUSD: rows, last } };
}

function parse(rows: readonly unknown[], last: unknown): TradePage {
  return history().parseTrades(answerOf(body(rows, last), NOW));
}

describe("the trades of Kraken", () => {
  it("are asked for by a time that the first of them may have", () => {
    expect(request(1_688_669_597_827_736_900n)).toEqual({
      host: "api.kraken.com",
      path: "/0/public/Trades",
      query: { pair: "XBTUSD", since: "1688669597827736899", count: "1000" },
      headers: { "User-Agent": "candlehouse/0.1" },
    });
  });

  it("keep every digit of price, volume and time", () => {
    const page = parse([row(61_044_952, 1_699_999_597.8277369)], "1699999597827736842");
    expect(page).toEqual({
      trades: [
        {
          price: 30_243.4,
          volume: 0.345_076_74,
          timeNs: 1_699_999_597_827_736_900n,
          id: 61_044_952,
        },
      ],
      nextNs: 1_699_999_597_827_736_842n,
    });
    const long = parse([row(1, TEN_PM, "1234567890.123456789")], `${TEN_PM}000000000`);
    expect(long.trades[0]?.price).toBe("1234567890.123456789");
  });

  it("of a second that is whole stay in the minute that it begins", () => {
    const { trades } = parse([row(1, TEN_PM), row(2, TEN_PM + 60)], `${TEN_PM + 60}000000000`);
    expect(rollUpTrades(trades, "1m").map(({ timestamp }) => timestamp)).toEqual([
      TEN_PM,
      TEN_PM + 60,
    ]);
  });

  it("come oldest first, by id where their times are equal", () => {
    const rows = [row(9, TEN_PM + 2), row(8, TEN_PM + 2), row(7, TEN_PM + 1)];
    expect(parse(rows, `${TEN_PM + 2}000000000`).trades.map(({ id }) => id)).toEqual([7, 8, 9]);
  });

  it("may be none: then the time that was asked for comes back", () => {
    expect(parse([], String(TEN_PM_NS))).toEqual({ trades: [], nextNs: TEN_PM_NS });
  });

  it.each([
    ["a time that is no nanoseconds", [row(1, TEN_PM)], String(TEN_PM)],
    ["a time as a number", [row(1, TEN_PM)], TEN_PM],
    ["a time that would skip trades", [row(1, TEN_PM)], `${TEN_PM + 5}000000000`],
  ])("are not gone on with from %s", (_name, rows, last) => {
    expect(() => parse(rows, last)).toThrow(/kraken answered with last/);
  });

  it.each([
    ["an id of 0, which others may share", [...row(0, TEN_PM).slice(0, 6), 0]],
    ["no id", row(1, TEN_PM).slice(0, 6)],
    ["a price that is no number", row(1, TEN_PM, "high")],
    ["a time in milliseconds", row(1, TEN_PM * 1_000)],
    ["a time after Kraken's clock", row(1, NOW + 61)],
    ["a price below zero", row(1, TEN_PM, "-1.5")],
    ["a price of zero", row(1, TEN_PM, "0.00000")],
    ["a volume below zero", row(1, TEN_PM, "1.5", "-0.1")],
  ])("are refused with %s", (_name, bad) => {
    expect(() => parse([bad], `${TEN_PM}000000000`)).toThrow(SourceAnswerError);
  });

  it("are refused where two of them have one id, and counted where one stands twice", () => {
    const last = `${TEN_PM}000000000`;
    const rows = [row(1, TEN_PM), row(1, TEN_PM, "30243.50000")];
    expect(() => parse(rows, last)).toThrow(/trade id 1 where an id that no other trade has/);
    const repeated = parse([row(1, TEN_PM), row(1, TEN_PM)], last);
    expect(rollUpTrades(repeated.trades, "1m")).toMatchObject([{ trades: 1 }]);
  });

  it("are trades, or the answer is called unreadable, whatever JSON comes", () => {
    const good = body([row(1, TEN_PM + 0.5), row(2, TEN_PM + 1.25)], `${TEN_PM + 1}250000000`);
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), replaceSomewhere(good)), (changed) => {
        const page = parseOrEmpty(changed);
        const ids = page.trades.map(({ id }) => id);
        expect(ids.every((id) => Number.isSafeInteger(id) && id >= 1)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ["EGeneral:Too many requests", "source_rate_limited"],
    ["EQuery:Unknown asset pair", "source_unknown_symbol"],
    ["EService:Busy", "source_unavailable"],
  ])("are refused in the same words as candles: %s", (text, code) => {
    expect(sourceOf("kraken").readError(answerOf({ error: [text] }, NOW))?.code).toBe(code);
  });
});

function parseOrEmpty(changed: unknown): TradePage {
  try {
    return history().parseTrades(answerOf(changed, NOW));
  } catch (error) {
    if (error instanceof SourceAnswerError) {
      return { trades: [], nextNs: 0n };
    }
    throw error;
  }
}
