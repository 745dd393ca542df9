import { findCandleFault, type Candle } from "@candlehouse/shared/core/candle";
import { addCandles, openTimeOf, timeframeSeconds } from "@candlehouse/shared/core/timeframe";
import { describe, expect, test } from "vitest";
import { oneOf, wholeOf, type Draw } from "../../../../tests/fuzz/draw.ts";
import type { JsonValue } from "../../../../tests/fuzz/mutate-json.ts";
import { plainDecimal } from "../../../../tests/fuzz/plain-decimal.ts";
import { allSources } from "../../src/sources/registry.ts";
import type { CandleRequest, HttpAnswer, Source } from "../../src/sources/source.ts";
import { answerOf, TEN_PM } from "./answers.ts";
import { DIALECTS } from "./dialects.ts";
import { readRowsPlainly, type PlainRow } from "./plain-rows.ts";
import { draftsAt } from "./pages.ts";
import {
  ANSWERS,
  judgeAll,
  READER_MS_MAX,
  SEED,
  spoiltAnswer,
  type Case,
  type Verdict,
} from "./spoilt-answer.ts";
import { expectContract, requestFor } from "./test-source.ts";

const SOURCES = allSources();

/** Values that a true candle could have, of as many digits as JSON numbers carry. */
function valuesOf(draw: Draw): string[] {
  return Array.from({ length: 60 }, () => {
    const decimals = wholeOf(draw, 0, 8);
    return String(Number((draw() * 10 ** wholeOf(draw, 0, 6)).toFixed(decimals)) + 1);
  });
}

/**
 * What `source` could answer to a request, before anything is wrong with it, `lateCandles` after
 * the end of the window; negative: before it.
 */
function soundAnswer(
  source: Source,
  draw: Draw,
  lateCandles: number,
): { request: CandleRequest; body: JsonValue; now: number } {
  const timeframe = oneOf(draw, source.timeframes);
  const count = wholeOf(draw, 1, 8);
  const start = addCandles(openTimeOf(TEN_PM, timeframe), timeframe, wholeOf(draw, -50, 50));
  const request = requestFor(source, timeframe, start, count);
  const now = addCandles(start, timeframe, count + lateCandles) + source.settleSeconds;
  const times = Array.from({ length: count + 4 }, (_, index) =>
    addCandles(start, timeframe, index - 2),
  ).filter((time) => time <= now);
  const drafts = draftsAt(times, valuesOf(draw)).map((draft) => {
    const [low = "1", open = "1", close = "1", high = "1"] = [
      draft.open,
      draft.high,
      draft.low,
      draft.close,
    ].toSorted((a, b) => Number(a) - Number(b));
    return { ...draft, open, high, low, close };
  });
  const body = DIALECTS[source.id].encode(drafts, timeframe, now);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- JSON.parse gives JSON
  return { request, body: JSON.parse(JSON.stringify(body)) as JsonValue, now };
}

function caseOf(source: Source, draw: Draw, isSound: boolean): Case {
  const late = isSound ? 1 : wholeOf(draw, -2, 3);
  const { request, body, now } = soundAnswer(source, draw, late);
  const answer = isSound ? answerOf(body, now) : spoiltAnswer(draw, body, now);
  return { answer, judge: () => judge(source, request, answer) };
}

/** How `source` reads `answer`, held against the answer itself. */
function judge(source: Source, request: CandleRequest, answer: HttpAnswer): Verdict {
  const read = source.parseCandles(request, answer);
  expectContract(source, request, answer, read);
  const rows = readRowsPlainly(source.id, answer.body, timeframeSeconds(request.timeframe));
  const stored = read.candles.filter(
    (candle) => findCandleFault(candle, request.timeframe, answer.nowSeconds) === undefined,
  );
  const invented = stored.find((candle) => !rows.some((row) => isOf(candle, row)));
  const fault = invented && `the answer does not hold ${JSON.stringify(invented)}`;
  return { fault, taken: stored.length };
}

/** Whether `candle` says what `row` says. */
function isOf(candle: Candle, row: PlainRow): boolean {
  const { timestamp, trades, ...decimals } = candle;
  return (
    row.timestamp === timestamp &&
    row.trades === trades &&
    (["open", "high", "low", "close", "volume_from", "volume_to"] as const).every(
      (name) => row[name] === (decimals[name] === null ? null : plainDecimal(decimals[name])),
    )
  );
}

describe(`${ANSWERS} spoilt answers, FUZZ_SEED=${SEED}`, () => {
  test.each(SOURCES.map((source) => [source.id, source] as const))(
    "of %s are read as candles that they hold, or refused",
    (_id, source) => {
      const { faults, isEnough } = judgeAll(source, (draw, isSound) =>
        caseOf(source, draw, isSound),
      );
      expect(faults).toBe("");
      expect(isEnough).toBe(true);
    },
    READER_MS_MAX,
  );
});
