import { INDICATOR_KINDS, parseIndicators } from "@candlehouse/shared/core/indicator";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { askableOf, lookOf, LOOKS, nextOf, refusalOf, textOf } from "./indicator-look.ts";

describe("indicators as they are drawn", () => {
  test("have each column of their answer once", () => {
    for (const kind of INDICATOR_KINDS) {
      const columns = lookOf([kind]).flatMap(({ plots }) => plots.map(({ column }) => column));
      const answered = parseIndicators(kind).flatMap((one) => one.columns);
      expect(columns.toSorted()).toEqual(answered.toSorted());
    }
  });

  test("are named with their parameters, which have names", () => {
    expect(lookOf(["sma:50", "vwap", "macd"]).map(({ name }) => name)).toEqual([
      "SMA 50",
      "VWAP",
      "MACD 12 26 9",
    ]);
    for (const kind of INDICATOR_KINDS) {
      expect(LOOKS[kind].parameters).toHaveLength(
        parseIndicators(kind)[0]?.parameters.length ?? -1,
      );
    }
  });

  test("on the price have colours of their own, but for the bands of one", () => {
    const [sma, ema, bands] = lookOf(["sma:20", "ema:20", "bollinger"]).map(({ plots }) =>
      plots.map(({ colour }) => colour),
    );
    expect(sma).not.toEqual(ema);
    expect(new Set(bands).size).toBe(1);
    expect(bands).not.toContain(sma?.[0]);
  });

  test("are left out where they are none", () => {
    expect(lookOf(["wma:5", "sma:20"]).map(({ text }) => text)).toEqual(["sma:20"]);
  });
});

describe("what is added", () => {
  test("has the usual parameters, and others where these are there already", () => {
    expect(nextOf("sma", [])).toBe("sma:20");
    expect(nextOf("sma", ["sma:20"])).toBe("sma:50");
    expect(nextOf("sma", ["sma"])).toBe("sma:50");
    expect(nextOf("macd", ["macd:12:26:9"])).toBe("macd:6:26:9");
  });

  test("is nothing where there is no room: vwap twice, or more than ten", () => {
    expect(nextOf("vwap", ["vwap"])).toBeNull();
    const ten = Array.from({ length: 10 }, (_, index) => `sma:${index + 1}`);
    expect(nextOf("ema", ten)).toBeNull();
  });

  test("can always be asked for with what is there", () => {
    const kinds = fc.array(fc.constantFrom(...INDICATOR_KINDS), { maxLength: 12 });
    fc.assert(
      fc.property(kinds, (list) => {
        const texts = list.reduce<string[]>((all, kind) => {
          const next = nextOf(kind, all);
          return next === null ? all : [...all, next];
        }, []);
        expect(refusalOf(texts)).toBeNull();
        expect(askableOf(texts)).toEqual(texts);
      }),
    );
  });
});

test("of an address only what can be asked for together is kept", () => {
  expect(askableOf(["sma:20", "nonsense", "sma", "rsi:1", "rsi:14"])).toEqual(["sma:20", "rsi:14"]);
});

test("a refusal says what is allowed", () => {
  expect(refusalOf([textOf("macd", [26, 12, 9])])).toBe(
    "macd:26:12:9 should be macd:FAST:SLOW:SIGNAL, each from 1 to 500, FAST below SLOW",
  );
  expect(refusalOf([])).toBeNull();
});
