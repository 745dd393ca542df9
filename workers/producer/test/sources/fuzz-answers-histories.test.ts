import { describe, expect, test } from "vitest";
import { wholeOf, type Draw } from "../../../../tests/fuzz/draw.ts";
import type { JsonValue } from "../../../../tests/fuzz/mutate-json.ts";
import { plainDecimal } from "../../../../tests/fuzz/plain-decimal.ts";
import { krakenTrades } from "../../src/sources/kraken-trades.ts";
import { massiveGrouped } from "../../src/sources/massive-grouped.ts";
import { sourceOf } from "../../src/sources/registry.ts";
import type { GroupedDay, HttpAnswer, Trade, TradePage } from "../../src/sources/source.ts";
import { answerOf, TEN_PM } from "./answers.ts";
import {
  ANSWERS,
  judgeAll,
  READER_MS_MAX,
  SEED,
  spoiltAnswer,
  type Verdict,
} from "./spoilt-answer.ts";

const DAY_SECONDS = 86_400;
/** Friday, 2024-01-19, in days since 1970-01-01. */
const DAY = 19_741;
const NS_DECIMALS = 9;
/** How far `last` may lie from the newest trade. */
const LAST_OFF_NS_MAX = 1_000_000;
const WANTED = new Set(["AAPL", "BRK.B", "MSFT"]);

/** A reader of answers that are no candles of one window. */
interface Reader {
  readonly source: "kraken" | "massive";
  readonly bodyOf: (draw: Draw) => JsonValue;
  readonly nowSeconds: number;
  readonly judge: (answer: HttpAnswer) => Verdict;
}

const READERS: Readonly<Record<string, Reader>> = {
  "trades of Kraken": {
    source: "kraken",
    bodyOf: tradesBody,
    nowSeconds: TEN_PM + 3_600,
    judge: (answer) => {
      const page = krakenTrades.parseTrades(answer);
      return { fault: faultOfTrades(page, answer.body), taken: page.trades.length };
    },
  },
  "days of Massive": {
    source: "massive",
    bodyOf: groupedBody,
    nowSeconds: (DAY + 3) * DAY_SECONDS,
    judge: (answer) => {
      const day = massiveGrouped.parseGrouped(DAY, answer, WANTED);
      return { fault: faultOfDay(day, answer.body), taken: day.candles.size };
    },
  },
};

function memberOf(value: unknown, name: string | number): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A page of trades, as Kraken writes it. */
function tradesBody(draw: Draw): JsonValue {
  const rows = Array.from({ length: wholeOf(draw, 1, 8) }, (_, index): JsonValue => {
    const price = (draw() * 60_000 + 0.1).toFixed(5);
    const seconds = Number((TEN_PM + index * 7 + draw()).toFixed(6));
    return [price, draw().toFixed(8), seconds, "b", "l", "", 61_044_952 + index];
  });
  const newest = Number(memberOf(rows.at(-1), 2));
  const last = `${newest.toFixed(6).replace(".", "")}042`;
  return { error: [], result: { XXBTZUSD: rows, last } };
}

/** What is wrong with a page of trades, held against the answer that it was read from. */
function faultOfTrades({ trades, nextNs }: TradePage, body: unknown): string | undefined {
  const result = Object(memberOf(body, "result"));
  const pairs = Object.entries(result).filter(([name]) => name !== "last");
  const rows = listOf(pairs[0]?.[1]);
  if (pairs.length !== 1 || rows.length !== trades.length) {
    return `${trades.length} trades of ${rows.length} rows of ${pairs.length} pairs`;
  }
  const invented = trades.find((trade) => !rows.some((row) => isTradeOf(trade, row)));
  const untrue = trades.find(({ price, volume }) => !(Number(price) > 0 && Number(volume) >= 0));
  const texts = new Map(trades.map((trade) => [trade.id, textOf(trade)]));
  const twofold = trades.find((trade) => texts.get(trade.id) !== textOf(trade));
  const early = trades.find(({ timeNs }, at) => timeNs < (trades[at - 1]?.timeNs ?? 0n));
  const offNs = Math.abs(Number(nextNs - (trades.at(-1)?.timeNs ?? nextNs)));
  const faults = {
    "no row says": invented,
    "cannot be": untrue,
    "is another trade too": twofold,
    "stands after a later one": early,
  };
  const [fault] = Object.entries(faults).flatMap(([what, trade]) =>
    trade === undefined ? [] : [`${what}: ${textOf(trade)}`],
  );
  return fault ?? (offNs > LAST_OFF_NS_MAX ? `goes on ${offNs} ns off` : undefined);
}

