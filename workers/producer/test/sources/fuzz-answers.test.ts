import { findCandleFault, type Candle } from "@candlehouse/shared/core/candle";
import { CandlehouseError, SourceAnswerError } from "@candlehouse/shared/core/errors";
import { addCandles, openTimeOf, timeframeSeconds } from "@candlehouse/shared/core/timeframe";
import { describe, expect, test } from "vitest";
import { drawsOf, oneOf, wholeOf, type Draw } from "../../../../tests/fuzz/draw.ts";
import { mutateBytes } from "../../../../tests/fuzz/mutate-bytes.ts";
import { mutateJson, type JsonValue } from "../../../../tests/fuzz/mutate-json.ts";
import { plainDecimal } from "../../../../tests/fuzz/plain-decimal.ts";
import { allSources } from "../../src/sources/registry.ts";
import type { CandleRequest, HttpAnswer, Source } from "../../src/sources/source.ts";
import { answerOf, TEN_PM } from "./answers.ts";
import { DIALECTS } from "./dialects.ts";
import { readRowsPlainly, type PlainRow } from "./plain-rows.ts";
import { draftsAt } from "./pages.ts";
import { expectContract, requestFor } from "./test-source.ts";

/** Answers of all sources together. */
const ANSWERS = Number(process.env["FUZZ_ANSWERS"] ?? 210);
/** The same one makes the same answers again. */
const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);

const SOURCES = allSources();
const ANSWERS_OF_SOURCE = Math.ceil(ANSWERS / SOURCES.length);
const FAILED_SHARE = 0.1;
const FAILED_STATUSES = [400, 401, 403, 404, 418, 429, 451, 500, 520];
/** An answer takes a millisecond or two; one that takes so long hangs. */
const ANSWER_MS_MAX = 1_000;

/** Values that a true candle could have, of as many digits as JSON numbers carry. */
function valuesOf(draw: Draw): string[] {
  return Array.from({ length: 60 }, () => {
    const decimals = wholeOf(draw, 0, 8);
    return String(Number((draw() * 10 ** wholeOf(draw, 0, 6)).toFixed(decimals)) + 1);
  });
}

/** Of so many answers one is left as it is: else a reader that refuses everything would pass. */
const SOUND_EACH = 10;

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

/** As the producer reads it: what is no JSON is nothing. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Half of the bodies are changed as JSON, half as the bytes that came over the wire. */
function spoilt(body: JsonValue, draw: Draw): unknown {
  if (draw() < 0.5) {
    return mutateJson(draw, body);
  }
  const bytes = mutateBytes(draw, new TextEncoder().encode(JSON.stringify(body)));
  return parsed(new TextDecoder().decode(bytes));
}

function answerFor(source: Source, index: number): { request: CandleRequest; answer: HttpAnswer } {
  const draw = drawsOf(SEED, index);
  const isSound = index % SOUND_EACH === 0;
  const late = isSound ? 1 : wholeOf(draw, -2, 3);
  const { request, body, now } = soundAnswer(source, draw, late);
  const headers = draw() < 0.2 ? { "retry-after": oneOf(draw, ["x", "-1", "1e9", "", "7"]) } : {};
  if (isSound) {
    return { request, answer: answerOf(body, now) };
  }
  const status = draw() < FAILED_SHARE ? oneOf(draw, FAILED_STATUSES) : 200;
  return { request, answer: answerOf(spoilt(body, draw), now, status, headers) };
}

/** What came of an answer, and what is wrong with that. */
interface Verdict {
  readonly fault?: string | undefined;
  /** Candles that would be stored. */
  readonly stored: number;
}

/** How `source` reads `answer`, held against the answer itself. */
function judge(source: Source, request: CandleRequest, answer: HttpAnswer): Verdict {
  const error = source.readError(answer);
  if (error !== undefined) {
    const isOurs = error instanceof CandlehouseError;
    return { fault: isOurs ? undefined : `readError gave ${String(error)}`, stored: 0 };
  }
  if (answer.status !== 200) {
    return { fault: `status ${answer.status} is no error`, stored: 0 };
  }
  const candles = candlesOf(source, request, answer);
  const rows = readRowsPlainly(source.id, answer.body, timeframeSeconds(request.timeframe));
  const stored = candles.filter(
    (candle) => findCandleFault(candle, request.timeframe, answer.nowSeconds) === undefined,
  );
  const invented = stored.find((candle) => !rows.some((row) => isOf(candle, row)));
  const fault = invented && `the answer does not hold ${JSON.stringify(invented)}`;
  return { fault, stored: stored.length };
}

/** The same, where throwing anything and taking long are faults too. */
function judgeInTime(source: Source, request: CandleRequest, answer: HttpAnswer): Verdict {
  const startedMs = performance.now();
  try {
    const verdict = judge(source, request, answer);
    const tookMs = performance.now() - startedMs;
    return tookMs > ANSWER_MS_MAX ? { ...verdict, fault: `took ${tookMs} ms` } : verdict;
  } catch (error) {
    return { fault: `threw ${String(error)}`, stored: 0 };
  }
}

/** The closed candles; none where the answer is refused. Throws what is no SourceAnswerError. */
function candlesOf(source: Source, request: CandleRequest, answer: HttpAnswer): readonly Candle[] {
  try {
    const read = source.parseCandles(request, answer);
    expectContract(source, request, answer, read);
    return read.candles;
  } catch (error) {
    if (error instanceof SourceAnswerError) {
      return [];
    }
    throw error;
  }
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
      const faults: string[] = [];
      let withCandles = 0;
      for (let index = 0; index < ANSWERS_OF_SOURCE; index += 1) {
        const { request, answer } = answerFor(source, index);
        const { fault, stored } = judgeInTime(source, request, answer);
        withCandles += stored > 0 ? 1 : 0;
        if (fault !== undefined) {
          faults.push(`case ${index}: ${fault}; ${JSON.stringify(answer.body)?.slice(0, 600)}`);
        }
      }
      expect(faults.slice(0, 3).join("\n")).toBe("");
      expect(withCandles).toBeGreaterThan(ANSWERS_OF_SOURCE / (2 * SOUND_EACH));
    },
    60_000 + ANSWERS_OF_SOURCE * 10,
  );
});
