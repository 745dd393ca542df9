import type { Candle } from "@candlehouse/shared/core/candle";
import {
  SourceAnswerError,
  SourceOffError,
  SourceRateLimitedError,
  SourceReachError,
  type CandlehouseError,
} from "@candlehouse/shared/core/errors";
import { describeAnswer, readStatusError, retryAfterMs } from "./answer-error.ts";
import { isRecord, readCount, readDecimal, readRows, unreadable } from "./candle-rows.ts";
import { offReason, USER_AGENT, type HttpAnswer, type HttpRequest, type Source } from "./source.ts";

const KEY_NAME = "MASSIVE_API_KEY";

/** What the requests of Massive need to know of it. */
export const MASSIVE_ACCESS = {
  id: "massive",
  keyName: KEY_NAME,
  keyNeededSince: "its first day",
  // In winter trading goes on after hours until 01:00 UTC of the next day, an hour after the day's
  // candle has ended on this system's grid. The quarter on top is the delay of the smaller plans.
  settleSeconds: 4_500,
} as const satisfies Partial<Source>;

/** A limit of calls a minute that names no end is over after one. */
const MINUTE_MS = 60_000;

/** The headers of a request. Throws SourceOffError where the key is missing. */
export function massiveHeaders(key: string | undefined): HttpRequest["headers"] {
  const off = offReason(MASSIVE_ACCESS, key);
  if (off !== undefined) {
    throw new SourceOffError(off);
  }
  return { "User-Agent": USER_AGENT, Authorization: `Bearer ${key}` };
}

/**
 * `{ "status": "NOT_AUTHORIZED", "message": "Your plan doesn't include this data timeframe. …" }`.
 * That one is about the window that was asked for, and so a SourceReachError: older than what the
 * plan includes. The day that is still going on is refused in other words ("before end of day") and
 * can be had tomorrow; any other refusal is about the key and its plan.
 */
export function readMassiveError(answer: HttpAnswer): CandlehouseError | undefined {
  const body = isRecord(answer.body) ? answer.body : {};
  const message = describeAnswer("massive", answer);
  if (answer.status === 429) {
    return new SourceRateLimitedError(message, retryAfterMs(answer) ?? MINUTE_MS);
  }
  if (body["status"] === "NOT_AUTHORIZED") {
    return refusalOf(typeof body["message"] === "string" ? body["message"] : "", message);
  }
  if (answer.status === 401) {
    return new SourceOffError(`${message}; is ${KEY_NAME} right?`);
  }
  return answer.status === 200 && body["status"] === "ERROR"
    ? new SourceAnswerError(message)
    : readStatusError("massive", answer);
}

function refusalOf(text: string, message: string): CandlehouseError {
  if (/timeframe/i.test(text)) {
    return new SourceReachError(message);
  }
  return /before end of day/i.test(text)
    ? new SourceAnswerError(message)
    : new SourceOffError(`${message}; does the plan of ${KEY_NAME} include it?`);
}

/**
 * The bars of `{ "adjusted": false, "resultsCount": 2, "results": [bar, …], "status": "OK" }`;
 * without any, `results` is not there. Throws where the answer was cut or is adjusted for splits.
 */
export function readBars({ body }: HttpAnswer): readonly unknown[] {
  if (!isRecord(body)) {
    throw unreadable("massive", "body", body, "an object");
  }
  if (body["adjusted"] !== false) {
    throw unreadable("massive", "adjusted", body["adjusted"], "false");
  }
  if (body["next_url"] !== undefined) {
    throw unreadable("massive", "next_url", body["next_url"], "a whole answer");
  }
  const isEmpty = body["results"] === undefined && body["resultsCount"] === 0;
  return isEmpty ? [] : readRows("massive", "results", body["results"]);
}

/**
 * The candle at `timestamp` of a bar:
 * `{ "v": 642646396.0, "vw": 1.469, "o": 1.5032, "c": 1.4604, "h": 1.5064, "l": 1.4489, "t": 1112331600000, "n": 82132 }`.
 * `vw` is an average price, and so no quote volume; `n`, the trades, may be missing.
 */
export function toMassiveCandle(bar: Readonly<Record<string, unknown>>, timestamp: number): Candle {
  return {
    timestamp,
    open: readDecimal("massive", "open", bar["o"]),
    high: readDecimal("massive", "high", bar["h"]),
    low: readDecimal("massive", "low", bar["l"]),
    close: readDecimal("massive", "close", bar["c"]),
    volume_from: readDecimal("massive", "volume_from", bar["v"]),
    volume_to: null,
    trades: bar["n"] === undefined ? null : readCount("massive", "trades", bar["n"]),
  };
}

/** The date of `seconds` (unix, UTC) as `2026-11-22`. */
export function massiveDate(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().slice(0, "2026-11-22".length);
}