function textOf({ price, volume, timeNs, id }: Trade): string {
  return [price, volume, timeNs, id].join(" ");
}

function isTradeOf({ price, volume, timeNs, id }: Trade, row: unknown): boolean {
  const [whole = "", fraction = ""] = (plainDecimal(memberOf(row, 2)) ?? "").split(".");
  return (
    memberOf(row, 6) === id &&
    plainDecimal(memberOf(row, 0)) === plainDecimal(price) &&
    plainDecimal(memberOf(row, 1)) === plainDecimal(volume) &&
    whole + fraction.slice(0, NS_DECIMALS).padEnd(NS_DECIMALS, "0") === String(timeNs)
  );
}

/** A day of some stocks, as Massive writes it: each second one nobody wants. */
function groupedBody(draw: Draw): JsonValue {
  const tickers = ["AAPL", "A", "BRK.B", "TSLA", "MSFT", "ZZZ"].slice(0, wholeOf(draw, 1, 6));
  const results = tickers.map((T): JsonValue => {
    const low = 1 + draw() * 900;
    const [v, n] = [draw() * 1e7, wholeOf(draw, 1, 99_999)];
    const t = (DAY * DAY_SECONDS + 21 * 3_600) * 1_000;
    return { T, v, vw: low, o: low, c: low + 1, h: low + 2, l: low, t, n };
  });
  const counts = { queryCount: results.length, resultsCount: results.length };
  return { ...counts, adjusted: false, results, status: "OK" };
}

/** What is wrong with a day, held against the answer that it was read from. */
function faultOfDay({ candles, markets }: GroupedDay, body: unknown): string | undefined {
  const rows = listOf(memberOf(body, "results"));
  const wanted = rows.filter((row) => WANTED.has(String(memberOf(row, "T"))));
  if (markets !== rows.length || candles.size !== wanted.length) {
    return `${candles.size} of ${wanted.length} candles, ${markets} of ${rows.length} markets`;
  }
  const invented = [...candles].find(([ticker, candle]) => {
    const row = wanted.find((one) => memberOf(one, "T") === ticker);
    const texts = ["o", "h", "l", "c", "v"].map((name) => plainDecimal(memberOf(row, name)));
    const { open, high, low, close, volume_from } = candle;
    const found = [open, high, low, close, volume_from].map(plainDecimal);
    const isSame = found.every((text, at) => text !== null && text === texts[at]);
    const isCounted = candle.trades === (memberOf(row, "n") ?? null);
    return !(isSame && isCounted && candle.timestamp === DAY * DAY_SECONDS);
  });
  return invented && `the answer does not hold ${JSON.stringify(invented)}`;
}

describe(`${ANSWERS} spoilt answers, FUZZ_SEED=${SEED}`, () => {
  test.each(Object.entries(READERS))(
    "of the %s are read as what they hold, or refused",
    (_name, { source, bodyOf, nowSeconds, judge }) => {
      const { faults, isEnough } = judgeAll(sourceOf(source), (draw, isSound) => {
        const body = bodyOf(draw);
        const answer = isSound ? answerOf(body, nowSeconds) : spoiltAnswer(draw, body, nowSeconds);
        return { answer, judge: () => judge(answer) };
      });
      expect(faults).toBe("");
      expect(isEnough).toBe(true);
    },
    READER_MS_MAX,
  );
});
