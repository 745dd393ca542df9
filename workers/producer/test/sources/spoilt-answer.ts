import { CandlehouseError, SourceAnswerError } from "@candlehouse/shared/core/errors";
import { drawsOf, oneOf, type Draw } from "../../../../tests/fuzz/draw.ts";
import { mutateBytes } from "../../../../tests/fuzz/mutate-bytes.ts";
import { mutateJson, type JsonValue } from "../../../../tests/fuzz/mutate-json.ts";
import { allSources } from "../../src/sources/registry.ts";
import type { HttpAnswer, Source } from "../../src/sources/source.ts";
import { answerOf } from "./answers.ts";

/** Spoilt answers of all readers together. */
export const ANSWERS = Number(process.env["FUZZ_ANSWERS"] ?? 210);
/** The same one makes the same answers again. */
export const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);

/** Beside the candles of each source: Kraken's trades, and Massive's days of all stocks. */
const READERS = allSources().length + 2;
/** Of so many answers one is left as it is: else a reader that refuses everything would pass. */
const SOUND_EACH = 10;
/** With those that are sound. */
const ANSWERS_OF_READER = Math.ceil((ANSWERS / READERS) * (SOUND_EACH / (SOUND_EACH - 1))) + 1;

const FAILED_SHARE = 0.1;
const FAILED_STATUSES = [400, 401, 403, 404, 418, 429, 451, 500, 520];
/** An answer takes a millisecond or two; one that takes so long hangs. */
const ANSWER_MS_MAX = 1_000;

/** As long as a test of one reader may take. */
export const READER_MS_MAX = 60_000 + ANSWERS_OF_READER * 10;

/** What came of an answer, and what is wrong with that. */
export interface Verdict {
  readonly fault: string | undefined;
  /** Candles or trades that are taken from it. */
  readonly taken: number;
}

/** An answer, and how what is read of it is held against it. */
export interface Case {
  readonly answer: HttpAnswer;
  /** Of an answer that `readError` finds no error in. Throws SourceAnswerError where it is refused. */
  readonly judge: () => Verdict;
}

/**
 * Reads as many answers of `source` as a reader has its turn, each made by `caseOf`: what is wrong with
 * how the first of them are read, and whether something was taken from enough of them.
 */
export function judgeAll(
  source: Source,
  caseOf: (draw: Draw, isSound: boolean) => Case,
): { readonly faults: string; readonly isEnough: boolean } {
  const faults: string[] = [];
  let withRows = 0;
  for (let index = 0; index < ANSWERS_OF_READER; index += 1) {
    const one = caseOf(drawsOf(SEED, index), index % SOUND_EACH === 0);
    const { fault, taken } = judgeInTime(source, one);
    withRows += taken > 0 ? 1 : 0;
    if (fault !== undefined) {
      faults.push(`case ${index}: ${fault}; ${JSON.stringify(one.answer.body)?.slice(0, 900)}`);
    }
  }
  const isEnough = withRows > ANSWERS_OF_READER / (2 * SOUND_EACH);
  return { faults: faults.slice(0, 3).join("\n"), isEnough };
}

/** To throw what is no refusal is a fault, and so is to take long. */
function judgeInTime(source: Source, { answer, judge }: Case): Verdict {
  const startedMs = performance.now();
  try {
    const verdict = faultOfStatus(source, answer) ?? judge();
    const tookMs = performance.now() - startedMs;
    return tookMs > ANSWER_MS_MAX ? { ...verdict, fault: `took ${tookMs} ms` } : verdict;
  } catch (error) {
    const fault = error instanceof SourceAnswerError ? undefined : `threw ${String(error)}`;
    return { fault, taken: 0 };
  }
}

/** Undefined where the answer is to be read. */
function faultOfStatus(source: Source, answer: HttpAnswer): Verdict | undefined {
  const error = source.readError(answer);
  if (error !== undefined) {
    const isOurs = error instanceof CandlehouseError;
    return { fault: isOurs ? undefined : `readError gave ${String(error)}`, taken: 0 };
  }
  return answer.status === 200
    ? undefined
    : { fault: `status ${answer.status} is no error`, taken: 0 };
}

/** The answer with `body`, spoilt, when the source's clock shows `now`. */
export function spoiltAnswer(draw: Draw, body: JsonValue, now: number): HttpAnswer {
  const headers = draw() < 0.2 ? { "retry-after": oneOf(draw, ["x", "-1", "1e9", "", "7"]) } : {};
  const status = draw() < FAILED_SHARE ? oneOf(draw, FAILED_STATUSES) : 200;
  return answerOf(spoilt(body, draw), now, status, headers);
}

/** Half of the bodies are changed as JSON, half as the bytes that came over the wire. */
function spoilt(body: JsonValue, draw: Draw): unknown {
  if (draw() < 0.5) {
    return mutateJson(draw, body);
  }
  const bytes = mutateBytes(draw, new TextEncoder().encode(JSON.stringify(body)));
  return parsed(new TextDecoder().decode(bytes));
}

/** As the producer reads it: what is no JSON is nothing. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
